#include "history.hpp"

#include <algorithm>
#include <charconv>

#include "names.hpp"
#include "xml/writer.hpp"

namespace couplet::muc {
namespace {

std::optional<std::size_t> read_count(const xml::element& history, const char* name) {
  const auto text = history.attribute(name);
  if (!text) return std::nullopt;
  std::size_t value = 0;
  const auto [end, failed] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (failed != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return value;
}

void append_delay(std::string& out, const room& r, time_point when) {
  out += "<delay";
  xml::append_attribute(out, "xmlns", ns::delay);
  out.append(" from='").append(r.address).append(1, '\'');
  xml::append_attribute(out, "stamp", stamp_of(when));
  out += "/>";
}

void drop_oldest(core& all, room& r) {
  const auto bytes = r.history.front().rest.size();
  r.history_bytes -= bytes;
  all.history_bytes -= bytes;
  r.history.pop_front();
}

/// Of the whole stanza: what is in front of the value of `to`, the value, the rest.
std::size_t size_for(const past_message& m, const session& whom) {
  constexpr std::string_view front = "<message to='";
  return front.size() + characters_in(whom.to) + characters_in(m.rest);
}

}  // namespace

history_request read_history_request(const xml::element& x, time_point now) {
  history_request wanted;
  const auto history = x.child("history");
  if (!history) return wanted;
  wanted.characters = read_count(history, "maxchars");
  wanted.messages = read_count(history, "maxstanzas");
  if (const auto text = history.attribute("since")) wanted.since = read_stamp(*text);
  if (const auto seconds = read_count(history, "seconds")) {
    constexpr std::size_t a_century = 3'155'760'000;
    const auto since = now - std::chrono::seconds(static_cast<std::int64_t>(std::min(*seconds, a_century)));
    if (!wanted.since || *wanted.since < since) wanted.since = since;
  }
  return wanted;
}

void remember(core& all, room& r, std::string rest, time_point now) {
  const auto& most = all.options.most;
  if (most.history_messages == 0) return;
  append_delay(rest, r, now);
  rest += "</message>";
  rest.shrink_to_fit();
  r.history_bytes += rest.size();
  all.history_bytes += rest.size();
  r.history.emplace_back(std::move(rest), now);
  const auto too_much = [&] {
    return r.history.size() > most.history_messages || r.history_bytes > most.history_bytes ||
           all.history_bytes > most.all_history_bytes;
  };
  while (!r.history.empty() && too_much()) drop_oldest(all, r);
}

void forget_history(core& all, room& r) {
  while (!r.history.empty()) drop_oldest(all, r);
}

void send_history(effects& out, const room& r, const session& whom, const history_request& wanted) {
  const auto most = std::min<std::size_t>(wanted.messages.value_or(r.config.history), r.config.history);
  auto first = r.history.end();
  std::size_t characters = 0, messages = 0;
  while (first != r.history.begin() && messages < most) {
    const auto& m = *(first - 1);
    if (wanted.since && m.at < *wanted.since) break;
    if (wanted.characters) characters += size_for(m, whom);
    if (wanted.characters && characters > *wanted.characters) break;
    --first;
    ++messages;
  }
  for (; first != r.history.end(); ++first) send(out, "message", whom.to, first->rest);
}

void send_subject(effects& out, const room& r, const session& whom) {
  std::string rest = "' from='";
  rest += r.address;
  if (!r.subject.nick.empty()) rest.append(1, '/').append(escaped(r.subject.nick));
  rest += "' type='groupchat'><subject>";
  xml::append_text(rest, r.subject.text);
  rest += "</subject>";
  if (!r.subject.nick.empty()) append_delay(rest, r, r.subject.at);
  rest += "</message>";
  send(out, "message", whom.to, rest);
}

}  // namespace couplet::muc
