#include <doctest/doctest.h>

#include <cstddef>
#include <cstdlib>
#include <new>
#include <string>

#include "base/text_pool.hpp"
#include "route/codec.hpp"

namespace {
thread_local std::size_t allocations = 0;
}

// The whole program's: every new counts, and is otherwise malloc.
void* operator new(std::size_t size) {
  ++allocations;
  if (void* p = std::malloc(size == 0 ? 1 : size)) return p;
  throw std::bad_alloc();
}
void* operator new[](std::size_t size) {
  return operator new(size);
}
void operator delete(void* p) noexcept {
  std::free(p);
}
void operator delete[](void* p) noexcept {
  std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
  std::free(p);
}
void operator delete[](void* p, std::size_t) noexcept {
  std::free(p);
}

using namespace couplet::route;

namespace {

const std::string payload = "<message to='bob@localhost/work' id='m1' type='chat' from='alice@localhost/home'><body>" +
                            std::string(200, 'x') + "</body></message>";

/// Allocations of one parse, with a payload string in the pool that is long enough, and two for addresses.
std::size_t allocations_of_parse(const std::string& bytes) {
  std::string pooled;
  pooled.reserve(4096);
  couplet::base::give_text(std::move(pooled));
  for (int i = 0; i < 2; ++i) couplet::base::give_text(std::string(128, 'x'));
  REQUIRE(couplet::base::pooled_texts() != 0);
  const std::size_t before = allocations;
  auto got = parse(bytes, writer::manager);
  const std::size_t made = allocations - before;
  REQUIRE(got.ok());
  CHECK(std::get<stanza>(got.value()).xml == payload);
  auto& read = std::get<stanza>(got.value());
  for (std::string* const text : {&read.xml, &read.from.text, &read.to.text}) couplet::base::give_text(std::move(*text));
  return made;
}

}  // namespace

TEST_CASE("a plain stanza is read into texts of the pool: no allocation") {
  CHECK(allocations_of_parse("<route from='short' to='2@jadc2s'>" + payload + "</route>") == 0);
  // Addresses beyond what a string holds in itself, too.
  CHECK(allocations_of_parse("<route from='alice@localhost/57c1e755' to='0123456789abcdef01234567@c2s'>" + payload +
                             "</route>") == 0);
  CHECK(allocations_of_parse("<route from='o&apos;hara@localhost/57c1e755' to='2@jadc2s'>" + payload + "</route>") <= 1);
}

TEST_CASE("a plain stanza is written into a buffer that is large enough without an allocation") {
  const message m = stanza(address(std::string("alice@localhost/57c1e755")), address(std::string("7@jadc2s")), payload);
  std::string out;
  out.reserve(4096);
  const std::size_t before = allocations;
  append(out, m);
  CHECK(allocations == before);
  CHECK(out.size() > payload.size());
}

TEST_CASE("a controlled stanza is read and written without an allocation, names of any length included") {
  const std::string route =
      "<route from='alice@localhost/home' to='0123456789abcdef01234567@c2s'><message xmlns:sc='"
      "http://jabberd.jabberstudio.org/ns/session/1.0' sc:c2s='0123456789abcdef01234567' sc:sm='0123456789abcdef'" +
      payload.substr(8) + "</route>";
  std::string pooled;
  pooled.reserve(4096);
  couplet::base::give_text(std::move(pooled));
  for (int i = 0; i < 4; ++i) couplet::base::give_text(std::string(128, 'x'));
  std::string out;
  out.reserve(4096);
  const std::size_t before = allocations;
  auto got = parse(route, writer::manager);
  REQUIRE(got.ok());
  append(out, got.value());
  CHECK(allocations == before);
  CHECK(out == route);
  auto& read = std::get<controlled_stanza>(got.value());
  CHECK(read.sm == "0123456789abcdef");
  for (std::string* const text : {&read.xml, &read.from.text, &read.to.text, &read.c2s, &read.sm})
    couplet::base::give_text(std::move(*text));
}

TEST_CASE("bouncing a stanza moves what it has") {
  message m =
      stanza(address(std::string("alice@localhost/57c1e755")), address(std::string("0123456789abcdef01234567@c2s")), payload);
  message answer;
  const std::size_t before = allocations;
  const bool answered = bounce(m, answer, "gone");
  CHECK(allocations == before);
  CHECK(answered);
}
