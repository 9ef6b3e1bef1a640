#include "net/outbox.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "net/shard.hpp"

using namespace couplet;
using net::io_result;

namespace {

/// A byte stream whose other end the test holds; the kernel's buffers are small.
struct pair_of_sockets {
  pair_of_sockets() : loop(0), stream(loop.get_executor(), make()) {}
  ~pair_of_sockets() {
    if (other >= 0) ::close(other);
  }
  int make() {
    int two[2] = {};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, two) == 0);
    const int small = 4096;
    ::setsockopt(two[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    other = two[1];
    return two[0];
  }
  std::string take() {
    std::string all;
    char part[4096];
    for (;;) {
      const auto n = ::read(other, part, sizeof part);
      if (n <= 0) return all;
      all.append(part, static_cast<std::size_t>(n));
    }
  }
  net::shard loop;
  int other = -1;
  net::byte_stream stream;
};

std::vector<std::string> unwritten(const net::outbox& o) {
  std::vector<std::string> all;
  o.for_each_unwritten_piece([&](std::string_view p) { all.emplace_back(p); });
  return all;
}

}  // namespace

TEST_CASE("everything leaves in order, in one write") {
  pair_of_sockets s;
  net::outbox o;
  CHECK(o.empty());
  o.append("<a/>");
  o.append_piece("<b/>");
  o.append("");
  o.append_piece("<c/>");
  CHECK(o.size() == 12);
  CHECK(o.flush_to(s.stream).state == io_result::status::ok);
  CHECK(o.empty());
  CHECK(s.take() == "<a/><b/><c/>");
  CHECK(unwritten(o).empty());
}

TEST_CASE("pieces that are not written whole can be handed back") {
  net::outbox o;
  o.append("header");
  o.append_piece("one");
  o.append_piece("two");
  CHECK(unwritten(o) == std::vector<std::string>{"one", "two"});
  o.clear();
  CHECK(unwritten(o).empty());
}

TEST_CASE("a full socket: order, sizes and pieces hold over many short writes") {
  pair_of_sockets s;
  net::outbox o;
  std::string sent;
  std::string received;
  std::size_t blocked = 0;
  for (int i = 0; i < 400; ++i) {
    const std::string piece = "<m n='" + std::to_string(i) + "'>" + std::string(997, static_cast<char>('a' + i % 26)) + "</m>";
    o.append_piece(piece);
    sent += piece;
    if (o.flush_to(s.stream).state == io_result::status::would_block) ++blocked;
    // What was not written whole is exactly a suffix of what was sent.
    std::string rest;
    for (const auto& p : unwritten(o)) rest += p;
    CHECK(rest.size() >= o.size());
    CHECK(sent.ends_with(rest));
    if (i % 7 == 0) received += s.take();
  }
  CHECK(blocked > 100);
  while (!o.empty()) {
    received += s.take();
    o.flush_to(s.stream);
  }
  received += s.take();
  CHECK(received == sent);
}

TEST_CASE("a closed peer is a failure, not a signal") {
  pair_of_sockets s;
  ::close(s.other);
  s.other = -1;
  net::outbox o;
  o.append_piece("lost");
  CHECK(o.flush_to(s.stream).state == io_result::status::failed);
  CHECK(unwritten(o) == std::vector<std::string>{"lost"});
}

TEST_CASE("an empty outbox is one pointer") {
  CHECK(sizeof(net::outbox) == sizeof(void*));
}

namespace {

std::vector<std::string> kept(const net::outbox& o) {
  std::vector<std::string> all;
  o.for_each_kept_piece([&](std::string_view p) { all.emplace_back(p); });
  return all;
}

}  // namespace

TEST_CASE("pieces that have to be acknowledged stay when they are written, and go in order") {
  pair_of_sockets s;
  net::outbox o;
  o.keep_until_acknowledged();
  CHECK(o.empty());
  o.append_piece("<a/>");
  o.append("<r/>");
  o.append_piece("<b/>");
  o.append_piece("<c/>");
  CHECK(o.flush_to(s.stream).state == io_result::status::ok);
  CHECK(s.take() == "<a/><r/><b/><c/>");
  CHECK(o.empty());
  CHECK(unwritten(o).empty());
  CHECK(kept(o) == std::vector<std::string>{"<a/>", "<b/>", "<c/>"});
  o.acknowledge(2);
  CHECK(kept(o) == std::vector<std::string>{"<c/>"});
  o.append_piece("<d/>");
  CHECK(unwritten(o) == std::vector<std::string>{"<d/>"});
  CHECK(o.flush_to(s.stream).state == io_result::status::ok);
  o.acknowledge(2);
  CHECK(o.kept() == 0);
  CHECK(o.kept_bytes() == 0);
  o.append_piece("<e/>");
  CHECK(o.flush_to(s.stream).state == io_result::status::ok);
  CHECK(kept(o) == std::vector<std::string>{"<e/>"});
}

TEST_CASE("memory of what is acknowledged is used again") {
  pair_of_sockets s;
  net::outbox o;
  o.keep_until_acknowledged();
  const std::string piece(1000, 'x');
  std::string got;
  for (int i = 0; i < 1000; ++i) {
    o.append_piece(piece);
    REQUIRE(o.flush_to(s.stream).state == io_result::status::ok);
    got += s.take();
    if (i >= 10) o.acknowledge(1);
    CHECK(o.kept_bytes() <= 200'000);
  }
  CHECK(got.size() == 1'000'000);
  CHECK(o.kept() == 10);
  CHECK(kept(o).back() == piece);
}

TEST_CASE("another connection goes on where one was lost") {
  pair_of_sockets first;
  net::outbox lost;
  lost.keep_until_acknowledged();
  for (const auto* piece : {"<a/>", "<b/>", "<c/>"}) lost.append_piece(piece);
  CHECK(lost.flush_to(first.stream).state == io_result::status::ok);
  lost.append_piece("<d/>");
  lost.acknowledge(1);

  for (std::size_t taken = 0; taken <= 3; ++taken) {
    CAPTURE(taken);
    net::outbox before;
    before.keep_until_acknowledged();
    lost.for_each_kept_piece([&](std::string_view piece) { before.append_piece(piece); });
    pair_of_sockets second;
    net::outbox o;
    o.append("<resumed/>");
    o.take_over(before, taken);
    CHECK(before.kept() == 0);
    CHECK(kept(o) == std::vector<std::string>{"<b/>", "<c/>", "<d/>"});
    CHECK(unwritten(o).size() == 3 - taken);
    CHECK(o.flush_to(second.stream).state == io_result::status::ok);
    const std::string rest[] = {"<b/><c/><d/>", "<c/><d/>", "<d/>", ""};
    CHECK(second.take() == "<resumed/>" + rest[taken]);
    o.acknowledge(3);
    CHECK(o.kept() == 0);
  }
}

TEST_CASE("nothing to take over") {
  pair_of_sockets s;
  net::outbox before;
  net::outbox o;
  o.append("<resumed/>");
  o.take_over(before, 0);
  CHECK(o.flush_to(s.stream).state == io_result::status::ok);
  CHECK(s.take() == "<resumed/>");
  o.append_piece("<a/>");
  CHECK(o.flush_to(s.stream).state == io_result::status::ok);
  CHECK(kept(o) == std::vector<std::string>{"<a/>"});
}
