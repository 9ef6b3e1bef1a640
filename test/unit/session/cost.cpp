#include "world.hpp"

#include <malloc.h>

#include <cstdlib>
#include <new>

#include "base/text_pool.hpp"

// Counts what this program asks of the heap.
namespace {

std::size_t allocations = 0;
std::size_t bytes_held = 0;

void* counted(std::size_t size) {
  void* const memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  ++allocations;
  bytes_held += malloc_usable_size(memory);
  return memory;
}

void uncounted(void* memory) noexcept {
  bytes_held -= malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) {
  return counted(size);
}
void* operator new[](std::size_t size) {
  return counted(size);
}
void operator delete(void* memory) noexcept {
  uncounted(memory);
}
void operator delete[](void* memory) noexcept {
  uncounted(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  uncounted(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  uncounted(memory);
}

using namespace couplet;
using namespace couplet::session::testing;

namespace {

/// Sends `xml` from one session to whoever it is for, again and again; how many allocations the last time took.
std::size_t allocations_of(world& w, const std::string& from, const std::string& xml, std::size_t copies) {
  session::effects out;
  auto& m = w.of("romeo@example.org");
  std::size_t last = 0;
  for (int i = 0; i < 5; ++i) {
    route::message message = route::stanza(w.c2s(from), w.session(from), xml);
    const auto before = allocations;
    m.on_route(std::move(message), out);
    last = allocations - before;
    REQUIRE(out.to_c2s.size() == copies);
    for (auto& one : out.to_c2s) {  // as who writes it does
      auto& s = std::get<route::stanza>(one);
      for (std::string* const text : {&s.xml, &s.from.text, &s.to.text}) base::give_text(std::move(*text));
    }
    out.clear();
  }
  return last;
}

}  // namespace

TEST_CASE("cost: what is routed within a partition allocates nothing in the steady state") {
  world w;
  w.online("romeo", "romeo@example.org/a resource that is longer than short");
  w.online("balcony", "juliet@example.org/balcony");
  w.online("chamber", "juliet@example.org/chamber");
  const std::string from = " from='romeo@example.org/a resource that is longer than short' ";
  const std::string body = " id='0123456789abcdef'><body>But, soft! what light through yonder window breaks?</body>";
  CHECK(allocations_of(w, "romeo", "<message" + from + "to='juliet@example.org/balcony' type='chat'" + body + "</message>", 1) ==
        0);
  CHECK(allocations_of(w, "romeo", "<iq" + from + "to='juliet@example.org/balcony' type='get'" + body + "</iq>", 1) == 0);
  CHECK(allocations_of(w, "romeo", "<message" + from + "to='juliet@example.org' type='chat'" + body + "</message>", 2) == 0);
  CHECK(allocations_of(w, "romeo", "<message" + from + "to='nobody@example.org'" + body + "</message>", 1) == 0);
}

TEST_CASE("cost: nor does what comes from another process and goes to one") {
  world w;
  w.online("romeo-on-his-telephone", "romeo@example.org/orchard", 0, true);
  w.online("juliet-on-her-telephone", "juliet@example.org/balcony", 0, true);
  CHECK(w.c2s("juliet-on-her-telephone").text.size() > 15);
  const std::string message =
      "<message from='romeo@example.org/orchard' to='juliet@example.org/balcony'><body>I take thee at thy word.</body></message>";
  CHECK(allocations_of(w, "romeo-on-his-telephone", message, 1) == 0);
}

TEST_CASE("cost: an account, an idle session and its presence in bytes") {
  session::settings s = example();
  session::manager m(s, 0, 1);
  session::effects out;
  constexpr std::size_t count = 10'000;
  std::vector<base::jid> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back(base::jid::parse("user" + std::to_string(i) + "@example.org").value());

  auto before = bytes_held;
  for (const auto& name : names) REQUIRE(m.put_account(name, "password").ok());
  const auto account_bytes = (bytes_held - before) / count;
  MESSAGE("bytes per account: " << account_bytes);
  CHECK(account_bytes <= 160);

  before = bytes_held;
  for (std::size_t i = 0; i < count; ++i) {
    const auto c2s = route::address(i + 1);
    m.on_route(route::session_start(c2s, route::address(names[i].full() + "/couplet-0123456789abcdef")), out);
    const auto session = std::get<route::session_started>(out.to_c2s.at(0)).from;
    out.clear();
    m.on_route(route::stanza(c2s, session, "<presence><priority>1</priority></presence>"), out);
    REQUIRE(out.to_c2s.size() == 1);
    out.clear();
  }
  const auto session_bytes = (bytes_held - before) / count;
  MESSAGE("bytes per session with presence: " << session_bytes);
  CHECK(m.session_count() == count);
  CHECK(session_bytes + account_bytes <= 600);
}
