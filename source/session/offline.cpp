#include "offline.hpp"

#include <utility>

#include "address.hpp"
#include "delivery.hpp"
#include "hints.hpp"
#include "session/delay.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::session {
namespace {

using state = offline_turn::state;

std::string_view domain_of(std::string_view bare) noexcept {
  return bare.substr(bare.find('@') + 1);
}

/// What the server itself tells is of the moment: who has logged in, say.
bool is_of_a_person(const core& c, const stanza_head& head) {
  stanza_address from;
  return head.has_from() && from.read(head.from) && (from.has_node() || !c.serves(from.domain()));
}

/// XEP-0160 section 2 has the first of them.
condition refusal_of(storage_outcome o) noexcept {
  if (o == storage_outcome::over_limit) return condition::service_unavailable;
  return o == storage_outcome::full ? condition::resource_constraint : condition::internal_server_error;
}

std::string page_id(const session& s) {
  return "offline-" + std::to_string(s.offline.page);
}

void push_question(core& c, const session& s, effects& out) {
  auto iq = base::take_text();
  iq += "<iq type='get' from='";
  xml::append_attribute_value(iq, domain_of(s.bare()));
  iq += "' to='";
  xml::append_attribute_value(iq, s.bare());
  iq += '/';
  xml::append_attribute_value(iq, s.resource);
  iq.append("' id='").append(page_id(s)).append("'><ping xmlns='urn:xmpp:ping'/></iq>");
  push(c, s, std::move(iq), out);
}

/// To one of the account's other sessions.
void offer_to_another(core& c, const account_table::entry& owner, const session* but_not, effects& out) {
  session* next = nullptr;
  c.sessions.each_of(owner, [&](session& s) {
    if (&s != but_not && s.takes_messages_to_bare()) next = &s;
  });
  if (next != nullptr) offer_offline(c, *next, out);
}

/// Something has come between: what waits is there still, for whoever asks next.
void stop(session& s) {
  s.offline.now = state::idle;
  s.owner->second.mail = waiting_mail::some;
}

void on_page(core& c, session& s, storage_answer&& page, effects& out) {
  if (page.outcome != storage_outcome::done) return stop(s);
  if (page.messages.empty()) {
    s.offline.now = state::idle;
    return;
  }
  if (!s.takes_messages_to_bare()) {
    stop(s);
    return offer_to_another(c, *s.owner, &s, out);
  }
  s.owner->second.mail = waiting_mail::some;
  for (const auto& m : page.messages) {
    push(c, s, copy_of(m.stanza), out);
    if (auto* const carried = route::trace_of(out.to_c2s.back())) carried->origin = m.origin;
  }
  s.offline.now = state::given;
  s.offline.up_to = page.messages.back().number;
  ++s.offline.page;
  push_question(c, s, out);
}

void read_page(core& c, session& s, effects& out) {
  s.offline.now = state::reading;
  s.owner->second.mail = waiting_mail::none;  // unless something comes meanwhile
  const auto continued = [handle = c.sessions.handle_of(s)](core& there, storage_answer&& page, effects& more) {
    if (session* const reader = there.sessions.find(handle)) on_page(there, *reader, std::move(page), more);
  };
  ask(c, s.bare(), read_offline(), continued, out);
}

}  // namespace

bool is_kept_for_later(const core& c, const account_table::entry& owner, std::string_view xml, const stanza_head& head) {
  return c.options.offline && !owner.second.guest && head.kind == stanza_kind::message && is_of_a_person(c, head) &&
         is_for_later(head, read_traits(xml));
}

void keep_for_later(core& c, std::string&& xml, account_table::entry& owner, std::optional<archive_message> record,
                    effects& out) {
  owner.second.mail = waiting_mail::some;
  append_offline kept((std::string(std::string_view(xml))));  // of the size it needs
  kept.stamped_by = domain_of(owner.first);
  kept.most = c.options.offline_limits;
  kept.archived = std::move(record);
  const auto told = [tag = first_tag_of(xml)](core& there, storage_answer&& a, effects& more) {
    if (a.outcome == storage_outcome::done) return;
    answer_error(there, copy_of(tag), read_head(tag), refusal_of(a.outcome), more);
  };
  ask(c, owner.first, std::move(kept), told, out);
  ignore(std::move(xml));
}

void offer_offline(core& c, session& s, effects& out) {
  const auto mail = s.owner->second.mail;
  const bool may_wait = mail == waiting_mail::some || (mail == waiting_mail::unknown && c.options.stored);
  if (!c.options.offline || !may_wait) return;
  const bool is_taken = any_of(c, *s.owner, [](const session& other) { return other.offline.now != state::idle; });
  if (!is_taken) read_page(c, s, out);
}

bool is_page_taken(core& c, session& s, const stanza_head& head, effects& out) {
  if (s.offline.now != state::given || head.is_request() || head.id != page_id(s)) return false;
  s.offline.now = state::reading;
  const auto continued = [handle = c.sessions.handle_of(s)](core& there, storage_answer&& a, effects& more) {
    session* const reader = there.sessions.find(handle);
    if (reader == nullptr) return;
    if (a.outcome != storage_outcome::done) return stop(*reader);  // the same page would come again and again
    if (reader->takes_messages_to_bare()) return read_page(there, *reader, more);
    stop(*reader);
    offer_to_another(there, *reader->owner, reader, more);
  };
  ask(c, s.bare(), remove_offline{s.offline.up_to}, continued, out);
  return true;
}

void leave_offline(core& c, session& s, effects& out) {
  if (s.offline.now == state::idle) return;
  stop(s);
  offer_to_another(c, *s.owner, &s, out);
}

bool is_still_kept(const core& c, std::string_view xml, const stanza_head& head) {
  stanza_address to;
  return c.options.offline && head.has_to() && to.read(head.to) && has_waited(xml, to.domain());
}

}  // namespace couplet::session
