#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "storage/archive_query.hpp"
#include "storage/store.hpp"

/// What accounts have said and heard (XEP-0313), for jobs of a store. `owner`: a bare JID, prepared; it need not be a stored account.
/// remove_account() takes all of it along. All throw failure.
namespace couplet::storage {

/// Behind what is there: the order is that of these calls, and times do not go back within an archive. `id`: unique, never used again. `with` and
/// `resource`: who is on the other side. Where it is more than `most` now, the oldest messages go.
outcome append_to_archive(database& db, std::string_view owner, std::string_view id, std::int64_t time, std::string_view with,
                          std::string_view resource, std::string_view stanza, const archive_limits& most);

/// `missing` where there is no such archive message as one of the ids that the query names.
outcome read_archive(database& db, std::string_view owner, const archive_query& what, archive_page& page);

/// The first and the last message, without stanzas; none where the archive is empty.
void read_archive_ends(database& db, std::string_view owner, std::vector<archived_message>& ends);

/// All of it, the oldest message first. The views hold during the call only.
void each_archived(database& db, std::string_view owner,
                   const std::function<void(std::string_view id, std::int64_t time, std::string_view stanza)>& visit);
/// Whether anybody's archive has a message of that id.
bool is_archive_id_used(database& db, std::string_view id);

/// What an account wants to be archived, as the session manager writes it down; empty: what everybody has.
outcome put_archive_preferences(database& db, std::string_view owner, std::string_view text);
std::string archive_preferences_of(database& db, std::string_view owner);
void each_archive_preferences(database& db, const std::function<void(std::string_view owner, std::string_view text)>& visit);

/// Everything of this, apart from account and entries.
void remove_archive(database& db, std::string_view owner);

}  // namespace couplet::storage
