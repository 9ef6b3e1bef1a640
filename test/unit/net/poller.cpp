#include "net/poller.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "net/byte_stream.hpp"

using namespace couplet;
using net::byte_stream;
using status = net::io_result::status;

namespace {

/// A stream and its other end, and what became of the waits.
struct pair {
  explicit pair(asio::io_context& io) : loop(io) {
    int two[2] = {};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, two) == 0);
    stream = std::make_unique<byte_stream>(loop.get_executor(), two[0]);
    other = two[1];
  }
  ~pair() { leave(); }
  pair(const pair&) = delete;
  pair& operator=(const pair&) = delete;

  void leave() {
    if (other >= 0) ::close(other);
    other = -1;
  }
  void say(std::string_view bytes) const {
    REQUIRE(::write(other, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }
  void wait() {
    asio::co_spawn(
        loop,
        [](pair& self) -> net::task<> {
          const auto [failed] = co_await self.stream->readable();
          self.told.push_back(failed ? "failed" : "readable");
          if (self.then) self.then();
        }(*this),
        asio::detached);
  }
  /// What was told since the last time.
  std::vector<std::string> news() {
    loop.restart();
    loop.poll();
    return std::exchange(told, {});
  }
  std::string read(std::size_t most) const {
    std::string into(most, '\0');
    const auto r = stream->read_some(into);
    if (r.state == status::would_block) return "(nothing)";
    if (r.state == status::closed) return "(end)";
    into.resize(r.bytes);
    return into;
  }

  asio::io_context& loop;
  std::unique_ptr<byte_stream> stream;
  int other = -1;
  std::vector<std::string> told;
  std::function<void()> then;
};

using news = std::vector<std::string>;
const news none, one{"readable"};

}  // namespace

TEST_CASE("who waits is told of what comes, once, and again as long as it is not read") {
  asio::io_context loop;
  pair p(loop);
  p.wait();
  CHECK(p.news() == none);
  p.say("one");
  CHECK(p.news() == one);
  CHECK(p.news() == none);
  p.wait();
  CHECK(p.news() == one);
  CHECK(p.read(100) == "one");
  p.wait();
  CHECK(p.news() == none);
  p.say("two");
  CHECK(p.news() == one);
}

TEST_CASE("what came before anybody waited is told") {
  asio::io_context loop;
  pair p(loop), beside(loop);
  p.say("early");
  beside.wait();
  beside.say("x");
  CHECK(beside.news() == one);  // the news of the other came along with it
  p.wait();
  CHECK(p.news() == one);
}

TEST_CASE("a read that took all it asked for may have left something") {
  asio::io_context loop;
  pair p(loop);
  p.say("abcdef");
  p.wait();
  CHECK(p.news() == one);
  CHECK(p.read(3) == "abc");
  p.wait();
  CHECK(p.news() == one);
  CHECK(p.read(3) == "def");
  p.wait();
  CHECK(p.news() == one);  // nobody can know
  CHECK(p.read(3) == "(nothing)");
  p.wait();
  CHECK(p.news() == none);
}

TEST_CASE("an end that came along with the last bytes is told of behind them") {
  asio::io_context loop;
  pair p(loop);
  p.wait();
  p.say("bye");
  p.leave();
  CHECK(p.news() == one);
  CHECK(p.read(100) == "bye");
  p.wait();
  CHECK(p.news() == one);
  CHECK(p.read(100) == "(end)");
  p.wait();
  CHECK(p.news() == one);  // an end stays one
}

TEST_CASE("half an end, and one that comes later") {
  asio::io_context loop;
  pair p(loop);
  p.say("bye");
  p.wait();
  CHECK(p.news() == one);
  CHECK(p.read(100) == "bye");
  p.wait();
  CHECK(p.news() == none);
  REQUIRE(::shutdown(p.other, SHUT_WR) == 0);
  CHECK(p.news() == one);
  CHECK(p.read(100) == "(end)");
}

