#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "storage/store.hpp"

/// What is stored for an account beside its credentials, for jobs of a store: texts under keys, and messages in a row. What the texts say is for
/// those who write them; XML as XEP-0227 has it can be exported as it is. `owner`: a bare JID, prepared; it need not be a stored
/// account, since those of the configuration have rosters as well. remove_account() takes all of it along. All throw failure.
namespace couplet::storage {

/// What a text is. The numbers stand in the database.
enum class entry_kind : std::uint8_t {
  roster_item = 1,           ///< key: the contact's bare JID; <item/> of jabber:iq:roster, subscription states included
  subscription_request = 2,  ///< key: the bare JID of who asks; the <presence type='subscribe'/>
  vcard = 3,                 ///< key: empty; <vCard/> (XEP-0054)
  private_xml = 4,           ///< key: namespace and name of the element (XEP-0049)
};

/// Makes it, or replaces what was under that key.
outcome put_entry(database& db, std::string_view owner, entry_kind kind, std::string_view key, std::string_view value);
/// `missing` where there is none.
outcome remove_entry(database& db, std::string_view owner, entry_kind kind, std::string_view key);
std::optional<std::string> entry_of(database& db, std::string_view owner, entry_kind kind, std::string_view key);
/// In the order of the keys. The views hold during the call only.
void each_entry(database& db, std::string_view owner, entry_kind kind,
                const std::function<void(std::string_view key, std::string_view value)>& visit);

/// How much there may be for one account.
struct offline_limits {
  std::size_t messages = 100;
  std::size_t bytes = 1U << 20U;
};

/// Behind those that are there. `full` where it would be more than `most`: then nothing is stored, and its sender has to hear of it.
outcome append_offline(database& db, std::string_view owner, std::string_view stanza, const offline_limits& most);
/// The oldest ones with numbers behind `after` (0: from the first), in order, until `page_bytes` are reached; at least one. Answers the last
/// number, 0: there was none.
std::int64_t read_offline(database& db, std::string_view owner, std::int64_t after, std::size_t page_bytes,
                          const std::function<void(std::int64_t number, std::string_view stanza)>& visit);
/// Those up to this number: they have arrived.
outcome remove_offline(database& db, std::string_view owner, std::int64_t up_to);

}  // namespace couplet::storage
