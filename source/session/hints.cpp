#include "hints.hpp"

#include "children.hpp"
#include "xml/names.hpp"

namespace couplet::session {
namespace {

void note_hint(std::string_view name, message_traits& t) noexcept {
  if (name == "no-copy") t.no_copy = true;
  if (name == "no-store") t.no_store = true;
  if (name == "no-permanent-store") t.no_permanent_store = true;
  if (name == "store") t.store = true;
}

bool is_marker(const child_cursor& child) {
  return child.is_in("urn:xmpp:receipts") || child.is_in("urn:xmpp:chat-markers:0");
}

bool holds_invitation(std::string_view x) {
  for (child_cursor inner(x); inner.next();) {
    if (inner.local_name() == "invite" || inner.local_name() == "decline") return true;
  }
  return false;
}

void note(const child_cursor& child, message_traits& t) {
  const auto name = child.local_name();
  if (name == "body" && child.is_in(xml::ns::client)) {
    t.body = true;
  } else if (name == "thread" && child.is_in(xml::ns::client)) {
    // belongs to whatever else there is
  } else if (child.is_in(xml::ns::hints)) {
    note_hint(name, t);
  } else if (child.is_in(xml::ns::chat_states)) {
    t.chat_state = t.conversation = true;
  } else if (is_marker(child)) {
    t.conversation = t.other_content = true;
  } else if (child.is("x", "jabber:x:conference")) {
    t.invitation = t.other_content = true;
  } else if (child.is("x", "http://jabber.org/protocol/muc#user")) {
    (holds_invitation(child.whole()) ? t.invitation : t.from_a_room) = true;
    t.other_content = true;
  } else if (child.is("private", xml::ns::carbons)) {
    t.is_private = true;
  } else if (!child.is_in(xml::ns::stanza_ids)) {
    t.other_content = true;
  }
}

}  // namespace

message_traits read_traits(std::string_view message) {
  message_traits t;
  for (child_cursor child(message); child.next();) note(child, t);
  return t;
}

bool is_for_carbons(const stanza_head& head, const message_traits& t, bool received) noexcept {
  if (t.is_private || head.type == stanza_type::groupchat) return false;
  const bool is_error = head.type == stanza_type::error;
  if (!is_error && t.no_copy) return false;       // hints in errors are those of what was refused (XEP-0334 section 5)
  if (received && t.from_a_room) return false;    // the room tells each session that is in it
  if (is_error) return t.body || t.conversation;  // what it answers, as far as it repeats that
  if (head.type == stanza_type::chat || t.conversation || t.invitation) return true;
  return is_normal(head.type) && t.body;
}

bool is_for_later(const stanza_head& head, const message_traits& t) noexcept {
  if (head.type != stanza_type::chat && !is_normal(head.type)) return false;
  if (t.no_store) return false;
  const bool only_chat_states = t.chat_state && !t.body && !t.other_content;
  return t.store || !only_chat_states;
}

bool is_for_archive(const stanza_head& head, const message_traits& t) noexcept {
  if (head.type != stanza_type::chat && !is_normal(head.type)) return false;
  if (t.no_store || t.no_permanent_store) return false;
  return t.store || t.body;
}

}  // namespace couplet::session
