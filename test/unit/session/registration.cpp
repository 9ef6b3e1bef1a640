#include "world.hpp"

using namespace couplet;
using namespace couplet::session::testing;

namespace {

std::string registers(std::string_view content, std::string_view type = "set") {
  std::string iq = "<iq id='r1' type='";
  iq.append(type).append("'><query xmlns='jabber:iq:register'>").append(content);
  return iq.append("</query></iq>");
}

std::string to_server(std::string_view content, std::string_view type = "set", std::string_view to = " to='example.org'") {
  std::string iq = "<iq id='r1' type='";
  iq.append(type).append(1, '\'').append(to).append("><query xmlns='jabber:iq:register'>").append(content);
  return iq.append("</query></iq>");
}

bool can_log_in(world& w, std::string_view user, std::string_view password) {
  std::string iq = "<iq id='l' type='set'><query xmlns='jabber:iq:auth'><password>";
  iq.append(password).append("</password></query></iq>");
  return w.auth(std::string(user) + "@example.org/r", iq) == "<iq type='result' id='l'/>";
}

const std::string bob = "<username>bob</username><password>pw-b</password>";

}  // namespace

TEST_CASE("registration before login: form, account, conflict") {
  world w(example(true));
  CHECK(
      w.auth("example.org", registers("", "get")) ==
      "<iq type='result' id='r1'><query xmlns='jabber:iq:register'><instructions>Choose a username and a password.</instructions>"
      "<username/><password/></query></iq>");
  CHECK(w.auth("bob@example.org", registers(bob)) == "<iq type='result' id='r1'/>");
  CHECK(can_log_in(w, "bob", "pw-b"));
  CHECK(w.auth("bob@example.org", registers("<username>bob</username><password>other</password>")) ==
        "<iq type='error' id='r1'>" + error("cancel", "409", "conflict") + "</iq>");
  CHECK(can_log_in(w, "bob", "pw-b"));
}

TEST_CASE("registration before login: SECURITY 26: what is refused changes nothing") {
  world w(example(true));
  w.account("alice@example.org", "pw-a");
  struct row {
    const char *to, *content, *answer;
  };
  const row rows[] = {
      {"carol@example.org", "<username>carol</username>", "not-acceptable"},
      {"carol@example.org", "<username>carol</username><password/>", "not-acceptable"},
      {"example.org", "<username>carol</username><password>x</password>", "not-acceptable"},
      {"alice@example.org", "<username>alice</username><password>taken-over</password>", "conflict"},
      {"alice@example.org", "<remove/>", "not-allowed"},
      {"carol@example.org", "<remove/>", "not-allowed"},
      {"carol@elsewhere.org", "<username>carol</username><password>x</password>", "failure: Unable to deliver"},
  };
  for (const auto& r : rows) {
    CAPTURE(r.to);
    CAPTURE(r.content);
    const auto answer = w.auth(r.to, registers(r.content));
    CHECK(contains(answer, r.answer));
    CHECK_FALSE(contains(answer, "taken-over"));
  }
  CHECK(w.of("alice@example.org").account_count() == 1);
  CHECK(can_log_in(w, "alice", "pw-a"));
}

TEST_CASE("registration: switched off it is no service, before login and after") {
  world w;
  CHECK(w.auth("example.org", registers("", "get")) ==
        "<iq type='error' id='r1'>" + error("cancel", "503", "service-unavailable") + "</iq>");
  CHECK(contains(w.auth("bob@example.org", registers(bob)), "service-unavailable"));
  w.online("alice", "alice@example.org/home");
  CHECK(contains(w.says("alice", to_server("<remove/>")).at(0), "service-unavailable"));
  CHECK(w.of("alice@example.org").account_count() == 1);
}

TEST_CASE("registration: up to a number of accounts") {
  auto s = example(true);
  s.max_accounts = 2;
  world w(s);
  w.account("alice@example.org");
  CHECK(w.auth("bob@example.org", registers(bob)) == "<iq type='result' id='r1'/>");
  CHECK(contains(w.auth("carol@example.org", registers(bob)), "resource-constraint"));
  CHECK(w.of("bob@example.org").account_count() == 2);
}