TEST_CASE("an urgent byte, before which a read stops") {
  asio::io_context loop;
  pair p(loop);
  p.say("abc");
  REQUIRE(::send(p.other, "!", 1, MSG_OOB) == 1);
  p.say("def");
  p.wait();
  CHECK(p.news() == one);
  std::string got = p.read(100);
  for (int looks = 0; looks < 3 && got.find("def") == std::string::npos; ++looks) {
    p.wait();
    REQUIRE(p.news() == one);
    got += p.read(100);
  }
  CHECK(got.find("def") != std::string::npos);
  p.wait();
  if (p.news() == one) {  // to find that there is nothing
    CHECK(p.read(100) == "(nothing)");
    p.wait();
    CHECK(p.news() == none);
  }
  p.say("ghi");
  CHECK(p.news() == one);
}

TEST_CASE("room to write is told of each time") {
  asio::io_context loop;
  pair p(loop);
  const std::string much(1 << 16, 'x');
  std::string taken(1 << 20, '\0');
  for (int round = 0; round < 3; ++round) {
    while (p.stream->write_some(much).state == status::ok) {
    }
    int told = 0;
    p.stream->when_writable([&told](const asio::error_code& failed) { told += failed ? 100 : 1; });
    CHECK(p.news() == none);
    CHECK(told == 0);
    while (::read(p.other, taken.data(), taken.size()) > 0) {
    }
    CHECK(p.news() == none);
    CHECK(told == 1);
  }
}

TEST_CASE("a stream that is closed wakes who waits, with an error, and the loop ends") {
  asio::io_context loop;
  pair p(loop);
  int writer = 0;
  p.wait();
  CHECK(p.news() == none);
  while (p.stream->write_some(std::string(1 << 16, 'x')).state == status::ok) {
  }
  p.stream->when_writable(
      [&writer](const asio::error_code& failed) { writer = failed == asio::error::operation_aborted ? 1 : 2; });
  p.stream->close();
  CHECK(p.told == none);  // not from inside
  loop.restart();
  loop.run();  // until nobody waits
  CHECK(p.told == news{"failed"});
  CHECK(writer == 1);
  p.told.clear();
  p.wait();
  CHECK(p.news() == news{"failed"});
  CHECK_FALSE(p.stream->is_open());
}

TEST_CASE("who waits again while a cancelled wait is on its way is told all the same") {
  asio::io_context loop;
  pair gone(loop), stays(loop);
  gone.wait();
  CHECK(gone.news() == none);
  gone.stream->close();
  stays.wait();
  stays.say("x");
  CHECK(stays.news() == one);
  CHECK(gone.told == news{"failed"});
}

TEST_CASE("one that is told may close others that are told with it") {
  asio::io_context loop;
  pair first(loop), second(loop);
  first.wait();
  second.wait();
  CHECK(first.news() == none);
  first.then = [&] { second.stream->close(); };
  second.then = [&] { first.stream->close(); };
  first.say("x");
  second.say("y");
  CHECK(first.news() == one);
  CHECK(second.told == one);  // it was ready, and now finds itself closed
}

TEST_CASE("a handler that throws costs the others nothing") {
  asio::io_context loop;
  pair first(loop), second(loop);
  std::string thrown;
  while (first.stream->write_some(std::string(1 << 16, 'x')).state == status::ok) {
  }
  first.stream->when_writable([](const asio::error_code&) { throw std::runtime_error("a bug"); });
  second.wait();
  CHECK(second.news() == none);
  first.leave();
  second.say("y");
  loop.restart();
  for (int tries = 0; tries < 2; ++tries) try {
      loop.poll();
    } catch (const std::runtime_error& e) {
      thrown = e.what();
    }
  CHECK(thrown == "a bug");
  CHECK(second.told == one);
}

