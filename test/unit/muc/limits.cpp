#include "world.hpp"

// Everything is bounded, and what goes beyond is refused with the limit in the error.

namespace couplet::muc {
namespace {

using namespace testing;

settings small() {
  auto s = example();
  auto& m = s.most;
  m.rooms = 3;
  m.rooms_per_creator = 2;
  m.occupants = 3;
  m.extra_occupants = 1;
  m.sessions_per_occupant = 2;
  m.affiliations = 3;
  m.history_messages = 3;
  m.presence_bytes = 200;
  m.items = 2;
  return s;
}

TEST_CASE("limits: rooms, of one and of all") {
  world w(small());
  w.make("crone/desk", "#a", "one");
  w.make("crone/lap", "#b", "one");
  CHECK(w.join("crone/desk", "#c/one") == lines{"crone/desk <- presence:error #c/one !resource-constraint"});
  CHECK(contains(w.last[0], "you have made 2 rooms"));
  w.make("hag/pda", "#c", "one");
  CHECK(w.join("wicca/x", "#d/one") == lines{"wicca/x <- presence:error #d/one !resource-constraint"});
  CHECK(contains(w.last[0], "there are 3 rooms"));
  w.leave("crone/desk", "#a/one");
  CHECK(w.join("crone/desk", "#d/one").size() == 2);
}

TEST_CASE("limits: occupants, sessions, affiliations, items, presence") {
  world w(small());
  w.make("crone/desk", "#cave", "one");
  w.join("a/x", "#cave/a");
  w.join("a/y", "#cave/a");
  CHECK(w.join("a/z", "#cave/a") == lines{"a/z <- presence:error #cave/a !resource-constraint"});
  w.join("b/x", "#cave/b");
  CHECK(w.join("c/x", "#cave/c") == lines{"c/x <- presence:error #cave/c !service-unavailable"});
  CHECK(contains(w.last[0], "3 occupants"));
  const auto ban = [](std::string_view who) {
    return "<item affiliation='outcast' jid='" + std::string(who) + "@example.org'/>";
  };
  CHECK(w.admin("crone/desk", "#cave", ban("d") + ban("e")).size() == 1);
  CHECK(w.admin("crone/desk", "#cave", ban("f")) == lines{"crone/desk <- iq:error #cave !resource-constraint"});
  CHECK(contains(w.last[0], "at most 3 affiliations"));
  CHECK(w.admin("crone/desk", "#cave", ban("f") + ban("g") + ban("h")) == lines{"crone/desk <- iq:error #cave !not-acceptable"});
  CHECK(w.presence("a/x", "#cave/a", "<status>" + std::string(200, 's') + "</status>") ==
        lines{"a/x <- presence:error #cave/a !not-acceptable"});
}

TEST_CASE("limits: the past of one room, and of all") {
  auto s = small();
  s.most.history_bytes = 1'500;
  s.most.all_history_bytes = 2'000;
  world w(s);
  w.make("crone/desk", "#a", "one");
  w.make("crone/desk", "#b", "one");
  const auto past = [&w](std::string_view room) {
    std::size_t count = 0;
    for (const auto& line : w.join("late/x", std::string(room) + "/late")) count += contains(line, "body=") ? 1U : 0U;
    w.leave("late/x", std::string(room) + "/late");
    return count;
  };
  for (int i = 0; i < 5; ++i) w.says("crone/desk", "#a", "x");
  CHECK(past("#a") == 3);  // by number
  for (int i = 0; i < 3; ++i) w.says("crone/desk", "#a", std::string(300, 'x'));
  CHECK(past("#a") == 2);  // by bytes
  for (int i = 0; i < 3; ++i) w.says("crone/desk", "#b", std::string(300, 'x'));
  CHECK(past("#a") == 2);
  CHECK(past("#b") == 1);  // by bytes of all
  w.owner("crone/desk", "#a", "<destroy/>");
  for (int i = 0; i < 3; ++i) w.says("crone/desk", "#b", std::string(300, 'x'));
  CHECK(past("#b") == 2);  // given back
}

TEST_CASE("limits: a message to a thousand is written once, and copied once for each") {
  world w;
  w.make("crone/desk", "#cave", "one");
  for (int i = 0; i < 999; ++i)
    w.join("u" + std::to_string(i) + "/x", "#cave/n" + std::to_string(i), "<history maxstanzas='0'/>");
  CHECK(w.machine().occupant_count() == 1000);
  w.raw(world::stanza("message", "crone/desk", "#cave", "<body>" + std::string(1000, 'b') + "</body>", "groupchat"));
  REQUIRE(w.last.size() == 1000);
  std::size_t bytes = 0;
  for (const auto& xml : w.last) bytes += xml.size();
  CHECK(bytes < 1000U * 1'500U);
}

}  // namespace
}  // namespace couplet::muc
