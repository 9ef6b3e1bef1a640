#include "link/rotation.hpp"

#include <doctest/doctest.h>

#include <vector>

using couplet::link::rotation;

namespace {

/// The numbers of those that are tried until the round is over; all of them fail.
std::vector<std::size_t> round(rotation& r) {
  std::vector<std::size_t> tried;
  do {
    tried.push_back(r.current());
  } while (r.on_failed());
  return tried;
}

using numbers = std::vector<std::size_t>;

}  // namespace

TEST_CASE("managers are tried in the order of the list, each once in a round") {
  rotation r(3);
  CHECK(round(r) == numbers{0, 1, 2});
  CHECK(round(r) == numbers{0, 1, 2});
}

TEST_CASE("a manager alone is tried once in a round") {
  rotation r(1);
  CHECK(round(r) == numbers{0});
  r.on_lost();
  CHECK(round(r) == numbers{0});
}

TEST_CASE("one that is lost is tried again first, then those behind it, then those before it") {
  rotation r(4);
  CHECK(r.on_failed());
  CHECK(r.on_failed());
  CHECK(r.current() == 2);  // it has the clients
  r.on_lost();
  CHECK(round(r) == numbers{2, 3, 0, 1});
  CHECK(round(r) == numbers{2, 3, 0, 1});  // and so on while there is none
}

TEST_CASE("where one takes over in the middle of a round, its own loss begins a whole one") {
  rotation r(3);
  CHECK(r.on_failed());
  CHECK(r.current() == 1);
  r.on_lost();
  CHECK(r.on_failed());
  CHECK(r.current() == 2);
  r.on_lost();
  CHECK(round(r) == numbers{2, 0, 1});
}
