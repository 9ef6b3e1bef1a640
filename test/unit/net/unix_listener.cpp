#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "net/listener.hpp"

using namespace couplet;
using net::endpoint;
using net::listener;

namespace {

/// A folder of its own for one test.
struct folder {
  folder() {
    const char* const temporary = std::getenv("TMPDIR");
    path = std::string(temporary != nullptr ? temporary : "/tmp") + "/couplet-net-XXXXXX";
    REQUIRE(::mkdtemp(path.data()) != nullptr);
  }
  ~folder() { std::filesystem::remove_all(path); }
  std::string file(const std::string& name) const { return path + "/" + name; }
  std::string path;
};

endpoint at(const std::string& path) {
  endpoint e;
  e.path = path;
  return e;
}

/// A descriptor that goes at the end of the block.
struct descriptor {
  explicit descriptor(int fd_) : fd(fd_) {}
  ~descriptor() { drop(); }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  void drop() {
    if (fd >= 0) ::close(std::exchange(fd, -1));
  }
  int fd;
};

sockaddr_un address_of(const std::string& path) {
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  std::memcpy(where.sun_path, path.data(), path.size());
  return where;
}

/// errno, 0: connected.
int connect_to(const descriptor& d, const std::string& path) {
  const auto where = address_of(path);
  return ::connect(d.fd, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0 ? 0 : errno;
}

bool answers(const std::string& path) {
  const descriptor d(::socket(AF_UNIX, SOCK_STREAM, 0));
  return connect_to(d, path) == 0;
}

/// A socket of somebody else at `path`.
int bind_at(const std::string& path, int type) {
  const int s = ::socket(AF_UNIX, type, 0);
  const auto where = address_of(path);
  REQUIRE(::bind(s, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0);
  return s;
}

bool exists(const std::string& path) {
  struct stat about {};
  return ::lstat(path.c_str(), &about) == 0;
}

std::string why_not(const std::string& path, bool shared = false) {
  const auto opened = listener::open(at(path), shared, true);
  REQUIRE_FALSE(opened);
  return opened.error_text();
}

/// A loop that runs when the test lets it, with a listener on it.
struct house {
  explicit house(const std::string& path) : shard(0), door(listener::open(at(path), false, true).value()) {
    shard.spawn("listener", door.accept_loop(shard, [this](int fd, const net::peer& who) {
      fds.push_back(fd);
      peers.push_back(who);
    }));
    settle();
  }
  ~house() {
    for (const int fd : fds) ::close(fd);
  }
  void settle() {
    while (shard.io().poll() != 0) {
    }
  }
  net::shard shard;
  listener door;
  std::vector<int> fds;
  std::vector<net::peer> peers;
};

}  // namespace

TEST_CASE("an endpoint as a text") {
  CHECK(to_text(endpoint{"127.0.0.1", 5222}) == "127.0.0.1:5222");
  CHECK(to_text(endpoint{"::1", 5222}) == "[::1]:5222");
  CHECK(to_text(at("/run/couplet/clients")) == "unix:/run/couplet/clients");
  CHECK(endpoint{"::1", 5222}.shares());
  CHECK_FALSE(endpoint{"::1", 5222}.is_unix());
  CHECK_FALSE(at("/x").shares());
  CHECK(at("/x").is_unix());
}

TEST_CASE("what a rate counts by") {
  CHECK(net::peer{"192.0.2.1", 1, false}.rate_key() == "192.0.2.1");
  CHECK(net::peer{"2001:db8::1", 1, false}.rate_key() == net::peer{"2001:db8::2:3", 1, false}.rate_key());
  CHECK(net::peer{"2001:db8::1", 1, false}.rate_key() != net::peer{"2001:db8:0:1::1", 1, false}.rate_key());
  CHECK(net::peer{"local", 0, true}.rate_key() == "local");
}

TEST_CASE("clients come through a file, which goes when the listener stops") {
  const folder f;
  const auto path = f.file("clients");
  {
    house h(path);
    CHECK(h.door.local().path == path);
    const descriptor one(::socket(AF_UNIX, SOCK_STREAM, 0));
    const descriptor two(::socket(AF_UNIX, SOCK_STREAM, 0));
    REQUIRE(connect_to(one, path) == 0);
    REQUIRE(connect_to(two, path) == 0);
    h.settle();
    REQUIRE(h.peers.size() == 2);
    for (const auto& p : h.peers) {
      CHECK(p.address == "local");
      CHECK(p.port == 0);
      CHECK(p.loopback);
    }
    REQUIRE(::send(one.fd, "x", 1, 0) == 1);
    char c = 0;
    CHECK(::recv(h.fds[0], &c, 1, MSG_DONTWAIT) == 1);
    CHECK(c == 'x');

    h.door.stop();
    CHECK_FALSE(exists(path));
    h.settle();
    CHECK(h.shard.lives().inside() == 0);
    CHECK_FALSE(answers(path));
  }
  // One that never ran goes with its file, too.
  { const auto opened = listener::open(at(path), false, true); }
  CHECK_FALSE(exists(path));
}

TEST_CASE("the owner and the group may connect, whatever the umask") {
  const folder f;
  for (const mode_t mask : {0U, 022U, 0777U}) {
    const auto before = ::umask(mask);
    const auto opened = listener::open(at(f.file("clients")), false, true);
    ::umask(before);
    REQUIRE(opened);
    struct stat about {};
    REQUIRE(::lstat(f.file("clients").c_str(), &about) == 0);
    CHECK(S_ISSOCK(about.st_mode));
    CHECK((about.st_mode & 07777U) == 0660U);
  }
}

TEST_CASE("what a dead process left is replaced") {
  const folder f;
  const auto path = f.file("clients");
  const descriptor dead(bind_at(path, SOCK_STREAM));
  SUBCASE("closed") {
    ::close(dead.fd);
  }
  SUBCASE("never listened") {}
  REQUIRE(exists(path));
  CHECK_FALSE(answers(path));
  const auto opened = listener::open(at(path), false, true);
  REQUIRE(opened);
  CHECK(answers(path));
}

TEST_CASE("where somebody listens, nobody else does") {
  const folder f;
  const auto path = f.file("clients");
  const std::string expected = "cannot listen on unix:" + path + ": another process listens there";
  {
    const auto first = listener::open(at(path), false, true);
    REQUIRE(first);
    CHECK(why_not(path) == expected);
    CHECK(answers(path));
  }
  {
    // Its queue is full: whoever connects would have to wait.
    const descriptor busy(bind_at(path, SOCK_STREAM));
    REQUIRE(::listen(busy.fd, 0) == 0);
    const descriptor waits(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
    REQUIRE(connect_to(waits, path) == 0);
    const descriptor full(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
    REQUIRE(connect_to(full, path) == EAGAIN);
    CHECK(why_not(path) == expected);
    CHECK(exists(path));
    ::unlink(path.c_str());
  }
  const descriptor datagrams(bind_at(path, SOCK_DGRAM));
  CHECK(why_not(path) == expected);
  CHECK(exists(path));
}

TEST_CASE("a file that is no socket stays what it is") {
  const folder f;
  const std::string expected = ": a file that is no socket is there";
  std::ofstream(f.file("text")) << "precious";
  CHECK(why_not(f.file("text")) == "cannot listen on unix:" + f.file("text") + expected);
  std::string content;
  std::ifstream(f.file("text")) >> content;
  CHECK(content == "precious");
  std::filesystem::create_directory(f.file("folder"));
  CHECK(why_not(f.file("folder")).ends_with(expected));
  // Also where it leads to a socket.
  { const descriptor dead(bind_at(f.file("dead"), SOCK_STREAM)); }
  std::filesystem::create_symlink(f.file("dead"), f.file("link"));
  CHECK(why_not(f.file("link")).ends_with(expected));
  for (const auto* name : {"text", "folder", "dead", "link"}) CHECK(exists(f.file(name)));
}

TEST_CASE("the file of a successor is not removed") {
  const folder f;
  const auto path = f.file("clients");
  house h(path);
  std::filesystem::rename(path, f.file("moved"));
  const auto successor = listener::open(at(path), false, true);
  REQUIRE(successor);
  h.door.stop();
  CHECK(answers(path));
}

TEST_CASE("a socket that cannot be made is an error that says why") {
  const folder f;
  const std::string longest = f.file(std::string(107 - f.path.size() - 1, 'x'));
  CHECK(listener::open(at(longest), false, true));
  CHECK(why_not(longest + "x") == "cannot listen on unix:" + longest + "x: the path is longer than 107 bytes");
  CHECK(why_not(f.file("nowhere/clients")).ends_with("clients: No such file or directory"));
  CHECK(why_not(std::string("/tmp/a\0b", 8)).ends_with("that is no path"));
  CHECK(why_not(f.file("clients"), true).ends_with("more than once"));
  CHECK_FALSE(exists(f.file("clients")));
}
