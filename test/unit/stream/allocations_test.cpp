#include <doctest/doctest.h>

#include <cstdlib>
#include <new>

#include "base/text_pool.hpp"
#include "driver.hpp"

// Counts what the heap is asked for. Replacing these two is allowed to a program, not to a library: so it is done here, for this test program.

namespace {
thread_local std::size_t allocations = 0;
}

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace couplet::stream {
namespace {

using namespace test;

/// Logs a client in, whose session is at `session`, and exchanges stanzas; checks that in the end that costs nothing.
void check_that_forwarding_costs_nothing(const route::address& session) {
  client_settings settings;
  settings.domains = {"example.org"};
  client_stream machine(settings, 7, true);
  effects out;
  xml::fragment scratch;
  xml::workspace_pool pool;
  const xml::tokenizer_limits limits;
  xml::tokenizer tokenizer(pool, limits);
  const std::vector<xml::prefix_declaration> none;
  const auto feed = [&](std::string_view bytes) {
    for (auto t = tokenizer.next(bytes); t != xml::token::need_more; t = tokenizer.next(bytes)) {
      if (t == xml::token::header) machine.on_header(tokenizer.header(), true, out);
      if (t == xml::token::element) machine.on_element(tokenizer.element(), none, true, scratch, out);
    }
  };
  feed(legacy_header);
  feed(
      "<iq type='set' id='a'><query xmlns='jabber:iq:auth'><username>alice</username><password>x</password>"
      "<resource>a resource of some length</resource></query></iq>");
  const auto asked = std::get<route::auth>(out.to_manager.at(0));
  const std::string id(xml::find_attribute(asked.iq, "id"));
  machine.on_route(route::auth(asked.to, asked.from, "<iq id='" + id + "' type='result'/>"), out);
  auto started = session;
  started.text.reserve(started.text.empty() ? 0 : 1000);  // as it comes out of a pool
  machine.on_route(route::session_started(std::move(started), route::address(7)), out);
  CHECK(machine.session() == session);
  CHECK(machine.session().text.capacity() < 100);
  REQUIRE(machine.current_phase() == phase::open);
  out.clear();

  const auto round = [&] {
    feed(
        "<message to='bob@example.org/a resource of some length' id='m1' type='chat' xml:lang='en'><body>hello</body></message>");
    feed("<iq type='set' id='r1' to='bob@example.org'><query xmlns='jabber:iq:roster'><item jid='x@example.org'/></query></iq>");
    feed("<presence/>");
    for (auto& m : out.to_manager) {
      CHECK(route::to_of(m) == session);
      base::give_text(std::move(std::get<route::stanza>(m).xml));
      base::give_text(std::move(route::to_of(m).text));
    }
    out.clear();
    // The text comes from the pool and goes back, as between a link and a connection.
    auto text = base::take_text();
    text = "<message from='bob@example.org' to='alice@example.org'><body>a text of some length, hello</body></message>";
    route::address from(session.handle, base::take_short_text(session.text));
    machine.on_route(route::stanza(std::move(from), route::address(7), std::move(text)), out);
    base::give_text(std::move(out.stanza_to_peer));
    out.clear();
  };
  for (int i = 0; i < 3; ++i) round();
  const auto before = allocations;
  for (int i = 0; i < 100; ++i) round();
  CHECK(before > 0);
  CHECK(allocations == before);
}

TEST_CASE("allocations: a stanza that is only forwarded costs none, in either direction") {
  check_that_forwarding_costs_nothing(route::address(99));
}

TEST_CASE("allocations: nor where the session manager is another process, which names sessions by texts") {
  check_that_forwarding_costs_nothing(route::address("alice@example.org/0123456789abcdef"));
}

}  // namespace
}  // namespace couplet::stream