TEST_CASE("many at once") {
  asio::io_context loop;
  std::vector<std::unique_ptr<pair>> all;
  for (int i = 0; i < 300; ++i) all.push_back(std::make_unique<pair>(loop));
  for (int round = 0; round < 3; ++round) {
    for (auto& p : all) p->wait();
    for (auto& p : all) p->say("x");
    CHECK(all[0]->news() == one);
    for (std::size_t i = 1; i < all.size(); ++i) CHECK(std::exchange(all[i]->told, {}) == one);
    for (auto& p : all) CHECK(p->read(2) == "x");
  }
}

TEST_CASE("somebody at the door of a listening socket is told of until all are in") {
  asio::io_context loop;
  pair p(loop);
  const int door = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  socklen_t size = sizeof(sa_family_t);  // the kernel finds one
  REQUIRE(::bind(door, reinterpret_cast<sockaddr*>(&name), size) == 0);
  size = sizeof name;
  REQUIRE(::getsockname(door, reinterpret_cast<sockaddr*>(&name), &size) == 0);
  REQUIRE(::listen(door, 5) == 0);
  p.stream = std::make_unique<byte_stream>(loop.get_executor(), door);
  std::vector<int> all;
  const auto come = [&] {
    all.push_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(all.back(), reinterpret_cast<sockaddr*>(&name), size) == 0);
  };
  p.wait();
  CHECK(p.news() == none);
  come();
  come();
  CHECK(p.news() == one);
  all.push_back(::accept(door, nullptr, nullptr));
  p.wait();
  CHECK(p.news() == one);
  all.push_back(::accept(door, nullptr, nullptr));
  CHECK(::accept(door, nullptr, nullptr) == -1);
  p.stream->all_is_taken();
  p.wait();
  CHECK(p.news() == none);
  come();
  CHECK(p.news() == one);
  for (const int s : all) ::close(s);
}

TEST_CASE("whoever waits when the loop is destroyed goes with it, and so does what it owns") {
  const auto watched = std::make_shared<int>(0);
  int other[2] = {};
  {
    asio::io_context loop;
    for (int& end : other) {
      int two[2] = {};
      REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, two) == 0);
      end = two[1];
      asio::co_spawn(
          loop,
          [](std::shared_ptr<int> mine, std::unique_ptr<byte_stream> stream) -> net::task<> {
            const auto [failed] = co_await stream->readable();
            *mine = failed ? -1 : 1;
          }(watched, std::make_unique<byte_stream>(loop.get_executor(), two[0])),
          asio::detached);
    }
    loop.poll();
    CHECK(watched.use_count() == 3);
  }
  CHECK(watched.use_count() == 1);
  CHECK(*watched == 0);
  for (const int end : other) {
    char byte = 0;
    CHECK(::read(end, &byte, 1) == 0);  // the stream was closed
    ::close(end);
  }
}

TEST_CASE("a descriptor that cannot be watched is refused, and closed") {
  asio::io_context loop;
  const int file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  CHECK_THROWS_AS(byte_stream(loop.get_executor(), file), std::system_error);
  CHECK(::fcntl(file, F_GETFD) == -1);
}

TEST_CASE("behind all who were told together comes the end of the batch, once, also where one of them throws") {
  asio::io_context loop;
  auto& poller = net::poller::of(loop);
  std::string order;
  poller.at_end_of_batch([&] { order += poller.is_in_batch() ? "wrong" : "."; });
  pair first(loop), second(loop);
  first.then = [&] { order += poller.is_in_batch() ? "1" : "wrong"; };
  second.then = [&] { order += "2"; };
  first.wait();
  second.wait();
  CHECK(first.news() == none);
  CHECK(order.empty());
  first.say("x");
  second.say("y");
  CHECK(first.news() == one);
  CHECK(order == "12.");
  order.clear();
  while (first.stream->write_some(std::string(1 << 16, 'x')).state == status::ok) {
  }
  first.stream->when_writable([](const asio::error_code&) { throw std::runtime_error("a bug"); });
  first.leave();
  loop.restart();
  CHECK_THROWS_AS(loop.poll(), std::runtime_error);
  CHECK(order.empty());
  CHECK(second.news() == one);
  CHECK(order == ".");
}
