#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "storage/entry_kind.hpp"
#include "storage/store.hpp"

/// What is stored for an account beside its credentials, for jobs of a store: texts under keys, and messages in a row. What the texts say is for
/// those who write them; XML as XEP-0227 has it can be exported as it is. `owner`: a bare JID, prepared; it need not be a stored
/// account, since those of the configuration have rosters as well. remove_account() takes all of it along. All throw failure.
namespace couplet::storage {

/// Makes it, or replaces what was under that key.
outcome put_entry(database& db, std::string_view owner, entry_kind kind, std::string_view key, std::string_view value);
/// `missing` where there is none.
outcome remove_entry(database& db, std::string_view owner, entry_kind kind, std::string_view key);
std::optional<std::string> entry_of(database& db, std::string_view owner, entry_kind kind, std::string_view key);
/// In the order of the keys. The views hold during the call only.
void each_entry(database& db, std::string_view owner, entry_kind kind,
                const std::function<void(std::string_view key, std::string_view value)>& visit);

/// The same for those whose keys begin with `prefix`.
void each_entry_below(database& db, std::string_view owner, entry_kind kind, std::string_view prefix,
                      const std::function<void(std::string_view key, std::string_view value)>& visit);
/// What all accounts have blocked: few, and needed at the start.
void each_blocked(database& db, const std::function<void(std::string_view owner, std::string_view jid)>& visit);
/// Those whose keys begin with `prefix`; none is no error.
void remove_entries_below(database& db, std::string_view owner, entry_kind kind, std::string_view prefix);
/// `over_limit` where there is more than `most` of an account: for the end of a change, which is undone then.
outcome check_entries(database& db, std::string_view owner, const entry_limits& most);
/// Everything in this header that is stored under the name.
void remove_all_of(database& db, std::string_view owner);

/// Behind those that are there. `over_limit` where it would be more than `most`: then nothing is stored, and its sender has to hear of it.
/// `origin`: what tells two copies of one message, empty where that is not known; `exists` where the other copy waits already.
outcome append_offline(database& db, std::string_view owner, std::string_view stanza, const offline_limits& most,
                       std::string_view origin = {});
/// The oldest ones with numbers behind `after` (0: from the first), in order, until `page_bytes` are reached; at least one. Answers the last
/// number, 0: there was none.
std::int64_t read_offline(
    database& db, std::string_view owner, std::int64_t after, std::size_t page_bytes,
    const std::function<void(std::int64_t number, std::string_view stanza, std::string_view origin)>& visit);
/// Those up to this number: they have arrived.
outcome remove_offline(database& db, std::string_view owner, std::int64_t up_to);

}  // namespace couplet::storage
