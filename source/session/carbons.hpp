#pragma once

#include <string>

#include "address.hpp"
#include "core.hpp"
#include "stanza_head.hpp"
#include "xml/element.hpp"

/// Message carbons (XEP-0280): sessions that ask for it see both sides of what the others of their account say.
namespace couplet::session {

/// Whether the payload of a request of type set switches carbons on or off.
bool is_carbons_request(const xml::element& payload) noexcept;
void answer_carbons_request(core& c, std::string&& xml, const stanza_head& head, const xml::element& payload, session& own,
                            effects& out);

/// The sessions of the account that `got` does not choose are told of a message that others of them were given. `given`: somebody was; otherwise
/// those only that are available, since the others get it when they are.
template <class Got>
void copy_received(core& c, std::string_view xml, const stanza_head& head, const account_table::entry& owner, bool given, Got got,
                   effects& out);

/// All other sessions of the sender are told.
void copy_sent(core& c, const session& sender, std::string_view xml, const stanza_head& head, effects& out);

namespace carbons {

enum class direction : bool { received, sent };
/// The session's copy of a message.
void push_copy(core& c, const session& s, std::string_view xml, const stanza_head& head, direction way, effects& out);
/// Whether copies are made at all.
bool are_due(std::string_view xml, const stanza_head& head, direction way);
/// The session that wrote it itself needs no copy. Nothing: it is of another account.
const session* sender_among(core& c, const stanza_head& head, const account_table::entry& owner);

}  // namespace carbons

template <class Got>
void copy_received(core& c, std::string_view xml, const stanza_head& head, const account_table::entry& owner, bool given, Got got,
                   effects& out) {
  bool looked = false;
  bool due = false;
  const session* sender = nullptr;
  c.sessions.each_of(owner, [&](const session& s) {
    if (!s.carbons || got(s) || (!given && !s.available())) return;
    if (!looked) {
      due = carbons::are_due(xml, head, carbons::direction::received);
      sender = due ? carbons::sender_among(c, head, owner) : nullptr;
      looked = true;
    }
    if (due && &s != sender) carbons::push_copy(c, s, xml, head, carbons::direction::received, out);
  });
}

}  // namespace couplet::session
