#include <algorithm>
#include <array>

#include "handlers.hpp"
#include "names.hpp"
#include "presence.hpp"
#include "xml/names.hpp"

namespace couplet::muc {
namespace {

/// Conditions that say that somebody is not there (XEP-0045, "Ghost Users"), as servers use them.
constexpr std::array<std::string_view, 8> not_there{
    "gone",     "item-not-found",          "jid-malformed",         "recipient-unavailable",
    "redirect", "remote-server-not-found", "remote-server-timeout", "service-unavailable"};

bool says_not_there(const xml::element& stanza) {
  const auto error = stanza.child("error");
  for (auto condition = error.first_child(); condition; condition = condition.next_sibling()) {
    if (condition.namespace_uri() != xml::ns::stanza_errors) continue;
    if (std::find(not_there.begin(), not_there.end(), condition.name()) != not_there.end()) return true;
  }
  return false;
}

/// What somebody says when he leaves goes to the others, within the limit.
void leave(turn& t, room& r) {
  auto* const me = occupant_of(r, t.in.from.full());
  if (me == nullptr) return;  // silently (section 17.3)
  std::string content = t.in.attributes;
  content += '>';
  append_content(content, t.in, t.all.document, r.jid);
  presence_note note;
  note.id = t.in.id;
  if (content.size() <= t.most().presence_bytes) note.content = content;
  remove_session(t.out, r, *me, t.in.from.full(), std::move(note));
}

}  // namespace

void on_error(turn& t) {
  auto* const r = room_at(t.all, t.in.to.bare());
  if (r == nullptr) return;
  auto* const me = occupant_of(*r, t.in.from.full());
  if (me == nullptr || !says_not_there(t.parse())) return;
  presence_note note;
  note.codes.push_back(333);
  remove_session(t.out, *r, *me, t.in.from.full(), std::move(note));
}

void on_presence(turn& t) {
  const bool to_service = !t.in.to.has_node();
  if (t.in.type == "error") return on_error(t);
  auto* const r = to_service ? nullptr : room_at(t.all, t.in.to.bare());
  if (t.in.type == "unavailable") {
    if (r != nullptr) leave(t, *r);
    return;
  }
  if (t.in.type == "subscribe") return refuse(t, "service-unavailable", "a room is entered, not subscribed to");
  if (!t.in.type.empty()) return;
  if (to_service) return refuse(t, "service-unavailable", "a room is entered by presence to ROOM@SERVICE/NICKNAME");
  enter(t, r);
}

}  // namespace couplet::muc
