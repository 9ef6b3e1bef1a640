#include "net/secure_layer.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "../tls/peer.hpp"
#include "net/shard.hpp"

using namespace couplet;
using net::io_result;

namespace {

/// A layer and its outbox over a socket whose packets are the writes, and a client that reads them.
struct secured {
  explicit secured(std::size_t clear_bytes = 0, int kind = SOCK_SEQPACKET, int version = 0)
      : loop(0),
        stream(loop.get_executor(), make(kind)),
        layer(std::make_unique<tls::engine>(tls::test::contexts_for({"example.net"}), false), clear_bytes),
        client(of_version(version)) {}
  ~secured() { ::close(other); }
  static tls::test::client_options of_version(int version) {
    tls::test::client_options options;
    options.version = version;
    return options;
  }
  int make(int kind) {
    int two[2] = {};
    REQUIRE(::socketpair(AF_UNIX, kind | SOCK_NONBLOCK, 0, two) == 0);
    const int small = 4096;
    ::setsockopt(two[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    other = two[1];
    return two[0];
  }
  io_result flush(bool last = false) { return layer.flush(out, stream, scratch, last); }
  /// How many writes there were; the client has their bytes.
  int take() {
    int writes = 0;
    for (std::string part(65536, '\0');; ++writes) {
      const auto n = ::read(other, part.data(), part.size());
      if (n <= 0) return writes;
      client.take(std::string_view(part).substr(0, static_cast<std::size_t>(n)));
    }
  }
  void feed() { layer.feed(std::exchange(client.to_server, {}), plain); }
  /// Up to where the client is done. What the server says then (tickets) is not flushed.
  void shake_hands() {
    for (int turn = 0; turn < 5 && !client.shake_hands(); ++turn) {
      feed();
      CHECK(flush().state == io_result::status::ok);
      take();
    }
    feed();
    REQUIRE(layer.state() == tls::engine::status::open);
  }

  net::shard loop;
  int other = -1;
  net::byte_stream stream;
  net::secure_layer layer;
  net::outbox out;
  tls::test::client client;
  std::string scratch, plain;
};

}  // namespace

TEST_CASE("secure layer: what is in the outbox waits for the end of the handshake; what TLS has to say does not") {
  secured s;
  s.out.append("<features/>");
  CHECK_FALSE(s.client.shake_hands());
  s.feed();
  CHECK(s.flush().state == io_result::status::ok);
  CHECK(s.out.size() == 11);
  CHECK(s.take() == 1);
  s.shake_hands();
  CHECK(s.flush().state == io_result::status::ok);
  CHECK(s.out.empty());
  s.take();
  CHECK(s.client.receive() == "<features/>");
}

TEST_CASE("secure layer: what was in the outbox before TLS goes out as it is, and in front") {
  secured s(10);
  s.out.append("<proceed/>");
  CHECK_FALSE(s.client.shake_hands());
  s.feed();
  CHECK(s.flush().state == io_result::status::ok);
  char first[11] = {};
  CHECK(::read(s.other, first, 10) == 10);
  CHECK(std::string(first) == "<proceed/>");
}

TEST_CASE("secure layer: what TLS has to say and the first record are one write") {
  secured s(0, SOCK_SEQPACKET, WOLFSSL_TLSV1_2);  // where the server has the last word
  for (int turn = 0; turn < 5 && s.layer.state() != tls::engine::status::open; ++turn) {
    s.client.shake_hands();
    s.feed();
    if (s.layer.state() == tls::engine::status::open) break;
    s.flush();
    s.take();
  }
  REQUIRE(s.layer.has_unsent());
  s.out.append("<features/>");
  CHECK(s.flush().state == io_result::status::ok);
  CHECK(s.take() == 1);
  CHECK(s.client.shake_hands());
  CHECK(s.client.receive() == "<features/>");
  CHECK_FALSE(s.layer.has_unsent());
}

TEST_CASE("secure layer: the last record and the goodbye are one write") {
  secured s;
  s.shake_hands();
  s.flush();
  s.take();
  s.out.append("</stream:stream>");
  CHECK(s.flush(true).state == io_result::status::ok);
  CHECK(s.take() == 1);
  CHECK(s.client.receive() == "</stream:stream>");
  CHECK(s.client.closed_by_server());
  CHECK(s.flush(true).state == io_result::status::ok);
  CHECK(s.take() == 0);  // once
}

TEST_CASE("secure layer: a goodbye comes behind all that is in the outbox, also where nothing is") {
  secured s(0, SOCK_STREAM);
  s.shake_hands();
  s.flush();
  s.take();
  s.out.append(std::string(40'000, 'x'));  // three records
  CHECK(s.flush(true).state == io_result::status::would_block);
  std::string got;
  for (int turn = 0; turn < 20 && !s.client.closed_by_server(); ++turn) {
    s.take();
    got += s.client.receive();
    s.flush(true);
  }
  CHECK(got.size() == 40'000);
  CHECK(s.client.closed_by_server());

  secured empty;
  empty.shake_hands();
  empty.flush();
  empty.take();
  CHECK(empty.flush(true).state == io_result::status::ok);
  CHECK(empty.take() == 1);
  empty.client.receive();
  CHECK(empty.client.closed_by_server());
}

TEST_CASE("secure layer: bytes count as written when their record is with the kernel whole") {
  secured s(0, SOCK_STREAM);
  s.shake_hands();
  s.flush();
  s.take();
  const std::string piece(10'000, 'x');
  int pieces = 0;
  while (s.flush().state == io_result::status::ok) {
    REQUIRE(++pieces < 100);
    s.out.append_piece(piece);
  }
  CHECK(s.out.has_unwritten_piece());
  CHECK(s.layer.has_unsent());
  const auto waiting = s.out.size();
  CHECK(s.flush().state == io_result::status::would_block);
  CHECK(s.out.size() == waiting);  // nothing more is encrypted meanwhile
  s.out.append_piece("<last/>");
  std::string got;
  for (int turn = 0; turn < 100 && !s.out.empty(); ++turn) {
    s.take();
    got += s.client.receive();
    s.flush();
  }
  s.take();
  got += s.client.receive();
  CHECK(got.size() == static_cast<std::size_t>(pieces) * piece.size() + 7);
  CHECK(got.ends_with("<last/>"));
}

TEST_CASE("secure layer: a socket that is gone fails the flush, and what was not written is still known") {
  secured s(0, SOCK_STREAM);
  s.shake_hands();
  s.flush();
  ::close(std::exchange(s.other, ::dup(0)));
  s.out.append_piece("<message/>");
  CHECK(s.flush().state == io_result::status::failed);
  CHECK(s.out.has_unwritten_piece());
}

TEST_CASE("secure layer: behind a goodbye of ours nothing can be written") {
  secured s;
  s.shake_hands();
  s.flush(true);
  s.out.append_piece("<message/>");
  CHECK(s.flush().state == io_result::status::failed);
  CHECK(s.out.has_unwritten_piece());
}
