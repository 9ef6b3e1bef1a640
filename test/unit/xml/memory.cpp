#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "cutting.hpp"

// Counts what this test program takes from the heap.

namespace {

// Atomic, because a compiler may assume that operator new changes no other variable, and move reads over it.
std::atomic<std::size_t> allocations = 0;
std::atomic<std::size_t> allocated_bytes = 0;

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  allocated_bytes += size;
  if (void* const p = std::malloc(size == 0 ? 1 : size)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept {
  std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
  std::free(p);
}

using namespace couplet;
using xml::token;

namespace {

constexpr std::string_view message =
    "<message to='juliet@capulet.example/balcony' id='ktx72v49' type='chat' xml:lang='en'><body>Art thou not Romeo, and a "
    "Montague? &amp; Neither, \xC3\xA9</body><active xmlns='http://jabber.org/protocol/chatstates'/><p:x xmlns:p='urn:&#120;'"
    " p:a='1' b='2'/></message>";

/// Feeds `input` in pieces of `piece` bytes; how many elements came out.
std::size_t feed(xml::tokenizer& t, std::string_view input, std::size_t piece) {
  std::size_t elements = 0;
  while (!input.empty()) {
    std::string_view now = input.substr(0, piece);
    input.remove_prefix(now.size());
    for (;;) {
      const token k = t.next(now);
      if (k == token::need_more) break;
      if (k == token::error) return 0;
      elements += k == token::element ? 1 : 0;
    }
  }
  return elements;
}

}  // namespace

TEST_CASE("a tokenizer is small, and owns nothing while it is idle") {
  CHECK(sizeof(xml::tokenizer) <= 96);
  xml::workspace_pool pool;
  const xml::tokenizer_limits limits;
  {
    xml::tokenizer warm(pool, limits);
    feed(warm, test::client_header, 10);
  }
  const std::size_t before = allocations;
  xml::tokenizer first(pool, limits);
  xml::tokenizer second(pool, limits);
  feed(first, test::client_header, 10);
  feed(second, "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='x'>", 7);
  feed(first, " \n ", 1);
  feed(second, " \n ", 1);
  const std::size_t taken = allocations - before;
  CHECK(first.held_bytes() + second.held_bytes() == 0);
  CHECK(taken == 0);  // one workspace served all three, one after the other
}

TEST_CASE("a busy stream allocates nothing, however its elements are cut") {
  xml::workspace_pool pool;
  const xml::tokenizer_limits limits;
  xml::tokenizer t(pool, limits);
  feed(t, test::client_header, 4096);
  std::string input;
  for (int i = 0; i < 20; ++i) input += message;
  for (const std::size_t piece : {std::size_t{1}, std::size_t{100}, std::size_t{1460}, input.size()}) {
    CAPTURE(piece);
    feed(t, input, piece);
    const std::size_t before = allocations;
    const std::size_t elements = feed(t, input, piece);
    const std::size_t taken = allocations - before;  // read here: CHECK takes memory, too
    CHECK(taken == 0);
    CHECK(elements == 20);
  }
}

TEST_CASE("a workspace that grew does not stay large") {
  xml::workspace_pool pool;
  const xml::tokenizer_limits limits;
  xml::tokenizer t(pool, limits);
  feed(t, test::client_header, 4096);
  const std::string large = "<a>" + std::string(200'000, 'x') + "</a>";
  CHECK(feed(t, large, 4096) == 1);
  const std::size_t before = allocated_bytes;
  CHECK(feed(t, large, 4096) == 1);
  CHECK(allocated_bytes - before > 200'000);  // it had been given back, and had to grow again
  CHECK(feed(t, message, 10) == 1);
  const std::size_t small = allocated_bytes;
  CHECK(feed(t, message, 10) == 1);
  CHECK(allocated_bytes == small);
}

TEST_CASE("SECURITY 2: an element of 8 KiB before login costs less than 64 KiB") {
  const xml::tokenizer_limits limits{.max_element_bytes = 8192, .max_depth = 16, .max_attributes = 64, .max_children = 32};
  std::string attributes = "<a";
  for (int i = 0; i < 4000; ++i) attributes += " b" + std::to_string(i) + "=''";
  std::string children = "<a>";
  for (int i = 0; i < 5000; ++i) children += "<b/>";
  std::string declarations = "<a";
  for (int i = 0; i < 1000; ++i) declarations += " xmlns:p" + std::to_string(i) + "='x'";
  const std::string text = "<a>" + std::string(9000, 'x');
  for (const std::string& bomb : {attributes, children, declarations, text}) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}, std::size_t{100'000}}) {
      const std::size_t before = allocated_bytes;
      xml::workspace_pool pool;
      xml::tokenizer t(pool, limits);
      feed(t, test::client_header, 4096);
      feed(t, bomb, piece);
      CHECK(allocated_bytes - before < 65'536);
      CHECK(t.fault() != xml::fault::none);
    }
  }
}

TEST_CASE("streams of one thread share a pool and do not disturb each other") {
  xml::workspace_pool pool;
  const xml::tokenizer_limits limits;
  xml::tokenizer first(pool, limits);
  xml::tokenizer second(pool, limits);
  feed(first, test::client_header, 4096);
  feed(second, test::client_header, 4096);
  std::string_view input = "<a xmlns='&#x66;irst'><b>";
  CHECK(first.next(input) == token::need_more);
  input = "<c><d ";
  CHECK(second.next(input) == token::need_more);
  input = "</b></a>";
  REQUIRE(first.next(input) == token::element);
  std::string_view other = "xmlns='&#x73;econd'/></c>";
  REQUIRE(second.next(other) == token::element);
  CHECK(first.element().bytes == "<a xmlns='&#x66;irst'><b></b></a>");
  CHECK(first.element().namespace_uri == "first");
  CHECK(second.element().bytes == "<c><d xmlns='&#x73;econd'/></c>");
  CHECK(second.element().namespace_uri == "jabber:client");
}
