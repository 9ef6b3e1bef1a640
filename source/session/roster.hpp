#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "answers.hpp"
#include "contact_work.hpp"
#include "core.hpp"
#include "stanza_head.hpp"
#include "xml/element.hpp"

/// Rosters: jabber:iq:roster (RFC 6121 section 2).
namespace couplet::session {

/// What a client may say of a contact. Subscription states are not among it.
struct roster_wish {
  std::string jid;  ///< bare, prepared
  std::string name;
  std::vector<std::string> groups;
  bool removes = false;
};
/// Reads the query of a roster set, or says what is wrong with it (2.3.3).
std::variant<roster_wish, condition> read_roster_wish(const xml::element& query);

/// Whether the roster has no place for one more.
bool is_full(const core& c, const contacts& known) noexcept;

/// Whether the request is about a roster: of somebody else, it is forbidden.
bool is_roster_request(core& c, std::string_view xml);

/// A request of a session about its own roster, contacts at hand.
void on_roster_request(core& c, account_table::entry& owner, contact_stanza&& s, const stanza_head& head, effects& out);

/// To the sessions that have asked for the roster (2.1.6): the item as it is now, or that it is gone.
void push_roster_item(core& c, const account_table::entry& owner, std::string_view jid, effects& out);

}  // namespace couplet::session
