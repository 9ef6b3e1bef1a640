#include <doctest/doctest.h>

#include "component_driver.hpp"

namespace couplet::stream {
namespace {

using namespace test;
using driver = component_driver<link_stream>;

constexpr std::string_view manager_header =
    "<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' id='1234' from='c2s' "
    "xmlns='jabber:component:accept'>";

std::string open(driver& d) {
  return d.on([](link_stream& m, component_effects& out) { m.open(out); });
}

TEST_CASE("link_stream: the handshake of jabberd14") {
  driver d("c2s", "secret");
  CHECK(open(d) == "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='c2s'>");
  CHECK(d.send(manager_header) == "<handshake>32532c0f7dbf1253c095b18b18e36d38d94c1256</handshake>");
  CHECK_FALSE(d.machine().authenticated());
  CHECK(d.send("<handshake/>").empty());
  CHECK(d.machine().authenticated());
  CHECK(d.authentications == 1);
  d.send("<route/><message/>");
  CHECK(d.traffic == std::vector<std::string>{"route", "message"});
}

TEST_CASE("link_stream: headers with and without what is optional") {
  for (const char* header :
       {"<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:component:accept' id='1234'>",
        "<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:component:accept' id='&#49;234' "
        "version='1.0' "
        "xml:lang='en'>"}) {
    driver d("c2s", "secret");
    open(d);
    CHECK(d.send(header) == "<handshake>32532c0f7dbf1253c095b18b18e36d38d94c1256</handshake>");
    CHECK(d.send("<stream:features/><handshake></handshake>").empty());
    CHECK(d.machine().authenticated());
  }
}

TEST_CASE("link_stream: a name is escaped") {
  driver d("a'b<c", "secret");
  CHECK(contains(open(d), " to='a&apos;b&lt;c'>"));
}

TEST_CASE("link_stream: headers that cannot be answered") {
  struct row {
    const char* header;
    const char* reason;
  };
  const row rows[] = {
      {"<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:component:accept'><handshake/>",
       "bad_format"},
      {"<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:component:accept' id=''><route/>",
       "bad_format"},
      {"<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:client' id='1'>", "invalid_namespace"},
      {"<html>", "bad_format"},
      {"HTTP/1.1 400", "not_well_formed"},
  };
  for (const auto& r : rows) {
    CAPTURE(r.header);
    driver d("c2s", "secret");
    open(d);
    const auto written = d.send(r.header);
    CHECK(d.closed() == r.reason);
    CHECK_FALSE(contains(written, "<handshake>"));
    CHECK(written.ends_with("</stream:stream>"));
  }
}

TEST_CASE("link_stream: under a header without an id nothing is proved, but an error is heard") {
  for (const char* id : {"", " id=''"}) {
    driver d("c2s", "secret");
    open(d);
    const auto header =
        "<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:component:accept'" +
        std::string(id) + " version='1.0'>";
    CHECK(d.send(header).empty());
    CHECK(d.closed().empty());
    const auto written = d.send("<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>");
    CHECK(d.closed() == "stream_error_by_peer");
    CHECK(d.machine().peer_condition() == "host-unknown");
    CHECK(written == "</stream:stream>");
  }
}

TEST_CASE("link_stream: stream errors are told apart by their condition") {
  const auto error = [](const std::string& inside) { return "<stream:error>" + inside + "</stream:error>"; };
  const std::string ns = " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>";
  struct row {
    std::string inside;
    bool before;  // the handshake is answered
    const char* reason;
    const char* condition;
  };
  const row rows[] = {
      {"<not-authorized" + ns, true, "not_authorized", "not-authorized"},
      {"<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>Invalid handshake</text><not-authorized" + ns, true, "not_authorized",
       "not-authorized"},
      {"<not-authorized" + ns, false, "stream_error_by_peer", "not-authorized"},
      {"<conflict" + ns, false, "replaced", "conflict"},
      {"<host-unknown" + ns, true, "stream_error_by_peer", "host-unknown"},
      {"<invalid-xml" + ns, false, "stream_error_by_peer", "invalid-xml"},
      {"Invalid handshake", true, "stream_error_by_peer", "undefined-condition"},
      {"", false, "stream_error_by_peer", "undefined-condition"},
  };
  for (const auto& r : rows) {
    CAPTURE(r.inside);
    driver d("c2s", "secret");
    open(d);
    d.send(manager_header);
    if (!r.before) d.send("<handshake/>");
    CHECK(d.send(error(r.inside)) == "</stream:stream>");
    CHECK(d.closed() == r.reason);
    CHECK(d.machine().peer_condition() == r.condition);
    CHECK_FALSE(d.machine().authenticated());
    CHECK(d.traffic.empty());
  }
}

TEST_CASE("link_stream: nothing is taken before the handshake is answered") {
  driver d("c2s", "secret");
  open(d);
  d.send(manager_header);
  CHECK(contains(d.send("<route/>"), "<stream:error>"));
  CHECK(d.closed() == "protocol_violation");
  CHECK(d.traffic.empty());
}

TEST_CASE("link_stream: ends") {
  driver d("c2s", "secret");
  open(d);
  d.send(manager_header);
  d.send("<handshake/>");
  CHECK(d.send("</stream:stream>") == "</stream:stream>");
  CHECK(d.closed() == "closed_by_peer");
  CHECK(d.end(base::close_reason::shutdown).empty());

  driver broken("c2s", "secret");
  open(broken);
  broken.send(manager_header);
  CHECK(contains(broken.send("<a></b>"), "<not-well-formed "));
  CHECK(broken.closed() == "not_well_formed");
  CHECK(broken.machine().peer_condition().empty());
}

}  // namespace
}  // namespace couplet::stream
