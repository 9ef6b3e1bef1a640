#include "caps.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "caps_hash.hpp"
#include "children.hpp"
#include "delivery.hpp"
#include "pep_events.hpp"
#include "xml/first_tag.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::session {
namespace {

constexpr std::string_view id_prefix = "couplet-caps-";
constexpr std::size_t most_key_bytes = 1'024;

using caps_question = caps_table::question;

std::string caps_value(std::string_view raw) {
  std::string scratch;
  return std::string(xml::decode_attribute(raw, scratch));
}

/// Algorithm, node, ver; empty: the presence has no such element, or a senseless one.
std::string key_in(std::string_view presence) {
  if (presence.find(xml::ns::caps) == std::string_view::npos) return {};
  for (child_cursor child(presence); child.next();) {
    if (!child.is("c", xml::ns::caps)) continue;
    const auto node = caps_value(child.attribute("node")), ver = caps_value(child.attribute("ver"));
    const auto hash = caps_value(child.attribute("hash"));
    if (node.empty() || ver.empty() || node.size() + ver.size() + hash.size() > most_key_bytes) return {};
    if ((node + hash).find(' ') != std::string::npos) return {};
    return hash + ' ' + node + ' ' + ver;
  }
  return {};
}

struct parts {
  std::string_view hash, node, ver;
};

parts split(std::string_view key) {
  const auto first = key.find(' '), second = key.find(' ', first + 1);
  return {key.substr(0, first), key.substr(first + 1, second - first - 1), key.substr(second + 1)};
}

void put_question(core& c, const session& s, std::uint64_t number, std::string_view key, effects& out) {
  const auto p = split(key);
  auto xml = base::take_text();
  xml.append("<iq type='get' id='").append(id_prefix).append(std::to_string(number)).append("' from='");
  xml::append_attribute_value(xml, s.bare().substr(s.bare().find('@') + 1));
  xml.append("' to='");
  xml::append_attribute_value(xml, s.bare());
  xml += '/';
  xml::append_attribute_value(xml, s.resource);
  xml.append("'><query xmlns='").append(xml::ns::disco_info).append("' node='");
  xml::append_attribute_value(xml, p.node);
  xml += '#';
  xml::append_attribute_value(xml, p.ver);
  xml += "'/></iq>";
  push(c, s, std::move(xml), out);
}

/// Asks the first of those that wait; those that are gone, or say something else by now, wait no more.
void ask_next(core& c, const std::shared_ptr<capabilities>& about, effects& out) {
  auto& waiting = about->waiting;
  while (!waiting.empty()) {
    const session* const s = c.sessions.find(waiting.front());
    if (s != nullptr && s->client == about && c.caps.may_ask()) {
      const auto number = c.caps.add_question(caps_question{about, waiting.front(), c.now()});
      return put_question(c, *s, number, about->key, out);
    }
    waiting.erase(waiting.begin());
  }
  c.caps.forget(*about);
}

/// The session that was asked has not said what could be believed.
void pass_on(core& c, caps_question&& q, effects& out) {
  std::erase(q.about->waiting, q.session);
  ask_next(c, q.about, out);
}

void look_after_old_questions(core& c, effects& out) {
  while (auto q = c.caps.take_expired(c.now())) pass_on(c, std::move(*q), out);
}

/// For this session alone.
std::shared_ptr<capabilities> own(std::string key, std::vector<std::string> wants) {
  auto made = std::make_shared<capabilities>();
  made->key = std::move(key);
  made->known = true;
  made->wants = std::move(wants);
  return made;
}

/// Those nodes of which it wanted to hear before are not news.
void tell_last_items(core& c, const session& s, const std::vector<std::string>& before, effects& out) {
  std::vector<std::string> news;
  std::set_difference(s.client->wants.begin(), s.client->wants.end(), before.begin(), before.end(), std::back_inserter(news));
  if (s.available() && !news.empty()) ask_for_last_items(c, s, news, out);
}

void share(core& c, const std::shared_ptr<capabilities>& what, effects& out) {
  what->known = true;
  c.caps.keep(*what);
  for (const auto handle : std::exchange(what->waiting, {})) {
    const session* const s = c.sessions.find(handle);
    if (s != nullptr && s->client == what) tell_last_items(c, *s, {}, out);
  }
}

void use_answer(core& c, session& s, caps_question&& q, std::string_view xml, bool is_result, effects& out) {
  const auto query = c.document.parse(xml, xml::ns::client).first_child();
  const bool says = is_result && query.is("query", xml::ns::disco_info);
  auto wants = says ? wanted_nodes(query) : std::vector<std::string>();
  const auto p = split(q.about->key);
  if (says && fits_hash(query, p.hash, p.ver)) {
    q.about->wants = std::move(wants);
    return share(c, q.about, out);
  }
  if (s.client == q.about) {
    s.client = own(q.about->key, std::move(wants));
    tell_last_items(c, s, {}, out);
  }
  pass_on(c, std::move(q), out);
}

}  // namespace

void note_capabilities(core& c, session& s, bool is_initial, effects& out) {
  auto key = key_in(s.presence);
  if (key.empty()) {
    if (is_initial && s.client != nullptr && s.client->known) tell_last_items(c, s, {}, out);
    return;
  }
  look_after_old_questions(c, out);
  const bool same = s.client != nullptr && s.client->key == key;
  if (same && s.client->known) return is_initial ? tell_last_items(c, s, {}, out) : void();
  if (same && !s.client->waiting.empty()) return;
  const auto before = std::exchange(s.client, c.caps.find(key));
  if (before != nullptr) std::erase(before->waiting, c.sessions.handle_of(s));
  if (s.client != nullptr && s.client->known) {
    return tell_last_items(c, s, is_initial || before == nullptr ? std::vector<std::string>() : before->wants, out);
  }
  const bool is_new = s.client == nullptr;
  if (is_new && !c.caps.may_ask()) return;  // the next presence tries again
  if (is_new) s.client = c.caps.make(std::move(key));
  s.client->waiting.push_back(c.sessions.handle_of(s));
  if (is_new) ask_next(c, std::shared_ptr<capabilities>(s.client), out);
}

bool take_capabilities(core& c, session& s, std::string_view xml, const stanza_head& head, effects& out) {
  if (head.kind != stanza_kind::iq || head.is_request() || !head.id.starts_with(id_prefix)) return false;
  std::uint64_t number = 0;
  const auto digits = head.id.substr(id_prefix.size());
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) return false;
  auto q = c.caps.take_question(number, c.sessions.handle_of(s));
  if (q) use_answer(c, s, std::move(*q), xml, head.type == stanza_type::result, out);
  return q.has_value();
}

void forget_capabilities(core& c, const session& ended, effects& out) {
  if (ended.client == nullptr || ended.client->known) return;
  const auto handle = c.sessions.handle_of(ended);
  std::erase(ended.client->waiting, handle);
  if (auto q = c.caps.take_question_of(handle)) pass_on(c, std::move(*q), out);
}

bool wants_events(const session& s, std::string_view node) noexcept {
  return s.client != nullptr && s.client->known && std::binary_search(s.client->wants.begin(), s.client->wants.end(), node);
}

}  // namespace couplet::session
