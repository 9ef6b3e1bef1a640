#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "component_house.hpp"
#include "component_tls.hpp"

// What a component has not taken when another connection comes into its place: it goes there, once, whole and in its order.

namespace couplet::lives {

using base::close_reason;
using numbers = std::vector<int>;

namespace {

constexpr std::string_view bot = "bot.example.org";
constexpr int backlog = 600;

std::string stanza(int n, std::string_view from = "alice@example.org/r") {
  return "<message from='" + std::string(from) + "' to='bot.example.org' id='" + std::to_string(n) + "'><body>" +
         std::string(1000, 'x') + "</body></message>";
}

/// The stanzas in it that are whole.
numbers numbers_in(const std::string& text) {
  numbers all;
  for (auto at = text.find(" id='"); at != std::string::npos; at = text.find(" id='", at + 1)) {
    if (text.find("</message>", at) != std::string::npos) all.push_back(std::stoi(text.substr(at + 5)));
  }
  return all;
}

numbers up_to(int end) {
  numbers all(static_cast<std::size_t>(end));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

component::options with(component::conflict_policy policy) {
  auto o = component_options();
  o.conflict = policy;
  return o;
}

template <class End>
void let_in(End& c) {
  c.send(component_header("to='bot.example.org'"));
  c.send(handshake_for(c.take(), "secret"));
}

/// All that comes as long as it is read.
template <class End>
std::string take_all(component_house& house, End& c) {
  std::string all;
  for (auto more = c.take(); !more.empty(); more = c.take()) {
    all += more;
    settle(house.shard);
  }
  return all;
}

/// The first of two connections reads nothing, and is replaced; both read from then on.
template <class End>
void replace_one_with_a_backlog(component_house& house, End& first, End& second) {
  let_in(first);
  REQUIRE(first.take() == "<handshake/>");
  for (int n = 0; n < backlog; ++n) house.send_stanza(stanza(n));
  let_in(second);
  for (int n = backlog; n < backlog + 10; ++n) house.send_stanza(stanza(n));
  auto newer = take_all(house, second);
  let_deadlines_pass(house.shard);  // the first one's time to read what it was told, too
  house.send_stanza(stanza(backlog + 10));
  newer += take_all(house, second);
  const auto older = take_all(house, first);
  auto all = numbers_in(older);
  const auto taken = static_cast<int>(all.size());
  CHECK(taken > 0);
  CHECK(taken < backlog);
  const auto rest = numbers_in(newer);
  REQUIRE_FALSE(rest.empty());
  CHECK(rest.front() == taken);
  all.insert(all.end(), rest.begin(), rest.end());
  CHECK(all == up_to(backlog + 11));
  CHECK(newer.starts_with("<handshake/><message "));
  // Nothing stands behind a stanza that was cut off, not even the goodbye.
  CHECK(first.ended);
  const auto goodbye = older.find("<stream:error>");
  CHECK((goodbye == std::string::npos || older.substr(0, goodbye).ends_with("</message>")));
  CHECK(house.ends_of(close_reason::replaced) == 1);
}

}  // namespace

TEST_CASE("components: who replaces one that reads nothing gets what that one had not taken, in front of what is newer") {
  component_house house(component_options());
  const auto first = house.connect();
  const auto second = house.connect();
  replace_one_with_a_backlog(house, *first, *second);
}

TEST_CASE("components: the same behind TLS") {
  component_house house(component_options());
  tls_end first(house);
  tls_end second(house);
  replace_one_with_a_backlog(house, first, second);
}

TEST_CASE("components: who is replaced and has no stanza half is told why, and what nobody has written yet goes to the other") {
  component_house house(component_options());
  auto first = house.connect_as(bot, "secret");
  auto other = house.connect_as("other.example.org", "secret");
  auto second = house.connect();
  second->send(component_header("to='bot.example.org'"));
  const auto answer = second->take();
  // Both are read in the same turn, and nothing is written in between.
  other->put("<message to='bot.example.org' id='1'/><iq to='bot.example.org' type='get' id='2'/>");
  second->put(handshake_for(answer, "secret"));
  settle(house.shard);
  const auto told = first->take();
  CHECK(told.starts_with("<stream:error><conflict "));
  CHECK(told.ends_with("</stream:error></stream:stream>"));
  CHECK(first->ended);
  CHECK(second->take() ==
        "<handshake/><message from='other.example.org' to='bot.example.org' id='1'/>"
        "<iq from='other.example.org' to='bot.example.org' type='get' id='2'/>");
}

TEST_CASE("components: what one that says goodbye does not take goes to who comes before it is gone, in front of what is newer") {
  for (const auto policy :
       {component::conflict_policy::replace, component::conflict_policy::refuse, component::conflict_policy::share}) {
    component_house house(with(policy));
    auto first = house.connect_as(bot, "secret");
    for (int n = 0; n < backlog; ++n) house.send_stanza(stanza(n));
    first->send("</stream:stream>");
    for (int n = backlog; n < backlog + 5; ++n) house.send_stanza(stanza(n));
    auto second = house.connect_as(bot, "secret");
    for (int n = backlog + 5; n < backlog + 10; ++n) house.send_stanza(stanza(n));
    auto newer = take_all(house, *second);
    let_deadlines_pass(house.shard);
    newer += take_all(house, *second);
    auto all = numbers_in(take_all(house, *first));
    for (const int n : numbers_in(newer)) all.push_back(n);
    CHECK(all == up_to(backlog + 10));
    CHECK(house.ends_of(close_reason::closed_by_peer) == 1);
  }
}

TEST_CASE("components: who has said goodbye and reads on is given all, where nobody comes into its place") {
  component_house house(component_options());
  auto c = house.connect_as(bot, "secret");
  for (int n = 0; n < backlog; ++n) house.send_stanza(stanza(n));
  c->send("</stream:stream>");
  const auto taken = take_all(house, *c);
  CHECK(numbers_in(taken) == up_to(backlog));
  CHECK(taken.ends_with("</stream:stream>"));
}

TEST_CASE("components: of several that share a name one says goodbye; its conversations go on in their order elsewhere") {
  component_house house(with(component::conflict_policy::share));
  std::vector<std::unique_ptr<peer_end>> ends;
  for (int n = 0; n < 3; ++n) ends.push_back(house.connect_as(bot, "secret"));
  house.send_stanza(stanza(0));
  auto mine = std::find_if(ends.begin(), ends.end(), [](auto& c) {
    auto got = c->take();
    const bool is_it = !got.empty();
    c->put_back(std::move(got));
    return is_it;
  });
  REQUIRE(mine != ends.end());
  for (int n = 1; n < backlog; ++n) house.send_stanza(stanza(n));
  const auto leaving = std::move(*mine);
  ends.erase(mine);
  leaving->send("</stream:stream>");
  for (int n = backlog; n < backlog + 10; ++n) house.send_stanza(stanza(n));
  std::vector<std::string> got;
  for (auto& c : ends) got.push_back(take_all(house, *c));
  let_deadlines_pass(house.shard);
  for (std::size_t n = 0; n < ends.size(); ++n) got[n] += take_all(house, *ends[n]);
  CHECK(numbers_in(got[0]).empty() != numbers_in(got[1]).empty());
  auto all = numbers_in(take_all(house, *leaving));
  for (const int n : numbers_in(got[0] + got[1])) all.push_back(n);
  CHECK(all == up_to(backlog + 10));
}

TEST_CASE("components: when the server stops, each that shares a name is given what is its own") {
  component_house house(with(component::conflict_policy::share));
  std::vector<std::unique_ptr<peer_end>> ends;
  for (int n = 0; n < 3; ++n) ends.push_back(house.connect_as(bot, "secret"));
  for (int n = 0; n < backlog; ++n) house.send_stanza(stanza(n));
  house.router->stop_reading();
  house.router->end_all(close_reason::shutdown);
  settle(house.shard);
  std::size_t those_with_stanzas = 0;
  for (auto& c : ends) {
    const auto taken = take_all(house, *c);
    CHECK(taken.ends_with("</stream:stream>"));
    if (taken.find("<message ") == std::string::npos) continue;
    ++those_with_stanzas;
    CHECK(numbers_in(taken) == up_to(backlog));
  }
  CHECK(those_with_stanzas == 1);
}

}  // namespace couplet::lives
