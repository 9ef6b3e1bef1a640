#include "world.hpp"

// Who has logged in or is gone: delivered like any message, and what comes back is for nobody.

using namespace couplet;
using namespace couplet::session::testing;

namespace {

const std::string update =
    "<update xmlns='http://amessage.info/protocol/connectionstate'><jid>romeo@example.org/r</jid><login/></update>";
const std::uint64_t handle = 0x1234;

route::notice about_ours(const std::string& to) {
  return route::notice(route::address(handle), route::address(to), update);
}
route::notice about_theirs(const std::string& to) {
  return route::notice(route::address(std::string("n@c2s.example.org")), route::address(to), update);
}

std::string message(const std::string& to, const std::string& from) {
  return "<message to='" + to + "' from='" + from + "'>" + update + "</message>";
}

}  // namespace

TEST_CASE("notices: a session gets them from the server, with the client's id as the resource") {
  world w;
  w.online("nurse", "nurse@example.org/x");
  const std::string ours = "example.org/0000000000001234";
  CHECK(w.route(about_ours("nurse@example.org")) == lines{"nurse <- " + message("nurse@example.org", ours)});
  CHECK(w.route(about_ours("nurse@example.org/x")) == lines{"nurse <- " + message("nurse@example.org/x", ours)});
  CHECK(w.route(about_theirs("nurse@example.org")) ==
        lines{"nurse <- " + message("nurse@example.org", "example.org/n@c2s.example.org")});
  CHECK(w.returned_notices() == 0);
}

TEST_CASE("notices: the address of whom they are for is escaped") {
  world w;
  w.online("nurse", "nurse@example.org/a'b&c<d>");
  CHECK(w.route(about_ours("nurse@example.org/a'b&c<d>")) ==
        lines{"nurse <- " + message("nurse@example.org/a&apos;b&amp;c&lt;d&gt;", "example.org/0000000000001234")});
}

TEST_CASE("notices: those of our own clients that find nobody are counted, and answered to nobody") {
  world w;
  w.account("romeo@example.org");
  std::uint64_t count = 0;
  for (const char* to : {"romeo@example.org", "nobody@example.org", "romeo@example.org/gone", "elsewhere.example",
                         "a b@example.org", "example.org", "example.net/x"}) {
    CAPTURE(to);
    CHECK(w.route(about_ours(to)).empty());
    CHECK(w.returned_notices() == ++count);
  }
}

TEST_CASE("notices: those of a c2s that find nobody go back to it as plain messages") {
  world w;
  w.account("romeo@example.org");
  CHECK(w.route(about_theirs("romeo@example.org")) ==
        lines{"n@c2s.example.org <~ <message type='error' from='romeo@example.org' to='n@c2s.example.org'>" +
              error("cancel", "503", "service-unavailable") + "</message>"});
  CHECK(contains(w.route(about_theirs("elsewhere.example")).at(0), "remote-server-not-found"));
  CHECK(w.returned_notices() == 0);  // they are the c2s' to count
}

TEST_CASE("notices: whoever sends one back, it ends at the server, and other errors to it mean nothing") {
  world w(example(), 3);
  w.online("nurse", "nurse@example.org/x");
  w.online("other", "other@example.net/y");
  CHECK(w.says("nurse", "<message type='error' to='example.org/0000000000001234'><error type='cancel'/></message>").empty());
  CHECK(w.returned_notices() == 1);
  const auto back = w.says("nurse", "<message to='example.org/n@c2s.example.org' type='error'/>");
  CHECK(back == lines{"n@c2s.example.org <~ <message from='nurse@example.org/x' to='n@c2s.example.org' type='error'/>"});
  for (const char* error : {"<message type='error' to='example.org'/>", "<message type='error' to='example.org/admin'/>",
                            "<presence type='error' to='example.org/0000000000001234'/>",
                            "<iq id='1' type='error' to='example.org/0000000000001234'/>"})
    CHECK(w.says("nurse", error).empty());
  CHECK(w.says("nurse", "<message to='example.org/0000000000001234'/>").size() == 1);  // no error: answered with one
  CHECK(w.returned_notices() == 1);
}

TEST_CASE("notices: all for one JID go through one partition, whatever its resource looks like") {
  const auto home = session::partition_of("nurse@example.org", 4);
  const auto other = route::client_id{static_cast<std::uint8_t>((home + 1) % 4), 5, 6}.packed();
  CHECK(session::partition_for(about_ours("nurse@example.org"), 4) == home);
  CHECK(session::partition_for(about_theirs("nurse@example.org/x"), 4) == home);
  CHECK(session::partition_for(about_ours("nurse@example.org/" + route::hex16(other)), 4) == home);
  CHECK(session::partition_for(about_ours("a b@c"), 4) == 0);
  world w(example(), 4);
  w.online("nurse", "nurse@example.org/x");
  CHECK(w.route(about_ours("nurse@example.org")).size() == 1);
}
