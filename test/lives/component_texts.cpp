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
std::size_t play_whole(const transcript::scene& s, const transcript::cutting& cut) {
  fail_io(0);
  INFO(s.title);
  component_stage stage(s);
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
  for (const auto& s : all_scenes()) {
    play_whole(s, {});
    const auto calls = io_count();
    for (std::size_t nth = 1; nth <= calls; ++nth) {
      INFO(s.title, ", I/O ", nth);
      component_stage stage(s);
      fail_io(nth);
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
}

}  // namespace couplet::lives
