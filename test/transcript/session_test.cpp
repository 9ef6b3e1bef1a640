#include <doctest/doctest.h>

#include "session_stage.hpp"

// Every conversation of session/, played by several clients in front of the session manager and group chat.

namespace couplet::transcript {
namespace {

void play_scene(const text& t, const scene& s, std::uint32_t partitions, std::size_t every) {
  try {
    session_stage stage(s, partitions);
    play(s, stage, every, partitions == 1);
  } catch (const std::exception& e) {
    FAIL_CHECK(t.name, ", ", s.title, ", partitions: ", partitions, ", cut every ", every, ": ", std::string(e.what()));
  }
}

TEST_CASE("transcripts of sessions: manager and group chat say what the texts say, whole, byte by byte, in several partitions") {
  std::size_t scenes = 0;
  for (const auto& t : all_texts("session")) {
    for (const auto& s : t.scenes) {
      ++scenes;
      play_scene(t, s, 1, 0);
      play_scene(t, s, 1, 1);
      play_scene(t, s, 3, 0);
    }
  }
  CHECK(scenes >= 60);
}

TEST_CASE("transcripts of sessions: a text that does not fit is told apart") {
  const auto plays = [](const std::string& steps) {
    const auto scenes =
        parse("== scene\nclient: romeo = romeo@example.org/garden\nclient: juliet = juliet@example.org/balcony\n" + steps);
    session_stage stage(scenes.front(), 1);
    play(scenes.front(), stage, 0, true);
  };
  const std::string ping = "C romeo: <iq type='get' id='p' to='example.org'><ping xmlns='urn:xmpp:ping'/></iq>\n";
  const std::string pong = "S romeo: <iq type='result' id='p' from='example.org' to='romeo@example.org/garden'></iq>\n";
  plays(ping + pong);
  CHECK_THROWS(plays(ping));                                   // an answer that nobody expects
  CHECK_THROWS(plays(ping + "S romeo: <iq type='result'/>"));  // another one
  CHECK_THROWS(plays("S romeo: <presence/>"));                 // one that never comes
  CHECK_THROWS(plays(ping + "S juliet: " + pong.substr(9)));   // somebody else's
  CHECK_THROWS(plays(ping + pong + "E romeo: end shutdown"));  // an end that nobody expects
  CHECK_THROWS(plays("C mercutio: <presence/>"));
  CHECK_THROWS(plays("E: thunder"));
  CHECK_THROWS(plays("E romeo: gone\nC romeo: <presence/>"));
  CHECK_THROWS(parse("== scene\nclient: romeo = romeo@example.org"));
}

}  // namespace
}  // namespace couplet::transcript
