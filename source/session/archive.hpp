#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/sip_hash.hpp"
#include "seeded_hash.hpp"
#include "session/manager.hpp"
#include "stanza_head.hpp"
#include "xml/element.hpp"

#include "accounts.hpp"

/// What accounts say and hear is remembered (XEP-0313). A message gets its id when it is delivered, and is written meanwhile: should the disk not
/// take it, the id names nothing, and a client that asks for what came after it is told so.
namespace couplet::session {

struct core;
struct session;
class stanza_address;

/// Ids of archived messages: nobody can guess the next one, or count them; none is used twice.
class archive_ids {
 public:
  archive_ids();
  std::string next();

 private:
  base::sip_key keys_[2];
  std::uint64_t count_ = 0;
};

/// What an account wants to be archived (XEP-0441).
struct archive_preferences {
  enum class scope : char { always = 'a', never = 'n', contacts = 'c' };
  static constexpr std::size_t most = 500;  ///< JIDs

  scope otherwise = scope::always;
  std::vector<std::string> always, never;  ///< prepared, bare or full

  /// As it is stored, and back; empty: nothing but the default. What cannot be read is the default.
  std::string to_text() const;
  static archive_preferences from_text(std::string_view text);
};

using archive_preference_table = std::unordered_map<std::string, archive_preferences, seeded_hasher, std::equal_to<>>;

/// The copy of a message for the archive of its sender (`sent`) or its receiver; nothing: it is not archived.
std::optional<archive_message> record_of(core& c, const account_table::entry& owner, std::string_view xml,
                                         const stanza_head& head, bool sent);

void archive(core& c, const account_table::entry& owner, archive_message&& record, effects& out);

/// Whether the payload of a request is about an archive.
bool is_archive_request(const core& c, const xml::element& payload) noexcept;
/// The same of a whole request, at little cost where it is not.
bool is_archive_request(core& c, std::string_view iq);
/// From a session to its own account.
void answer_archive_request(core& c, std::string&& xml, const stanza_head& head, const xml::element& payload, session& own,
                            effects& out);

/// As it is stored; empty: the default.
void set_preferences(core& c, std::string_view owner, std::string_view text);

/// The parts of it, each in a file of its own.
void answer_archive_query(core& c, std::string&& xml, const stanza_head& head, const xml::element& query, session& own,
                          effects& out);
void answer_archive_preferences(core& c, std::string&& xml, const stanza_head& head, const xml::element& prefs, session& own,
                                effects& out);

}  // namespace couplet::session
