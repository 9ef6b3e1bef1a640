#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <thread>

#include "link_house.hpp"

// A link that is lost, and shards that hear of it late.

namespace couplet::lives {

using namespace links;
using texts = std::vector<std::string>;

namespace {

constexpr std::string_view header =
    "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' from='c2s.example.org' "
    "id='5ca1ab1e'>";

/// A session manager's port: the kernel lets in whoever dials.
class manager_port {
 public:
  manager_port() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof where;
    auto* const address = reinterpret_cast<sockaddr*>(&where);
    if (::bind(socket_, address, size) != 0 || ::listen(socket_, 8) != 0 || ::getsockname(socket_, address, &size) != 0)
      throw std::runtime_error("no port for the manager");
    number_ = ntohs(where.sin_port);
  }
  manager_port(const manager_port&) = delete;
  manager_port& operator=(const manager_port&) = delete;
  ~manager_port() { ::close(socket_); }

  std::uint16_t number() const noexcept { return number_; }
  bool somebody_dialed() const {
    pollfd p{socket_, POLLIN, 0};
    return ::poll(&p, 1, 0) == 1;
  }
  int let_in() { return ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC); }

 private:
  int socket_;
  std::uint16_t number_ = 0;
};

/// One shard has the link; the other runs when the test says so.
struct two_shards {
  two_shards() {
    base::log::set_level(base::log::level::off);
    hub::exchange::options o;
    o.placement = [](const route::message&, std::uint32_t) { return 0U; };
    exchange = std::make_unique<hub::exchange>(std::vector<net::shard*>{&shard, &other}, std::move(o));
    exchange->on(0).attach(&clients);
    exchange->start_with_manager(false);
    link::options l;
    l.where = {{"127.0.0.1", port.number()}};
    l.name = "c2s.example.org";
    l.secret = "open sesame";
    l.grace = std::chrono::seconds(60);
    link = std::make_unique<link::manager_link>(std::move(l), *exchange, exchange->on(0), run);
    shard.spawn("link", link->live([](auto, auto) {}));
  }
  ~two_shards() {
    link->stop();
    other.io().poll();
    settle(shard);
  }
  template <class Condition>
  bool run_until(std::chrono::milliseconds most, Condition&& is_met) {
    const auto end = std::chrono::steady_clock::now() + most;
    while (!is_met()) {
      if (std::chrono::steady_clock::now() > end) return false;
      settle(shard);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
  }

  manager_port port;
  net::shard shard{0};
  net::shard other{1};
  listening_clients clients;
  std::unique_ptr<hub::exchange> exchange;
  std::unique_ptr<link::manager_link> link;
};

}  // namespace

TEST_CASE("link: no manager is asked for again before all shards know that it is away") {
  two_shards house;
  const auto dialed = [&] { return house.port.somebody_dialed(); };
  REQUIRE(house.run_until(std::chrono::seconds(10), dialed));
  {
    peer_end manager(house.shard, house.port.let_in());
    manager.send(header);
    manager.send("<handshake/>");
    REQUIRE(house.run_until(std::chrono::seconds(10), [&] { return !house.clients.heard.empty(); }));
    CHECK(house.clients.heard == texts{"up"});
    house.other.io().poll();
  }
  CHECK_FALSE(house.run_until(std::chrono::milliseconds(800), dialed));  // the first pause is at most 313 ms
  house.other.io().poll();
  CHECK(house.run_until(std::chrono::seconds(10), dialed));
}

TEST_CASE("link: what waits for the manager of the past does not go to the next one as it is") {
  link_house house(0, std::chrono::seconds(60));
  house.shake_hands();
  house.exchange->add_slow_remote();  // so what is for the manager stays in its queue
  house.client_sends(first_client, "<message id='1'/>");
  CHECK(house.peer->take().empty());
  house.peer->hang_up();
  settle(house.shard);
  house.shake_hands();
  house.exchange->remove_slow_remote();
  settle(house.shard);
  CHECK(house.peer->take().empty());
  CHECK(house.take_heard() == texts{"up", "1 held <message id='1'/>", "anew", "up", "sessions back"});
}

}  // namespace couplet::lives
