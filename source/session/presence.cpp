#include "presence.hpp"

#include <charconv>
#include <optional>
#include <utility>

#include "delivery.hpp"
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

/// Sends presence (without to) to everybody the session had told directly, who are told no more.
void tell_directed(core& c, std::string_view xml, const std::unique_ptr<std::vector<std::string>>& directed, effects& out) {
  if (directed == nullptr) return;
  const auto after_name = 1 + read_head(xml).name.size();
  for (const auto& to : *directed) {
    auto copy = base::take_text();
    copy.append(xml.substr(0, after_name));
    xml::append_attribute(copy, "to", to);
    copy.append(xml.substr(after_name));
    route_stanza(c, std::move(copy), out);
  }
}

void become_available(core& c, session& s, std::string&& xml, const stanza_head& head, effects& out) {
  const auto priority = priority_of(c, xml);
  if (!priority) return answer_error(c, std::move(xml), head, condition::bad_request, out);
  const bool is_initial = !s.available();
  const bool took_messages = s.takes_messages_to_bare();
  s.presence = std::string(xml);  // of the size it needs, not of the pooled text's
  s.priority = *priority;
  if (!took_messages) s.available_since = c.sessions.next_sequence();
  tell_all_available(c, *s.owner, xml, out);  // itself too: section 4.2.2
  ignore(std::move(xml));
  if (!is_initial) return;
  c.sessions.each_of(*s.owner, [&](const session& other) {
    if (&other != &s && other.available()) push(c, s, copy_of(other.presence), out);
  });
}

void become_unavailable(core& c, session& s, std::string&& xml, effects& out) {
  if (s.available()) tell_all_available(c, *s.owner, xml, out);  // itself too: section 4.5.2
  s.presence = std::string();
  s.priority = 0;
  const auto directed = std::exchange(s.directed, nullptr);
  tell_directed(c, xml, directed, out);
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
    case stanza_type::none: return become_available(c, s, std::move(xml), head, out);
    case stanza_type::unavailable: return become_unavailable(c, s, std::move(xml), out);
    case stanza_type::probe: return answer_probe(c, std::move(xml), head, *s.owner, out);
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

void answer_probe(core& c, std::string&& xml, const stanza_head& head, account_table::entry& owner, effects& out) {
  stanza_address from;
  if (head.has_from() && from.read(head.from) && from.bare() == owner.first) {
    if (const session* asks = c.sessions.find(owner, from.resource())) {
      c.sessions.each_of(owner, [&](const session& other) {
        if (&other != asks && other.available()) push(c, *asks, copy_of(other.presence), out);
      });
    }
  }
  ignore(std::move(xml));
}

void announce_end(core& c, const session& ended, std::string_view why, effects& out) {
  if (!ended.available() && ended.directed == nullptr) return;
  std::string full(ended.bare());
  full.append(1, '/').append(ended.resource);
  auto xml = base::take_text();
  xml += "<presence";
  xml::append_attribute(xml, "from", full);
  xml += " type='unavailable'";
  if (why.empty()) {
    xml += "/>";
  } else {
    xml += "><status>";
    xml::append_text(xml, why);
    xml += "</status></presence>";
  }
  if (ended.available()) tell_all_available(c, *ended.owner, xml, out);
  tell_directed(c, xml, ended.directed, out);
  ignore(std::move(xml));
}

}  // namespace couplet::session
