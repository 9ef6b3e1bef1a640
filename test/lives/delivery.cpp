#include <doctest/doctest.h>

#include <string>

#include "base/log.hpp"
#include "client_end.hpp"

// What whole connections do under load and at their end; no clock but the wheel's, no ports.

namespace couplet::lives {
namespace {

const std::string header = client_end::header;

std::string message(int n, std::size_t size) {
  return "<message from='v@example.org/x' to='u@example.org/r' id='" + std::to_string(n) + "'><body>" + std::string(size, 'x') +
         "</body></message>";
}

route::stanza to(const client_end& c, std::string xml) {
  return route::stanza(route::address(std::string("u@example.org/1f")), route::address(c.id), std::move(xml));
}

std::vector<std::string> returned(const small_house& h) {
  std::vector<std::string> all;
  for (const auto& m : h.routes) {
    const auto* f = std::get_if<route::failure>(&m);
    if (f != nullptr && !f->xml.empty()) all.push_back(f->xml);
  }
  return all;
}

}  // namespace

TEST_CASE("SECURITY 40: a client that does not read is ended as slow_consumer, and all it did not take goes back") {
  base::log::set_level(base::log::level::off);
  auto p = default_policy();
  p.outbox_bytes = 100'000;
  small_house house(p, example_settings());
  client_end stuck(house);
  stuck.log_in();
  client_end other(house);
  constexpr int count = 1000;
  int sent = 0;
  for (; sent < count && house.table->size() == 2; ++sent) stuck.manager_says(to(stuck, message(sent, 1000)));
  CHECK(sent < count);
  CHECK(house.table->size() == 1);
  CHECK(house.table->count().ends.of(base::close_reason::slow_consumer) == 1);
  // Read what the kernel had taken: whole messages up to some point; everything from there on came back, in order.
  const auto taken = stuck.take();
  const auto back = returned(house);
  int next = 0;
  while (taken.find(message(next, 1000)) != std::string::npos) ++next;
  REQUIRE(back.size() == static_cast<std::size_t>(sent - next));
  for (std::size_t i = 0; i < back.size(); ++i) CHECK(back[i] == message(next + static_cast<int>(i), 1000));
  other.send(header);
  CHECK(other.take().find("stream:stream") != std::string::npos);
}

TEST_CASE("a connection that breaks with stanzas waiting gives them back before the session") {
  base::log::set_level(base::log::level::off);
  small_house house(default_policy(), example_settings());
  client_end c(house);
  c.log_in();
  for (int i = 0; i < 600; ++i) c.manager_says(to(c, message(i, 1000)));
  CHECK(house.routes.empty());
  c.hang_up();
  REQUIRE(house.routes.size() > 100);
  const auto& last = std::get<route::failure>(house.routes.back());
  CHECK(last.xml.empty());
  CHECK(last.to.text == "u@example.org/1f");
  CHECK(returned(house).size() == house.routes.size() - 1);
}

TEST_CASE("a client's stanzas wait while the manager's queue is congested, and none is lost") {
  base::log::set_level(base::log::level::off);
  small_house house(default_policy(), example_settings());
  client_end c(house);
  c.log_in();
  house.exchange->add_congested_manager();
  c.send("<message id='1'/>");  // read once more: that it is congested is seen after a read
  c.send("<message id='2'/>");
  c.send("<message id='3'/>");
  CHECK(house.routes.size() == 1);
  house.exchange->remove_congested_manager();
  house.settle();
  CHECK(house.routes.size() == 3);
}

TEST_CASE("SECURITY 11: the deadline of a phase ends those who dawdle, with connection-timeout") {
  base::log::set_level(base::log::level::off);
  struct {
    const char* said;
    base::close_reason reason;
  } const rows[] = {{"", base::close_reason::header_timeout},
                    {"<stream:str", base::close_reason::header_timeout},
                    {header.c_str(), base::close_reason::login_timeout}};
  for (const auto& row : rows) {
    small_house house(default_policy(), example_settings());
    client_end c(house);
    if (*row.said != '\0') c.send(row.said);
    house.let_deadlines_pass();
    CHECK(c.take().find("<connection-timeout") != std::string::npos);
    c.hang_up();
    CHECK(house.table->count().ends.of(row.reason) == 1);
    CHECK(house.table->size() == 0);
  }
}

TEST_CASE("a peer that does not close after our goodbye is cut off") {
  base::log::set_level(base::log::level::off);
  small_house house(default_policy(), example_settings());
  client_end c(house);
  c.send(header);
  house.table->end_all(base::close_reason::shutdown);
  house.settle();
  CHECK(c.take().find("<system-shutdown") != std::string::npos);
  CHECK(c.ended);
  CHECK(house.table->size() == 1);  // lingers for the peer
  house.let_deadlines_pass();
  CHECK(house.table->size() == 0);
  CHECK(house.table->count().ends.of(base::close_reason::shutdown) == 1);
}

TEST_CASE("SECURITY 3: all that have not logged in share one budget of memory") {
  base::log::set_level(base::log::level::off);
  auto p = default_policy();
  p.unauthenticated_bytes = 10'000;
  small_house house(p, example_settings());
  std::vector<std::unique_ptr<client_end>> crowd;
  const std::string unfinished = "<iq type='get' id='" + std::string(1000, 'i') + "'><a";
  for (int i = 0; i < 50; ++i) {
    crowd.push_back(std::make_unique<client_end>(house));
    crowd.back()->send(header + unfinished);
    CHECK(house.shared.unauthenticated.used() <= 10'000);
  }
  std::size_t refused = 0;
  for (auto& c : crowd) refused += c->take().find("<resource-constraint") != std::string::npos ? 1U : 0U;
  CHECK(refused >= 40);
  crowd.clear();
  CHECK(house.shared.unauthenticated.used() == 0);
}

TEST_CASE("a full house and a hasty address are refused with a word") {
  base::log::set_level(base::log::level::off);
  auto p = default_policy();
  p.connections = 1;
  small_house house(p, example_settings());
  client_end first(house);
  client_end second(house);
  CHECK(second.take().find("<resource-constraint") != std::string::npos);
  CHECK(second.ended);
  CHECK(house.table->count().ends.of(base::close_reason::too_many_connections) == 1);

  auto hasty = default_policy();
  hasty.connects_per_address.connects = 1;
  hasty.connects_per_address.window = std::chrono::hours(1);
  small_house strict(hasty, example_settings());
  client_end one(strict);
  client_end two(strict);
  CHECK(two.take().find("<policy-violation") != std::string::npos);
  CHECK(strict.table->count().ends.of(base::close_reason::too_many_connects) == 1);
}

TEST_CASE("a rate of bytes per second delays a client and loses nothing") {
  base::log::set_level(base::log::level::off);
  auto p = default_policy();
  p.bytes_per_second = 1000;
  small_house house(p, example_settings());
  client_end c(house);
  c.log_in();
  std::string burst;
  for (int i = 0; i < 100; ++i) burst += "<message id='" + std::to_string(i) + "'><body>0123456789</body></message>";
  c.send(burst);
  c.send("<message id='last'/>");
  const auto before = house.routes.size();
  CHECK(before == 100);
  house.let_deadlines_pass();
  CHECK(house.routes.size() == 101);
}

TEST_CASE("routes for nobody, for a seat's former owner, and for a closing client are bounced") {
  base::log::set_level(base::log::level::off);
  small_house house(default_policy(), example_settings());
  auto c = std::make_unique<client_end>(house);
  c->log_in();
  const auto former = c->id;
  c->hang_up();
  house.routes.clear();
  client_end successor(house);
  CHECK(successor.id != former);
  house.exchange->on(0).to_client(
      route::stanza(route::address(std::string("u@example.org/1f")), route::address(former), message(1, 10)));
  house.exchange->on(0).to_client(
      route::stanza(route::address(std::string("u@example.org/1f")), route::address(12345), message(2, 10)));
  house.settle();
  CHECK(returned(house) == std::vector<std::string>{message(1, 10), message(2, 10)});
  CHECK(house.exchange->on(0).bounced() == 2);
  CHECK(successor.take().empty());
}

TEST_CASE("at a shutdown a client that is owed stanzas has the shutdown's time, not the moment of an ordinary goodbye") {
  base::log::set_level(base::log::level::off);
  const auto later = [](small_house& h, std::chrono::seconds by) {
    h.shard.wheel().advance(base::clock::now() + by);
    h.settle();
  };
  for (const auto reason : {base::close_reason::shutdown, base::close_reason::replaced}) {
    small_house house(default_policy(), example_settings());
    client_end c(house);
    c.log_in();
    for (int i = 0; i < 600; ++i) c.manager_says(to(c, message(i, 1000)));
    house.table->end_all(reason);
    house.settle();
    later(house, std::chrono::seconds(5));
    CHECK(house.table->size() == (reason == base::close_reason::shutdown ? 1U : 0U));
    later(house, std::chrono::hours(1));
    CHECK(house.table->size() == 0);
    CHECK(returned(house).size() > 100);
  }
}

}  // namespace couplet::lives
