#include <doctest/doctest.h>

#include "base/log.hpp"
#include "component_stage.hpp"
#include "io_faults.hpp"

// The conversations of test/transcript/components on whole connections of the component listener.

namespace couplet::lives {
namespace {

std::vector<transcript::scene> all_scenes() {
  base::log::set_level(base::log::level::off);
  std::vector<transcript::scene> all;
  for (auto& t : transcript::all_texts("components")) {
    for (auto& s : t.scenes) {
      s.title = t.name + ", " + s.title;
      all.push_back(std::move(s));
    }
  }
  return all;
}

/// Answers how many bytes the component sent.
std::size_t play_whole(const transcript::scene& s, const transcript::cutting& cut, around what = around::nothing) {
  fail_io(0);
  INFO(s.title);
  component_stage stage(s, what);
  std::size_t bytes = 0;
  try {
    bytes = transcript::play(s, stage, cut);
  } catch (const std::exception& e) {
    FAIL_CHECK(s.title, ", cut every ", cut.every, " at ", static_cast<long>(cut.at), ": ", std::string(e.what()));
  }
  stage.leave();
  stage.house().check_clean();
  return bytes;
}

/// Plays the scene once for each read and write in it, and lets that one fail.
void play_with_faults(const transcript::scene& s, around what) {
  play_whole(s, {}, what);
  const auto calls = io_count();
  for (std::size_t nth = 1; nth <= calls; ++nth) {
    INFO(s.title, ", I/O ", nth);
    // Who is let in before the scene begins has to be.
    if (s.as.empty()) fail_io(nth);
    component_stage stage(s, what);
    if (!s.as.empty()) fail_io(nth);
    try {
      transcript::play(s, stage);
    } catch (const std::exception&) {
      // The conversation breaks off somewhere; what counts is what is left behind.
    }
    fail_io(0);
    stage.leave();
    stage.house().check_clean();
  }
}

}  // namespace

TEST_CASE("components: a connection says what the texts say, however the input is cut") {
  const auto scenes = all_scenes();
  CHECK(scenes.size() >= 50);
  for (const auto& s : scenes) {
    const auto bytes = play_whole(s, {});
    play_whole(s, {1});
    for (std::size_t at = 1; at < bytes; ++at) play_whole(s, {0, at});
  }
}

TEST_CASE("components: with every read and write failing in turn, each connection ends, and nothing is left") {
  for (const auto& s : all_scenes()) play_with_faults(s, around::nothing);
}

TEST_CASE("components: with TLS around it, a connection says the same, in records and records in pieces, however both are cut") {
  std::size_t scene = 0;
  for (const auto& s : all_scenes()) {
    const auto bytes = play_whole(s, {}, around::tls);
    play_whole(s, {1}, around::tls);
    play_whole(s, {}, around::tls_in_bytes);
    // Two records, cut at each 16th byte: what TLS hands over is what is cut at each byte without it.
    for (std::size_t at = 1 + scene++ % 16; at < bytes; at += 16) play_whole(s, {0, at}, around::tls);
  }
}

TEST_CASE("components: with TLS around it, every read and write may fail in turn, those of the handshake too") {
  for (const auto& s : all_scenes()) play_with_faults(s, around::tls);
}

}  // namespace couplet::lives
