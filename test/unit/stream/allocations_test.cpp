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

/// The manager's answer to a session control start, with a name that fits into no string itself.
route::message started_by(const route::message& start) {
  auto answer = std::get<route::session_control>(start);
  std::swap(answer.from, answer.to);
  answer.action = route::session_control::verb::started;
  answer.sm = "0123456789abcdef";
  answer.sm.reserve(1000);
  return answer;
}

route::message stanza_for(const client_stream& machine, std::string text, session_protocol way) {
  route::address from(machine.session().handle, base::take_short_text(machine.session().text));
  if (way != session_protocol::control) return route::stanza(std::move(from), route::address(7), std::move(text));
  return route::controlled_stanza(std::move(from), route::address(7), base::take_short_text("0123456789abcdef01234567"),
                                  base::take_short_text(machine.session().text), std::move(text));
}

void give_back(route::message& m) {
  base::give_text(std::move(route::to_of(m).text));
  if (auto* s = std::get_if<route::stanza>(&m)) base::give_text(std::move(s->xml));
  auto* const c = std::get_if<route::controlled_stanza>(&m);
  if (c == nullptr) return;
  base::give_text(std::move(c->sm));
  base::give_text(std::move(c->xml));
}

/// Logs a client in, whose session is at `session`, and exchanges stanzas; checks that in the end that costs nothing.
void check_that_forwarding_costs_nothing(const route::address& session, session_protocol way = session_protocol::route) {
  client_settings settings;
  settings.sessions = way;
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
  if (way == session_protocol::control)
    machine.on_route(started_by(out.to_manager.at(1)), out);
  else
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
      if (way == session_protocol::control)
        CHECK(std::get<route::controlled_stanza>(m).sm == session.text);
      else
        CHECK(route::to_of(m) == session);
      give_back(m);
    }
    out.clear();
    // The text comes from the pool and goes back, as between a link and a connection.
    auto text = base::take_text();
    text = "<message from='bob@example.org' to='alice@example.org'><body>a text of some length, hello</body></message>";
    machine.on_route(stanza_for(machine, std::move(text), way), out);
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

TEST_CASE("allocations: nor for a session of session control") {
  check_that_forwarding_costs_nothing(route::address("0123456789abcdef"), session_protocol::control);
}

}  // namespace
}  // namespace couplet::stream
