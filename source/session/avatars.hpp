#pragma once

#include <string>
#include <string_view>

#include "core.hpp"
#include "pep_change.hpp"
#include "pubsub_request.hpp"

/// Avatars of both times: as nodes (XEP-0084) and as photos of vCards (XEP-0153), each made of the other (XEP-0398).
namespace couplet::session {

inline constexpr std::string_view avatar_data_node = "urn:xmpp:avatar:data";
inline constexpr std::string_view avatar_metadata_node = "urn:xmpp:avatar:metadata";

/// A publication to the metadata node, `metadata`: the item's bytes. Where everybody may read both nodes, the vCard gets the picture, as vCards
/// are for everybody (XEP-0398, security considerations). Answered with `content`. In the account's turn.
void publish_avatar(core& c, pep_account& a, pep_change&& change, const std::string& metadata, pubsub_request&& r,
                    std::string content, effects& out);

/// Whether a vCard that is to be stored has to do with the account's avatar.
bool concerns_avatar(const account_table::entry& owner, std::string_view vcard);
/// Stores such a vCard, and publishes its photo. In the account's turn.
void store_vcard(core& c, pep_account& a, pubsub_request&& r, effects& out);

// Presence

/// The hash in hexadecimal of the picture in the account's vCard; empty: none, or not in memory.
std::string_view photo_of(const account_table::entry& owner) noexcept;
/// Puts the hash into available presence, unless the client has said that it shows none (XEP-0398 section 4). An empty one takes it out.
void put_photo(std::string& presence, std::string_view hash);
/// The picture is another one, or none: all available sessions say so.
void show_photo(core& c, std::string_view owner, std::string_view hash, effects& out);

}  // namespace couplet::session