TEST_CASE("registration after login: the own password, and nobody else's (SECURITY 26)") {
  world w(example(true));
  w.online("alice", "alice@example.org/home");
  w.account("bob@example.org", "pw-b");
  CHECK(
      w.says("alice", to_server("", "get")) ==
      lines{"alice <- <iq type='result' id='r1' from='example.org' to='alice@example.org/home'><query xmlns='jabber:iq:register'>"
            "<registered/><username>alice</username><password/></query></iq>"});
  CHECK(w.says("alice", to_server("<username>Alice</username><password>new</password>")) ==
        lines{"alice <- <iq type='result' id='r1' from='example.org' to='alice@example.org/home'/>"});
  CHECK(can_log_in(w, "alice", "new"));
  CHECK_FALSE(can_log_in(w, "alice", "secret"));
  // Without to, and to the own bare JID, it is the same.
  CHECK(w.says("alice", to_server("<username>alice</username><password>newer</password>", "set", "")) ==
        lines{"alice <- <iq type='result' id='r1' to='alice@example.org/home'/>"});
  CHECK(can_log_in(w, "alice", "newer"));

  struct row {
    const char *content, *to, *answer;
  };
  const row rows[] = {
      {"<username>bob</username><password>stolen</password>", " to='example.org'", "forbidden"},
      {"<username>bob</username><password>stolen</password>", "", "forbidden"},
      {"<username>bob</username><password>stolen</password>", " to='bob@example.org'", "service-unavailable"},
      {"<username>alice</username><password>stolen</password>", " to='example.net'", "service-unavailable"},
      {"<username>bob</username><password>stolen</password>", " from='bob@example.org/x' to='example.org'", "forbidden"},
      {"<password>stolen</password>", " to='example.org'", "bad-request"},
      {"<username>alice</username>", " to='example.org'", "bad-request"},
      {"<username>alice</username><password/>", " to='example.org'", "not-acceptable"},
      {"<remove/><username>bob</username>", " to='example.org'", "bad-request"},
      {"<remove/>", " to='bob@example.org'", "service-unavailable"},
  };
  for (const auto& r : rows) {
    CAPTURE(r.content);
    CAPTURE(r.to);
    const auto answer = w.says("alice", to_server(r.content, "set", r.to));
    REQUIRE(answer.size() == 1);
    CHECK(contains(answer[0], r.answer));
    CHECK_FALSE(contains(answer[0], "stolen"));
  }
  CHECK(can_log_in(w, "alice", "newer"));
  CHECK(can_log_in(w, "bob", "pw-b"));
}

TEST_CASE("registration after login: who removes the account loses all sessions of it, after the answer") {
  world w(example(true));
  w.online("phone", "alice@example.org/phone");
  w.online("laptop", "alice@example.org/laptop");
  w.online("bob", "bob@example.org/home");
  w.says("phone", "<presence to='bob@example.org/home'/>");
  CHECK(w.says("phone", to_server("<remove/>")) ==
        lines{"phone <- <iq type='result' id='r1' from='example.org' to='alice@example.org/phone'/>", "laptop x Account removed",
              "bob <- <presence to='bob@example.org/home' from='alice@example.org/phone' type='unavailable'><status>Account "
              "removed</status></presence>",
              "phone x Account removed"});
  CHECK(w.sessions() == 1);
  CHECK_FALSE(can_log_in(w, "alice", "secret"));
  CHECK(
      w.says("phone", "<message to='bob@example.org'><body>ghost</body></message>").at(0).starts_with("phone x Invalid Session"));
  CHECK(w.starts("phone", "alice@example.org/phone") == lines{"phone x Session Failed"});
  CHECK(w.auth("alice@example.org", registers("<username>alice</username><password>again</password>")) ==
        "<iq type='result' id='r1'/>");
}
