#include "stream/client_stream.hpp"

#include <doctest/doctest.h>

#include "driver.hpp"

namespace couplet::stream {
namespace {

using namespace test;

TEST_CASE("client_stream: phases of a login with a password") {
  driver d;
  CHECK(d.machine().current_phase() == phase::header);
  CHECK(d.machine().who().empty());
  d.send(legacy_header);
  CHECK(d.machine().current_phase() == phase::login);
  d.legacy_password();
  CHECK(d.machine().current_phase() == phase::manager);
  CHECK(d.machine().holds_input());
  CHECK(d.machine().who().empty());
  d.grant();
  CHECK(d.machine().current_phase() == phase::manager);
  CHECK(d.machine().who().full() == "alice@example.org");
  CHECK(d.machine().session().empty());
  d.from_manager("started", std::string(session_address));
  CHECK(d.machine().current_phase() == phase::open);
  CHECK_FALSE(d.machine().holds_input());
  CHECK(d.machine().who().full() == "alice@example.org/home");
  CHECK(d.machine().session().text == session_address);
  d.send("</stream:stream>");
  CHECK(d.machine().current_phase() == phase::closed);
}

TEST_CASE("client_stream: phases of a login by SASL") {
  driver d;
  d.sasl_success();
  CHECK(d.machine().current_phase() == phase::bind);
  CHECK(d.machine().who().full() == "alice@example.org");
  d.send(header_1);
  CHECK(d.machine().current_phase() == phase::bind);
  d.send("<iq type='set' id='b1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>");
  CHECK(d.machine().holds_input());
  d.from_manager("failure", d.routes.back().address, "Session Failed");
  CHECK(d.machine().current_phase() == phase::bind);
  CHECK(d.machine().who().full() == "alice@example.org");
}

TEST_CASE("client_stream: a refused session after iq:auth proves nobody any more") {
  driver d;
  d.send(legacy_header);
  d.legacy_password();
  d.grant();
  d.from_manager("failure", "alice@example.org/home", "Session Failed");
  CHECK(d.machine().current_phase() == phase::login);
  CHECK(d.machine().who().empty());
  d.legacy_password("bob");
  CHECK(d.routes.back().address == "bob@example.org/home");
}

TEST_CASE("client_stream: the first reason of an end is kept") {
  driver d;
  d.legacy_open();
  CHECK(contains(d.happens("end shutdown"), "<system-shutdown"));
  CHECK(d.happens("end slow_consumer").empty());
  CHECK(d.happens("deadline").empty());
  CHECK(d.send("</stream:stream>").empty());
  CHECK(d.closed() == "shutdown");
}

TEST_CASE("client_stream: the manager is told of the end exactly once") {
  driver d;
  d.legacy_open();
  d.happens("gone");
  REQUIRE(d.routes.size() == 1);
  CHECK(d.routes[0] == transcript::routed{"failure", std::string(session_address), ""});
  d.happens("gone");
  CHECK(d.routes.size() == 1);
}

TEST_CASE("client_stream: a session that the manager has ended is not ended again") {
  driver d;
  d.legacy_open();
  d.from_manager("failure", std::string(session_address), "Disconnected");
  CHECK(d.closed() == "replaced");
  d.happens("gone");
  CHECK(d.routes.empty());
}

TEST_CASE("client_stream: a session ended by the manager after the stream was closed is not ended again") {
  driver d;
  d.legacy_open();
  d.happens("end shutdown");
  d.from_manager("failure", std::string(session_address), "Disconnected");
  d.happens("gone");
  CHECK(d.routes.empty());
}

TEST_CASE("client_stream: what comes after the end goes back to the manager") {
  driver d;
  d.legacy_open();
  d.happens("end shutdown");
  CHECK(d.from_manager("stanza", std::string(session_address), "<message><body>late</body></message>").empty());
  REQUIRE(d.routes.size() == 1);
  CHECK(d.routes[0].kind == "failure");
  CHECK(contains(d.routes[0].text, "<body>late</body>"));
}

TEST_CASE("client_stream: a resource with every character that needs escaping") {
  driver d;
  d.legacy_open("a&lt;b&gt; &amp; 'c' &quot;d&quot;");
  CHECK(d.machine().who().resource() == "a<b> & 'c' \"d\"");
  d.send("<presence/>");
  CHECK(d.routes.at(0).text == "<presence from='alice@example.org/a&lt;b&gt; &amp; &apos;c&apos; &quot;d&quot;'/>");
}

TEST_CASE("client_stream: sessions in this process are addressed by their handles") {
  client_settings settings;
  settings.domains = {"example.org"};
  client_stream machine(settings, 7, true);
  effects out;
  xml::fragment scratch;
  xml::workspace_pool pool;
  const xml::tokenizer_limits limits;
  xml::tokenizer tokenizer(pool, limits);
  const auto feed = [&](std::string_view bytes) {
    for (auto t = tokenizer.next(bytes); t != xml::token::need_more; t = tokenizer.next(bytes)) {
      if (t == xml::token::header) machine.on_header(tokenizer.header(), true, out);
      if (t == xml::token::element) machine.on_element(tokenizer.element(), {}, true, scratch, out);
    }
  };
  feed(legacy_header);
  feed(
      "<iq type='set' id='a'><query xmlns='jabber:iq:auth'><username>alice</username><password>x</password>"
      "<resource>home</resource></query></iq>");
  const auto asked = std::get<route::auth>(out.to_manager.at(0));
  machine.on_route(
      route::auth(asked.to, asked.from, "<iq id='" + std::string(xml::find_attribute(asked.iq, "id")) + "' type='result'/>"),
      out);
  machine.on_route(route::session_started(route::address(99, "alice@example.org/0000000000000063"), route::address(7)), out);
  REQUIRE(machine.current_phase() == phase::open);
  out.clear();

  feed("<presence/>");
  CHECK(std::get<route::stanza>(out.to_manager.at(0)).to == route::address(99));
  out.clear();
  machine.on_route(route::stanza(route::address(99), route::address(7), "<presence/>"), out);
  CHECK(out.stanza_to_peer == "<presence/>");
  out.clear();
  machine.on_route(route::stanza(route::address(98), route::address(7), "<presence/>"), out);
  CHECK(out.stanza_to_peer.empty());
  CHECK(std::holds_alternative<route::failure>(out.to_manager.at(0)));
}

TEST_CASE("client_stream: the limits for users begin with the proof") {
  driver legacy;
  legacy.send(legacy_header);
  legacy.legacy_password();
  legacy.grant();
  CHECK(legacy.logins() == 0);
  legacy.from_manager("started", std::string(session_address));
  CHECK(legacy.logins() == 1);

  driver sasl;
  sasl.sasl_success();
  CHECK(sasl.logins() == 1);

  driver refused;
  refused.send(legacy_header);
  refused.legacy_password();
  refused.refuse();
  CHECK(refused.logins() == 0);
}

TEST_CASE("client_stream: input that should have been held ends the stream") {
  client_settings settings;
  settings.domains = {"example.org"};
  client_stream machine(settings, 7, true);
  effects out;
  xml::fragment scratch;
  xml::workspace_pool pool;
  const xml::tokenizer_limits limits;
  xml::tokenizer tokenizer(pool, limits);
  std::string_view input = legacy_header;
  REQUIRE(tokenizer.next(input) == xml::token::header);
  machine.on_header(tokenizer.header(), true, out);
  input = "<iq type='get' id='g'><query xmlns='jabber:iq:auth'><username>alice</username></query></iq><presence/>";
  for (int i = 0; i < 2; ++i) {
    REQUIRE(tokenizer.next(input) == xml::token::element);
    machine.on_element(tokenizer.element(), {}, true, scratch, out);
  }
  CHECK(out.close == base::close_reason::protocol_violation);
}

TEST_CASE("client_stream: a session without an address is none") {
  driver d;
  d.send(legacy_header);
  d.legacy_password();
  d.grant();
  CHECK(d.from_manager("started", "").empty());
  CHECK(d.machine().holds_input());
  CHECK_FALSE(d.from_manager("started", std::string(session_address)).empty());
  CHECK(d.machine().current_phase() == phase::open);
}

TEST_CASE("client_stream: a second header ends the stream") {
  client_settings settings;
  settings.domains = {"example.org"};
  client_stream machine(settings, 7, true);
  effects out;
  xml::workspace_pool pool;
  const xml::tokenizer_limits limits;
  xml::tokenizer tokenizer(pool, limits);
  std::string_view input = legacy_header;
  REQUIRE(tokenizer.next(input) == xml::token::header);
  machine.on_header(tokenizer.header(), true, out);
  out.clear();
  machine.on_header(tokenizer.header(), true, out);
  CHECK(out.close == base::close_reason::protocol_violation);
  CHECK_FALSE(contains(out.to_peer, "<?xml"));
}

TEST_CASE("client_stream: an idle session keeps little in the object") {
  CHECK(sizeof(client_stream) <= 136);
}

}  // namespace
}  // namespace couplet::stream
