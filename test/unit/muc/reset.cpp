#include "world.hpp"

// The server is emptied: all rooms go.

namespace couplet::muc {
namespace {

using namespace testing;

lines destroy_all(world& w) {
  effects out;
  w.machine().destroy_all(w.now, out);
  CHECK(out.to_storage.empty());
  lines all;
  for (const auto& xml : out.stanzas) all.push_back(summary(xml));
  std::sort(all.begin(), all.end());
  return all;
}

TEST_CASE("reset: rooms go, everybody who is there is told, and the names are free") {
  world w;
  w.make("crone/x", "#cave", "crone", {{"persistentroom", "1"}});
  w.join("hag/y", "#cave/hag");
  w.make("hag/y", "#heath", "hag");
  CHECK(destroy_all(w) == lines{"crone/x <- presence:unavailable #cave/crone none/none destroy 110",
                                "hag/y <- presence:unavailable #cave/hag none/none destroy 110",
                                "hag/y <- presence:unavailable #heath/hag none/none destroy 110"});
  CHECK(w.machine().room_count() == 0);
  CHECK(w.machine().occupant_count() == 0);
  // Whoever comes first makes it anew, and owns it.
  const auto made = w.join("hag/y", "#cave/hag");
  REQUIRE(!made.empty());
  CHECK(contains(made.front(), "owner/moderator"));
  CHECK(destroy_all(w).size() == 1);
  CHECK(destroy_all(w).empty());
}

TEST_CASE("reset: who waits for a change that is being stored is told, and its answer comes too late") {
  auto s = example();
  s.stored = true;
  world w(s);
  w.join("crone/x", "#cave/crone");
  CHECK(w.configure("crone/x", "#cave", {{"persistentroom", "1"}}).empty());
  CHECK(w.configure("crone/x", "#cave", {{"roomname", "X"}}).empty());
  const auto told = destroy_all(w);
  REQUIRE(told.size() == 3);
  CHECK(told[0] == "crone/x <- iq:error #cave !internal-server-error");
  CHECK(told[1] == "crone/x <- iq:error #cave !item-not-found");
  CHECK(told[2] == "crone/x <- presence:unavailable #cave/crone none/none destroy 110");
  CHECK(w.stored().empty());
  CHECK(w.machine().room_count() == 0);
}

}  // namespace
}  // namespace couplet::muc
