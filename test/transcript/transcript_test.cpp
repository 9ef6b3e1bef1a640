#include <doctest/doctest.h>

#include "machine_stage.hpp"
#include "script.hpp"

// Every conversation of this folder, played on the bare machine: whole, byte by byte, and cut in two at every byte.

namespace couplet::transcript {
namespace {

/// Plays on a new machine; answers how many bytes the client sent, 0 where it went wrong.
std::size_t play_on_machine(const text& t, const scene& s, const cutting& cut) {
  try {
    machine_stage stage(s);
    return play(s, stage, cut);
  } catch (const std::exception& e) {
    FAIL_CHECK(t.name, ", ", s.title, ", cut every ", cut.every, " at ", static_cast<long>(cut.at), ": ", std::string(e.what()));
    return 0;
  }
}

TEST_CASE("transcripts: the machine says what the texts say, however the input is cut") {
  const auto texts = all_texts();
  std::size_t scenes = 0;
  for (const auto& t : texts) {
    for (const auto& s : t.scenes) {
      ++scenes;
      const auto bytes = play_on_machine(t, s, {});
      if (bytes == 0) continue;
      CHECK(play_on_machine(t, s, {1}) == bytes);
      for (std::size_t at = 1; at < bytes; ++at)
        if (play_on_machine(t, s, {0, at}) == 0) break;
    }
  }
  CHECK(scenes >= 60);
}

TEST_CASE("transcripts: a text that does not fit is told apart") {
  const auto plays = [](const char* text) {
    const auto scenes = parse(text);
    machine_stage stage(scenes.front());
    play(scenes.front(), stage);
  };
  const std::string header = "C: <stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>\n";
  CHECK_THROWS(plays(("== no answer expected\n" + header).c_str()));
  CHECK_THROWS(plays(("== another answer\n" + header + "S: <stream>").c_str()));
  CHECK_THROWS(plays("== an end that nobody expects\nE: end shutdown\nS: <?xml version='1.0'?>"));
  CHECK_THROWS(plays("== a route that never comes\nM> auth example.org <iq/>"));
  CHECK_THROWS(parse("C: outside of a scene"));
  CHECK_THROWS(parse("== unknown setting\ncolour: red"));
  CHECK_THROWS(parse("== unknown reason\nX: no_such_reason"));
  CHECK_THROWS(variables().fill("{unknown}"));
}

}  // namespace
}  // namespace couplet::transcript
