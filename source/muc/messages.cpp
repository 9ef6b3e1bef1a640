#include <array>
#include <utility>

#include "handlers.hpp"
#include "history.hpp"
#include "names.hpp"
#include "presence.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::muc {
namespace {

void append_occupant_id(std::string& out, const occupant& o) {
  out += "<occupant-id";
  xml::append_attribute(out, "xmlns", ns::occupant_id);
  xml::append_attribute(out, "id", o.id);
  out += "/>";
}

/// The first tag from behind the value of `to`: its id is the sender's own (section 7.4).
void append_head(std::string& out, const incoming& in, std::string_view from, std::string_view id) {
  out.append("' from='").append(from).append(1, '\'');
  if (!in.type.empty()) xml::append_attribute(out, "type", in.type);
  if (!id.empty()) out.append(1, ' ').append(id);
  out.append(in.attributes).append(1, '>');
}

/// What rules of rooms look at. One pass over the children.
struct parts {
  bool body = false, subject = false, thread = false;
  bool store = false, no_store = false;
  std::string subject_text;
};

parts parts_of(const xml::element& message) {
  parts p;
  for (auto child = message.first_child(); child; child = child.next_sibling()) {
    const auto uri = child.namespace_uri();
    if (uri == ns::hints) {
      p.store |= child.name() == "store";
      p.no_store |= child.name() == "no-store" || child.name() == "no-permanent-store";
    }
    if (uri != message.namespace_uri()) continue;
    if (child.name() == "body") p.body = true;
    if (child.name() == "thread") p.thread = true;
    if (child.name() != "subject" || p.subject) continue;
    p.subject = true;
    p.subject_text = child.text();
  }
  return p;
}

/// The reflected message is written once; only the value of `to` differs.
void reflect(turn& t, room& r, const occupant& sender, bool keep) {
  auto& all = t.all;
  std::string rest;
  rest.reserve(t.in.xml.size() + 512);
  std::string id_made;
  const auto number = all.options.instance + "-" + std::to_string(++all.last_message);
  std::string_view id = t.in.id;
  if (id.empty()) {
    id_made = "id='" + number + "'";
    id = id_made;
  }
  append_head(rest, t.in, sender.address, id);
  append_content(rest, t.in, all.document, r.jid);
  append_occupant_id(rest, sender);
  rest += "<stanza-id";
  xml::append_attribute(rest, "xmlns", ns::stanza_id);
  rest.append(" by='").append(r.address).append(1, '\'');
  xml::append_attribute(rest, "id", number);
  rest += "/>";
  const auto open_size = rest.size();
  rest += "</message>";
  for (const auto& [nick, o] : r.occupants) {
    for (const auto& s : o.sessions) send(t.out, "message", s.to, rest);
  }
  if (!keep) return;
  rest.resize(open_size);
  remember(all, r, std::move(rest), t.now);
}

/// Section 8.1.
void set_subject(turn& t, room& r, const occupant& sender, std::string text) {
  const bool may = sender.is == role::moderator || (sender.is == role::participant && r.config.everybody_sets_subject);
  if (!may) return refuse(t, "forbidden", "you may not change the subject");
  if (text.size() > t.most().subject_bytes)
    return refuse(t, "not-acceptable", "a subject has at most " + std::to_string(t.most().subject_bytes) + " bytes");
  r.subject.text = std::move(text);
  r.subject.nick = sender.nick;
  r.subject.at = t.now;
  reflect(t, r, sender, false);
  store_subject(t.all, r, t.out);
}

void speak(turn& t, room& r) {
  auto* const sender = occupant_of(r, t.in.from.full());
  if (sender == nullptr) return refuse(t, "not-acceptable", "you are not in this room");
  auto p = parts_of(t.parse());
  if (p.subject && !p.body && !p.thread) return set_subject(t, r, *sender, std::move(p.subject_text));
  if (sender->is < role::participant) return refuse(t, "forbidden", "you have no voice in this room");
  reflect(t, r, *sender, (p.body || p.store) && !p.no_store);
}

bool may_whisper(const room& r, const occupant& sender) noexcept {
  switch (r.config.messages) {
    case private_messages::anyone: return true;
    case private_messages::participants: return sender.is >= role::participant;
    case private_messages::moderators: return sender.is == role::moderator;
    case private_messages::none: break;
  }
  return false;
}

/// Section 7.5: to all sessions of the one it is for.
void whisper(turn& t, room& r) {
  auto* const sender = occupant_of(r, t.in.from.full());
  if (sender == nullptr) return refuse(t, "not-acceptable", "you are not in this room");
  if (t.in.type == "groupchat") return refuse(t, "bad-request", "a message to one occupant is none to all");
  auto* const whom = occupant_named(r, t.in.to.resource());
  if (whom == nullptr) return refuse(t, "item-not-found", "nobody here has this nickname");
  if (!may_whisper(r, *sender)) return refuse(t, "forbidden", "you may not send private messages in this room");
  std::string rest;
  rest.reserve(t.in.xml.size() + 512);
  append_head(rest, t.in, sender->address, t.in.id);
  append_content(rest, t.in, t.all.document, r.jid);
  rest.append("<x xmlns='").append(ns::user).append("'/>");
  append_occupant_id(rest, *sender);
  rest += "</message>";
  for (const auto& s : whom->sessions) send(t.out, "message", s.to, rest);
}

/// What is for the room itself: invitations and requests for voice.
void on_room_message(turn& t, room& r) {
  const auto message = t.parse();
  if (const auto x = message.child("x", ns::user); x && on_invitation(t, r, x)) return;
  if (const auto x = message.child("x", ns::data); x && on_voice_form(t, r, x)) return;
  refuse(t, "bad-request", "a message to the room is of the type groupchat");
}

/// Answers to what the room has passed on go on; what was not delivered says that its receiver is gone.
void on_error_message(turn& t) {
  auto* const r = room_at(t.all, t.in.to.bare());
  if (r == nullptr) return;
  on_error(t);
  auto* const sender = occupant_of(*r, t.in.from.full());
  auto* const whom = occupant_named(*r, t.in.to.resource());
  if (sender == nullptr || whom == nullptr) return;
  std::string rest;
  append_head(rest, t.in, sender->address, t.in.id);
  append_content(rest, t.in, t.all.document, r->jid);
  rest += "</message>";
  for (const auto& s : whom->sessions) send(t.out, "message", s.to, rest);
}

}  // namespace

void on_message(turn& t) {
  if (t.in.type == "error") return on_error_message(t);
  if (!t.in.to.has_node()) return refuse(t, "service-unavailable");
  auto* const r = room_at(t.all, t.in.to.bare());
  const bool hidden = r != nullptr && r->locked && affiliation_of(*r, t.in.from.bare()) != affiliation::owner;
  if (r == nullptr || hidden) return refuse(t, "item-not-found", "there is no such room");
  if (!t.in.to.resource().empty()) return whisper(t, *r);
  if (t.in.type == "groupchat") return speak(t, *r);
  on_room_message(t, *r);
}

}  // namespace couplet::muc
