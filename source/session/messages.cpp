#include "messages.hpp"

#include <utility>

#include "archive.hpp"
#include "carbons.hpp"
#include "delivery.hpp"
#include "offline.hpp"
#include "stanza_ids.hpp"

namespace couplet::session {
namespace {

/// Section 8.5.3.2.1: of what was meant for a resource that is gone, chats alone are for the person, wherever they are.
/// Section 8.5.2.1.1: a room knows full JIDs only; nobody asked for an error.
bool goes_to_the_person(const stanza_head& head, bool to_a_resource) noexcept {
  if (to_a_resource) return head.type == stanza_type::chat;
  return head.type != stanza_type::groupchat && head.type != stanza_type::error;
}

}  // namespace

void note_sent(core& c, const session& sender, std::string& xml, const stanza_head& head, const stanza_address& to,
               effects& out) {
  if (to.bare() == sender.bare()) return;  // the account is the receiver as well
  strip_stanza_ids(xml, sender.bare());
  auto record = record_of(c, *sender.owner, xml, head, true);
  if (!record) return copy_sent(c, sender, xml, head, out);
  // The own sessions learn where it is archived, the receiver does not (XEP-0313 section 3.4).
  const bool copied = any_of(c, *sender.owner, [&sender](const session& s) { return s.carbons && &s != &sender; });
  if (copied) {
    auto with_id = copy_of(xml);
    append_stanza_id(with_id, sender.bare(), record->id);
    copy_sent(c, sender, with_id, read_head(with_id), out);
    ignore(std::move(with_id));
  }
  archive(c, *sender.owner, std::move(*record), out);
}

void deliver_message(core& c, std::string&& xml, const stanza_head& head, std::string_view resource, account_table::entry& owner,
                     effects& out) {
  const session* const only = resource.empty() ? nullptr : c.sessions.find(owner, resource);
  if (only == nullptr && !goes_to_the_person(head, !resource.empty())) return no_recipient(c, std::move(xml), head, out);
  strip_stanza_ids(xml, owner.first);
  const auto gets_it = [only](const session& s) { return only != nullptr ? &s == only : s.takes_messages_to_bare(); };
  const bool given = any_of(c, owner, gets_it);
  if (!given && !is_kept_for_later(c, owner, xml, head)) {
    copy_received(c, xml, head, owner, given, gets_it, out);
    return no_recipient(c, std::move(xml), head, out);
  }
  auto record = record_of(c, owner, xml, head, false);
  if (record && !record->contacts_only) append_stanza_id(xml, owner.first, record->id);
  const auto whole = record ? read_head(xml) : head;  // with an id in it, it may have moved
  copy_received(c, xml, whole, owner, given, gets_it, out);
  if (!given) return keep_for_later(c, std::move(xml), owner, std::move(record), out);
  if (record) archive(c, owner, std::move(*record), out);
  push_to_all(c, xml, owner, gets_it, out);
}

bool is_for_one_session(const stanza_head& head) {
  stanza_address from, to;
  return head.kind == stanza_kind::message && head.has_from() && head.has_to() && from.read(head.from) && from.is_bare() &&
         from.has_node() && to.read(head.to) && !to.is_bare() && to.bare() == from.bare();
}

}  // namespace couplet::session
