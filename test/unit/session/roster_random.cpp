// Two sides of each subscription, whatever their owners do.

#include <random>

#include "roster_world.hpp"

using namespace couplet;
using namespace couplet::session;
using namespace couplet::session::testing;

namespace {

const lines people = {"a", "b", "c"};

std::string bare(const std::string& name) {
  return name + "@example.org";
}

/// What one person's server has stored of another: "to", "from", "out", "in", each with a blank behind.
std::string state(const roster_world& w, const std::string& owner, const std::string& of) {
  const auto item = w.storage.entry(bare(owner), storage::entry_kind::roster_item, bare(of));
  std::string text;
  if (contains(item, "'to'") || contains(item, "'both'")) text += "to ";
  if (contains(item, "'from'") || contains(item, "'both'")) text += "from ";
  if (contains(item, "ask=")) text += "out ";
  const auto request = w.storage.entry(bare(owner), storage::entry_kind::subscription_request, bare(of));
  return request == "(none)" ? text : text + "in ";
}

struct crowd : roster_world {
  crowd(unsigned seed, std::uint32_t partitions) : roster_world(example(), partitions), random(seed) {
    for (const auto& name : people) comes(name, bare(name) + "/x");
  }
  std::string one_of(const lines& choices) { return choices[random() % choices.size()]; }
  void act() {
    const auto who = one_of(people);
    const auto whom = one_of(people);
    const auto what =
        one_of({"subscribe", "subscribe", "subscribed", "subscribed", "unsubscribe", "unsubscribed", "remove", "set", "leave"});
    history += who + " " + what + " " + whom + ", ";
    if (what == "leave") {
      gone(who);
      comes(who, bare(who) + "/x");
    } else if (what == "set" || what == "remove") {
      sets(who, "<item jid='" + bare(whom) + "'" + (what == "remove" ? " subscription='remove'/>" : "/>"));
    } else {
      sends(who, what, bare(whom));
    }
  }
  std::mt19937 random;
  std::string history;
};

}  // namespace

TEST_CASE("roster, random: what one side has is what the other side has, after each step") {
  for (const std::uint32_t partitions : {1U, 4U}) {
    for (unsigned seed = 0; seed < 20; ++seed) {
      crowd w(seed, partitions);
      for (int i = 0; i < 100; ++i) {
        w.act();
        for (const auto& one : people) {
          for (const auto& other : people) {
            const auto mine = state(w, one, other);
            const auto theirs = state(w, other, one);
            CAPTURE(w.history);
            REQUIRE(contains(mine, "to ") == contains(theirs, "from "));
            REQUIRE(contains(mine, "out ") == contains(theirs, "in "));
            REQUIRE_FALSE((contains(mine, "to ") && contains(mine, "out ")));
            if (one == other) REQUIRE(mine.empty());
          }
        }
      }
    }
  }
}

TEST_CASE("roster, random: where words cross, nobody keeps what he was not given, once he has come again") {
  for (unsigned seed = 0; seed < 40; ++seed) {
    crowd w(seed, 4);
    for (int i = 0; i < 60; ++i) {
      w.storage_waits = w.random() % 3 != 0;
      w.act();
    }
    w.storage_answers();
    for (const auto& name : people) w.gone(name);
    for (const auto& name : people) w.comes(name, bare(name) + "/x");
    for (const auto& name : people) w.gone(name);
    for (const auto& name : people) w.comes(name, bare(name) + "/x");
    for (const auto& one : people) {
      for (const auto& other : people) {
        CAPTURE(w.history);
        if (contains(state(w, one, other), "to ")) REQUIRE(contains(state(w, other, one), "from "));
      }
    }
  }
}
