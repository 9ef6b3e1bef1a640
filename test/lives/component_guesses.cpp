#include <doctest/doctest.h>

#include <string>

#include "component_house.hpp"
#include "hurried_clock.hpp"

// Wrong secrets that come from elsewhere: how long they are listened to, and whose they are.

namespace couplet::lives {

using base::close_reason;

namespace {

net::peer at(const std::string& address) {
  net::peer who;
  who.address = address;
  return who;
}

enum class outcome { let_in, wrong, not_heard };

outcome try_from(component_house& house, const std::string& address, std::string_view secret) {
  auto c = house.connect_from(at(address));
  c->send(component_header("to='bot.example.org'"));
  const auto header = c->take();
  if (header.find(" from='") == std::string::npos) {
    CHECK(header.find("<policy-violation ") != std::string::npos);
    return outcome::not_heard;
  }
  c->send(handshake_for(header, secret));
  const auto answer = c->take();
  if (answer == "<handshake/>") return outcome::let_in;
  CHECK(answer.find("<not-authorized ") != std::string::npos);
  return outcome::wrong;
}

/// How many guesses are listened to before none is any more.
int guesses_from(component_house& house, const std::string& address) {
  int tried = 0;
  while (tried < 100 && try_from(house, address, "guess") == outcome::wrong) ++tried;
  return tried;
}

}  // namespace

TEST_CASE("SECURITY 52, components: who guesses from elsewhere is soon not heard any more; others are, and so is he later") {
  component_house house(component_options());
  hurried_clock clock;
  CHECK(guesses_from(house, "192.0.2.7") == 10);
  CHECK(house.ends_of(close_reason::too_many_connects) == 1);
  CHECK(try_from(house, "192.0.2.7", "secret") == outcome::not_heard);
  CHECK(try_from(house, "192.0.2.8", "secret") == outcome::let_in);
  clock.pass(std::chrono::seconds(50));
  CHECK(try_from(house, "192.0.2.7", "secret") == outcome::not_heard);
  clock.pass(std::chrono::seconds(11));
  CHECK(try_from(house, "192.0.2.7", "secret") == outcome::let_in);
  // And he has not got more tries for the wait.
  CHECK(guesses_from(house, "192.0.2.7") == 10);
}

TEST_CASE("SECURITY 52, components: who has a whole network of IPv6 has no more guesses than who has one address") {
  component_house house(component_options());
  for (int n = 0; n < 10; ++n) CHECK(try_from(house, "2001:db8:0:1::" + std::to_string(n), "guess") == outcome::wrong);
  CHECK(try_from(house, "2001:db8:0:1:ffff::1", "secret") == outcome::not_heard);
  CHECK(try_from(house, "2001:db8:0:2::1", "secret") == outcome::let_in);
  CHECK(guesses_from(house, "2001:db8:0:2::2") == 10);
}

}  // namespace couplet::lives
