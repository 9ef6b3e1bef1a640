#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "route/origin.hpp"
#include "session/archive_request.hpp"
#include "storage/entry_kind.hpp"

/// What a manager asks for of what is stored of an account beside its credentials: texts under keys, and messages that wait
/// (storage/entries.hpp). The same everywhere: where nothing is to last, the database is in memory.
namespace couplet::session {

/// Which keys of a kind are meant.
enum class key_match : std::uint8_t { any, exact, prefix };

/// Texts, in the order of `kinds`, then of the keys.
struct read_entries {
  explicit read_entries(std::vector<storage::entry_kind> kinds_) : kinds(std::move(kinds_)) {}
  read_entries(storage::entry_kind kind, std::string key_, key_match match_ = key_match::exact)
      : kinds{kind}, match(match_), key(std::move(key_)) {}
  std::vector<storage::entry_kind> kinds;
  key_match match = key_match::any;
  std::string key;
};

/// One step of a change.
struct entry_change {
  enum class verb : std::uint8_t {
    put,            ///< makes it, or replaces what was under that key
    remove,         ///< none is no error
    remove_prefix,  ///< all of the kind whose keys begin with this one
  };
  entry_change(verb what_, storage::entry_kind kind_, std::string key_, std::string value_ = {})
      : what(what_), kind(kind_), key(std::move(key_)), value(std::move(value_)) {}
  verb what;
  storage::entry_kind kind;
  std::string key;
  std::string value;
};

/// All of them, in order, or none: one transaction.
struct change_entries {
  explicit change_entries(std::vector<entry_change> steps_) : steps(std::move(steps_)) {}
  explicit change_entries(entry_change step) { steps.push_back(std::move(step)); }
  std::vector<entry_change> steps;
  storage::entry_limits most;  ///< that the account may have afterwards, where a step puts something
};

/// One message behind those that wait.
struct append_offline {
  explicit append_offline(std::string stanza_) : stanza(std::move(stanza_)) {}
  std::string stanza;
  std::string stamped_by;                   ///< the domain that says since when it has waited (XEP-0203); empty: nobody does
  std::optional<archive_message> archived;  ///< where it is kept, it is archived as well
  storage::offline_limits most;
  route::origin origin;  ///< where it came from; one that waits already is not kept a second time
};

/// The oldest messages with numbers behind `after`, until `page_bytes` are reached; at least one, where there is one.
struct read_offline {
  std::int64_t after = 0;
  std::size_t page_bytes = 64U << 10U;
};

/// The messages up to this number: they have arrived. None is no error.
struct remove_offline {
  std::int64_t up_to = 0;
};

/// All that is stored under the name, apart from credentials: the account is gone. (Where accounts last, account_request::remove takes it along.)
struct remove_everything {};

/// Everything that is stored of anybody, credentials and rooms included.
struct empty_everything {};

/// Exactly one answer to each: manager::on_storage_answer(). Those about one owner happen, and are answered, in the order in which they were
/// asked; `done` of a change means that it is on the disk.
struct storage_request {
  using work = std::variant<read_entries, change_entries, append_offline, read_offline, remove_offline, remove_everything,
                            archive_message, read_archive, read_archive_ends, put_archive_preferences, empty_everything>;

  storage_request(std::string_view owner_, work what_) : owner(owner_), what(std::move(what_)) {}

  std::uint64_t number = 0;  ///< of the request, for the answer
  std::string owner;         ///< a bare JID, prepared; it need not be one of a stored account
  work what;
};

/// Whether a request changes what is stored.
bool is_change(const storage_request& r) noexcept;
/// About what it holds in memory.
std::size_t bytes_of(const storage_request& r) noexcept;

/// What became of a request.
enum class storage_outcome : std::uint8_t {
  done,
  over_limit,   ///< nothing was changed: it would be more than one account may have
  full,         ///< nothing was changed: there is no place on the disk, or too much is being asked for just now
  unavailable,  ///< nothing was changed, or can be read: the storage does not work just now
};

struct stored_entry {
  stored_entry(storage::entry_kind kind_, std::string_view key_, std::string_view value_)
      : kind(kind_), key(key_), value(value_) {}
  storage::entry_kind kind;
  std::string key;
  std::string value;
};

struct stored_message {
  stored_message(std::int64_t number_, std::string_view stanza_, route::origin origin_ = {})
      : number(number_), stanza(stanza_), origin(origin_) {}
  std::int64_t number;
  std::string stanza;
  route::origin origin;
};

/// What was read is empty unless the outcome is `done`.
struct storage_answer {
  storage_answer() = default;
  explicit storage_answer(storage_outcome what) : outcome(what) {}
  storage_outcome outcome = storage_outcome::done;
  std::vector<stored_entry> entries;     ///< of read_entries
  std::vector<stored_message> messages;  ///< of read_offline
  storage::archive_page page;            ///< of read_archive
  bool unknown_id = false;               ///< read_archive has named a message that is not there
};

}  // namespace couplet::session
