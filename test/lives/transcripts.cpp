#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/log.hpp"
#include "connection_stage.hpp"
#include "io_faults.hpp"

// The conversations of test/transcript on whole connections: the same texts, through sockets, life, table and switchboard.

namespace couplet::lives {
namespace {

std::vector<transcript::scene> all_scenes() {
  base::log::set_level(base::log::level::off);
  std::vector<transcript::scene> all;
  for (auto& t : transcript::all_texts()) {
    for (auto& s : t.scenes) {
      s.title = t.name + ", " + s.title;
      all.push_back(std::move(s));
    }
  }
  return all;
}

/// Where passwords may not travel in the clear, TLS makes all the difference.
std::vector<transcript::scene> scenes_for_tls() {
  auto all = all_scenes();
  std::erase_if(all, [](const auto& s) { return !s.plaintext; });
  return all;
}

/// Whether the scene itself plays a bug of ours.
bool plays_a_bug(const transcript::scene& s) {
  return std::any_of(s.steps.begin(), s.steps.end(), [](const auto& step) { return step.text == "end internal_error"; });
}

/// After the end of every connection: the table is empty, the budgets are given back, every end is counted once, and no session is left
/// at the manager.
void check_clean(small_house& house, const transcript::scene& s) {
  INFO(s.title);
  CHECK(house.table->size() == 0);
  CHECK(house.shard.lives().inside() == 0);
  CHECK(house.shared.connections.used() == 0);
  CHECK(house.shared.unauthenticated.used() == 0);
  std::uint64_t ends = 0;
  for (std::size_t i = 1; i < base::close_reason_count; ++i)
    ends += house.table->count().ends.of(static_cast<base::close_reason>(i));
  CHECK(ends == house.table->count().accepted);
  CHECK(house.table->count().ends.of(base::close_reason::none) == 0);
  if (!plays_a_bug(s)) CHECK(house.table->count().ends.of(base::close_reason::internal_error) == 0);
  CHECK(house.sessions.started == house.sessions.ended + house.sessions.given_up);
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

/// How many logins a text refuses since nobody could say whether they are right; nothing where requests of other kinds are refused
/// in the same words, or where it is not seen what was said.
std::optional<std::size_t> unanswered_in(const transcript::scene& s) {
  using kind = transcript::step::kind;
  std::size_t found = 0;
  for (const auto& step : s.steps) {
    if (step.text == "gone" || count(step.text, "jabber:iq:register") != 0) return std::nullopt;
    if (step.what != kind::server) continue;
    found += count(step.text, "<temporary-auth-failure");
    for (const std::string_view condition : {"><remote-server-timeout ", "><internal-server-error "})
      found += count(step.text, condition);
  }
  return found;
}

/// Answers how many bytes the client sent.
std::size_t play_whole(const transcript::scene& s, const transcript::cutting& cut, around what = around::nothing) {
  fail_io(0);
  connection_stage stage(s, what);
  std::size_t bytes = 0;
  try {
    bytes = transcript::play(s, stage, cut);
  } catch (const std::exception& e) {
    FAIL_CHECK(s.title, ", cut every ", cut.every, " at ", static_cast<long>(cut.at), ": ", std::string(e.what()));
  }
  const auto unanswered = unanswered_in(s);
  INFO(s.title);
  if (unanswered) CHECK(stage.house().table->count().unanswered == *unanswered);
  stage.leave();
  check_clean(stage.house(), s);
  return bytes;
}

}  // namespace

TEST_CASE("lives: a whole connection says what the texts say, however the input is cut") {
  for (const auto& s : all_scenes()) {
    const auto bytes = play_whole(s, {});
    play_whole(s, {1});
    for (std::size_t at = 1; at < bytes; ++at) play_whole(s, {0, at});
  }
}

/// Plays the scene once for each read and write in it, and lets that one fail.
void play_with_faults(const transcript::scene& s, around what) {
  play_whole(s, {}, what);
  const auto calls = io_count();
  for (std::size_t nth = 1; nth <= calls; ++nth) {
    INFO(s.title, ", I/O ", nth);
    fail_io(nth);
    connection_stage stage(s, what);
    try {
      transcript::play(s, stage);
    } catch (const std::exception&) {
      // The conversation breaks off somewhere; what counts is what is left behind.
    }
    stage.leave();
    fail_io(0);
    check_clean(stage.house(), s);
  }
}

TEST_CASE("lives: with every read and write failing in turn, the connection ends, its session is given up, nothing is left") {
  for (const auto& s : all_scenes()) play_with_faults(s, around::nothing);
}

TEST_CASE("lives: with TLS around it, a connection says the same, in records and records in pieces, however both are cut") {
  std::size_t scene = 0;
  for (const auto& s : scenes_for_tls()) {
    const auto bytes = play_whole(s, {}, around::tls);
    play_whole(s, {1}, around::tls);
    play_whole(s, {}, around::tls_in_bytes);
    // Two records, cut at each 16th byte: what TLS hands over is what is cut at each byte without it.
    for (std::size_t at = 1 + scene++ % 16; at < bytes; at += 16) play_whole(s, {0, at}, around::tls);
  }
}

TEST_CASE("lives: with TLS around it, every read and write may fail in turn, those of the handshake too") {
  for (const auto& s : scenes_for_tls()) play_with_faults(s, around::tls);
}

}  // namespace couplet::lives
