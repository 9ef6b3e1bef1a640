#include "presence.hpp"

#include <charconv>
#include <optional>
#include <utility>

#include "avatars.hpp"
#include "broadcast.hpp"
#include "caps.hpp"
#include "contact_work.hpp"
#include "delivery.hpp"
#include "last_activity.hpp"
#include "offline.hpp"
#include "probes.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::session {
namespace {

/// The priority (section 4.7.2.3): an xs:byte, 0 where there is none. Nothing: it is no such number.
std::optional<std::int8_t> priority_of(core& c, std::string_view presence) {
  if (presence.find("priority") == std::string_view::npos) return std::int8_t{0};
  const auto element = c.document.parse(presence, xml::ns::client).child("priority");
  if (!element) return std::int8_t{0};
  const auto text = element.text();
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return std::nullopt;
  auto digits = std::string_view(text).substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
  if (digits.size() > 1 && digits.front() == '+' && digits[1] != '-') digits.remove_prefix(1);
  int value = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) return std::nullopt;
  if (value < -128 || value > 127) return std::nullopt;
  return static_cast<std::int8_t>(value);
}

void tell_all_available(core& c, const account_table::entry& owner, std::string_view xml, effects& out) {
  c.sessions.each_of(owner, [&](const session& other) {
    if (other.available()) push(c, other, copy_of(xml), out);
  });
}

/// Sends presence (without to) to everybody the session had told directly, who are told no more. `told`: whose subscribers have
/// heard it already; null: nobody has.
void tell_directed(core& c, std::string_view xml, const std::unique_ptr<std::vector<std::string>>& directed, const contacts* told,
                   effects& out) {
  if (directed == nullptr) return;
  for (const auto& to : *directed) {
    const auto bare = std::string_view(to).substr(0, to.find('/'));
    if (told != nullptr && has_from(told->standing_of(bare).state)) continue;
    auto copy = base::take_text();
    append_with_to(copy, xml, to);
    route_stanza(c, std::move(copy), out);
  }
}

/// The own sessions (itself too: sections 4.2.2, 4.5.2), then those contacts who may see it.
void tell_everybody(core& c, const account_table::entry& owner, std::string_view xml, effects& out) {
  tell_all_available(c, owner, xml, out);
  if (const auto* const known = contacts_of(owner)) send_to_subscribers(c, *known, xml, out);
}

/// What one who has just come is told: who else of the account is there, who asks for a subscription (3.1.3), who of the
/// contacts is there.
void welcome(core& c, session& s, effects& out) {
  c.sessions.each_of(*s.owner, [&](const session& other) {
    if (&other != &s && other.available()) push(c, s, copy_of(other.presence), out);
  });
  for (const auto& r : contacts_of(*s.owner)->requests()) push(c, s, copy_of(r.xml), out);
  probe_contacts(c, s, out);
}

void become_available(core& c, session& s, std::string&& xml, const stanza_head& head, effects& out) {
  const auto priority = priority_of(c, xml);
  if (!priority) return answer_error(c, std::move(xml), head, condition::bad_request, out);
  if (const auto photo = photo_of(*s.owner); !photo.empty()) put_photo(xml, photo);
  const bool is_initial = !s.available();
  const bool took_messages = s.takes_messages_to_bare();
  s.presence = std::string(xml);  // of the size it needs, not of the pooled text's
  s.priority = *priority;
  if (!took_messages) s.available_since = c.sessions.next_sequence();
  tell_everybody(c, *s.owner, xml, out);
  ignore(std::move(xml));
  if (is_initial) welcome(c, s, out);
  note_capabilities(c, s, is_initial, out);
  if (!took_messages && s.takes_messages_to_bare()) offer_offline(c, s, out);
}

void become_unavailable(core& c, session& s, std::string&& xml, effects& out) {
  const bool was_available = s.available();
  const auto* const told = was_available ? contacts_of(*s.owner) : nullptr;
  if (was_available) tell_everybody(c, *s.owner, xml, out);
  s.presence = std::string();
  s.priority = 0;
  if (was_available) note_unavailable(c, *s.owner, xml, out);
  const auto directed = std::exchange(s.directed, nullptr);
  tell_directed(c, xml, directed, told, out);
  ignore(std::move(xml));
}

std::string full_text(const stanza_address& a) {
  std::string text(a.bare());
  if (!a.is_bare()) text.append(1, '/').append(a.resource());
  return text;
}

}  // namespace

void on_own_presence(core& c, session& s, std::string&& xml, const stanza_head& head, effects& out) {
  switch (head.type) {
    case stanza_type::unavailable:
      // Nobody was told that it is there, and nothing waits that will tell.
      if (!s.available() && !is_at_work(*s.owner)) return become_unavailable(c, s, std::move(xml), out);
      [[fallthrough]];
    case stanza_type::none: return with_contacts(c, *s.owner, contact_stanza(std::move(xml), c.sessions.handle_of(s)), out);
    case stanza_type::probe: {
      stanza_address own;
      own.read(head.from);
      return on_probe(c, std::move(xml), head, own, out);
    }
    // Errors are not answered; a subscription is with somebody.
    default: return answer_error(c, std::move(xml), head, condition::bad_request, out);
  }
}

bool note_directed_presence(core& c, session& s, std::string& xml, const stanza_head& head, const stanza_address& to,
                            effects& out) {
  // A server has no use for it, and the own sessions hear of it anyway. A component has: a room is left by unavailable presence.
  const bool reachable = c.serves(to.domain()) ? to.has_node() : c.options.other_domains;
  if (!reachable || to.bare() == s.bare()) return true;
  const auto text = full_text(to);
  if (s.directed != nullptr) {
    const auto known = std::find(s.directed->begin(), s.directed->end(), text);
    if (known != s.directed->end()) {
      if (head.type == stanza_type::unavailable) s.directed->erase(known);
      return true;
    }
  }
  if (head.type == stanza_type::unavailable) return true;
  if (s.directed == nullptr) s.directed = std::make_unique<std::vector<std::string>>();
  if (c.options.max_directed_presences != 0 && s.directed->size() >= c.options.max_directed_presences) {
    answer_error(c, std::move(xml), head, condition::resource_constraint, out);
    return false;
  }
  s.directed->push_back(text);
  return true;
}

void broadcast_presence(core& c, session& s, std::string&& xml, const stanza_head& head, effects& out) {
  if (head.type == stanza_type::none) return become_available(c, s, std::move(xml), head, out);
  become_unavailable(c, s, std::move(xml), out);
}

void repeat_presence(core& c, const session& s, std::string_view xml, effects& out) {
  tell_everybody(c, *s.owner, xml, out);
}

void announce_end(core& c, const session& ended, std::string_view why, effects& out) {
  forget_capabilities(c, ended, out);
  if (ended.available()) note_unavailable(c, *ended.owner, {}, out);
  if (!ended.available() && ended.directed == nullptr) return;
  auto xml = unavailable_presence(ended, why);
  if (ended.available()) tell_everybody(c, *ended.owner, xml, out);
  tell_directed(c, xml, ended.directed, ended.available() ? contacts_of(*ended.owner) : nullptr, out);
  ignore(std::move(xml));
}

}  // namespace couplet::session
