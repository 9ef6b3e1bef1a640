// Accounts that are stored: what the machine asks for, and what it says when it is told.

#include <set>

#include "base/digest.hpp"
#include "world.hpp"

using namespace couplet;
using namespace couplet::session;
using namespace couplet::session::testing;
using kind = account_request::kind;

namespace {

settings stored(bool digests = false) {
  auto s = example(true);
  s.stored = true;
  s.digests = digests;
  return s;
}

/// One partition, and all that it says, as lines.
class desk {
 public:
  explicit desk(const settings& s = stored()) : partition(s, 0, 1) {}

  /// Before a login; the answer, or nothing yet.
  std::string auth(std::string_view to, const std::string& query, std::string_view type = "set") {
    const std::string iq = "<iq id='a1' type='" + std::string(type) + "'>" + query + "</iq>";
    partition.on_route(route::auth(route::address(7), route::address(std::string(to)), iq), out);
    return said();
  }
  std::string registers(const std::string& name, const std::string& password = "pw") {
    return auth(name + "@example.org", "<query xmlns='jabber:iq:register'><username>" + name + "</username><password>" +
                                           password + "</password></query>");
  }
  std::string logs_in(const std::string& name, const std::string& password) {
    return auth(name + "@example.org/r", "<query xmlns='jabber:iq:auth'><password>" + password + "</password></query>");
  }
  std::string online(const std::string& name) {
    partition.on_route(route::session_start(route::address(9), route::address(name + "@example.org/home")), out);
    REQUIRE(out.to_c2s.size() == 1);
    session_ = route::from_of(out.to_c2s[0]);
    const bool runs = std::holds_alternative<route::session_started>(out.to_c2s[0]);
    out.clear();
    return runs ? "runs" : "refused";
  }
  std::string says(const std::string& content, const std::string& id = "s1") {
    partition.on_route(route::stanza(route::address(9), session_,
                                     "<iq type='set' id='" + id + "' to='example.org'><query xmlns='jabber:iq:register'>" +
                                         content + "</query></iq>"),
                       out);
    return said();
  }
  std::string gone() {
    partition.on_route(route::failure(route::address(9), session_), out);
    return said();
  }
  /// The storage answers the request that came first.
  std::string told(account_outcome what) {
    REQUIRE_FALSE(requests.empty());
    const auto number = requests.front().number;
    requests.erase(requests.begin());
    partition.on_account_answer(number, what, out);
    return said();
  }
  bool asked(kind what, std::string_view bare_jid, std::string_view secret) const {
    return requests.size() == 1 && requests[0].what == what && requests[0].bare_jid == bare_jid && requests[0].secret == secret;
  }

  manager partition;
  std::vector<account_request> requests;

 private:
  std::string said() {
    std::string text;
    for (const auto& m : out.to_c2s) {
      if (const auto* a = std::get_if<route::auth>(&m)) text += a->iq;
      if (const auto* s = std::get_if<route::stanza>(&m)) text += s->xml;
      if (const auto* f = std::get_if<route::failure>(&m)) text += " x " + f->text;
    }
    for (auto& r : out.to_storage) requests.push_back(std::move(r));
    out.clear();
    return text;
  }
  effects out;
  route::address session_;
};

std::string refusal(std::string_view type, std::string_view code, std::string_view condition) {
  return "<iq type='error' id='a1'>" + error(type, code, condition) + "</iq>";
}

const std::string granted = "<iq type='result' id='a1'/>";

}  // namespace

TEST_CASE("stored: an account is there when the storage says so, and not before") {
  desk d;
  CHECK(d.registers("dora", "pw-d").empty());
  CHECK(d.asked(kind::make, "dora@example.org", "pw-d"));
  CHECK_FALSE(d.partition.has_account("dora@example.org"));
  CHECK(d.online("dora") == "refused");
  CHECK(d.told(account_outcome::done) == granted);
  CHECK(d.partition.has_account("dora@example.org"));
  CHECK(d.partition.password_of("dora@example.org") == std::nullopt);
  CHECK(d.online("dora") == "runs");
}

TEST_CASE("stored: what the storage refuses is no account") {
  struct row {
    account_outcome what;
    std::string answer;
  };
  const row rows[] = {
      {account_outcome::exists, refusal("cancel", "409", "conflict")},
      {account_outcome::full, refusal("wait", "500", "resource-constraint")},
      {account_outcome::unavailable, refusal("wait", "500", "internal-server-error")},
  };
  desk d;
  for (const auto& r : rows) {
    CHECK(d.registers("dora").empty());
    CHECK(d.told(r.what) == r.answer);
    CHECK_FALSE(d.partition.has_account("dora@example.org"));
    CHECK(d.partition.account_count() == 0);
  }
  CHECK(d.registers("dora").empty());
  CHECK(d.told(account_outcome::done) == granted);
}

TEST_CASE("stored: two cannot make the same account, nor more than there may be") {
  auto s = stored();
  s.max_accounts = 2;
  desk d(s);
  CHECK(d.registers("dora").empty());
  CHECK(d.registers("dora") == refusal("cancel", "409", "conflict"));
  CHECK(d.registers("emil").empty());
  CHECK(d.registers("fritz") == refusal("wait", "500", "resource-constraint"));
  CHECK(d.told(account_outcome::unavailable) == refusal("wait", "500", "internal-server-error"));
  CHECK(d.registers("fritz").empty());
  CHECK(d.requests.size() == 2);
}

TEST_CASE("stored: a password is checked elsewhere, for every name alike") {
  desk d;
  d.partition.add_stored_account("dora@example.org");
  for (const char* const name : {"dora", "nobody"}) {
    CHECK(d.logs_in(name, "pw").empty());
    CHECK(d.asked(kind::check_password, std::string(name) + "@example.org", "pw"));
    CHECK(d.told(account_outcome::wrong) == refusal("auth", "401", "not-authorized"));
  }
  CHECK(d.logs_in("dora", "pw").empty());
  CHECK(d.told(account_outcome::done) == granted);
  CHECK(d.logs_in("dora", "pw").empty());
  CHECK(d.told(account_outcome::unavailable) == refusal("wait", "500", "internal-server-error"));
  CHECK(d.logs_in("dora", "").empty());
  CHECK(d.asked(kind::check_password, "dora@example.org", ""));
}

TEST_CASE("stored: digests, where passwords are kept, and only there") {
  const std::string digest = "<query xmlns='jabber:iq:auth'><digest sid='3C9F'>00ff</digest></query>";
  const std::string fields = "<query xmlns='jabber:iq:auth'><username>dora</username></query>";
  desk without;
  without.partition.add_stored_account("dora@example.org");
  CHECK_FALSE(contains(without.auth("dora@example.org", fields, "get"), "digest"));
  CHECK(without.auth("dora@example.org/r", digest).empty());
  CHECK(without.asked(kind::refuse, "dora@example.org", ""));
  CHECK(without.told(account_outcome::wrong) == refusal("auth", "401", "not-authorized"));
  desk with(stored(true));
  with.partition.add_stored_account("dora@example.org");
  CHECK(contains(with.auth("dora@example.org", fields, "get"), "<digest/>"));
  CHECK(with.auth("dora@example.org/r", digest).empty());
  CHECK(with.asked(kind::check_digest, "dora@example.org", "00ff"));
  CHECK(with.requests[0].stream_id == "3C9F");
  CHECK(with.told(account_outcome::done) == granted);
}

TEST_CASE("stored: an account of the configuration hides the stored one, and nobody but the operator changes it") {
  desk d;
  d.partition.add_stored_account("dora@example.org");
  REQUIRE(d.partition.put_account(*base::jid::parse("dora@example.org"), "configured").ok());
  CHECK(d.logs_in("dora", "configured") == granted);
  CHECK(d.logs_in("dora", "stored").empty());
  CHECK(d.asked(kind::refuse, "dora@example.org", ""));  // as late as any other
  CHECK(d.told(account_outcome::wrong) == refusal("auth", "401", "not-authorized"));
  CHECK(d.partition.password_of("dora@example.org") == "configured");
  CHECK(d.online("dora") == "runs");
  CHECK(contains(d.says("<username>dora</username><password>mine</password>"), "not-allowed"));
  CHECK(contains(d.says("<remove/>"), "not-allowed"));
  CHECK(d.requests.empty());
  CHECK(d.logs_in("dora", "configured") == granted);
}

TEST_CASE("stored: a new password is confirmed when it is stored; one change at a time") {
  desk d;
  d.partition.add_stored_account("dora@example.org");
  CHECK(d.online("dora") == "runs");
  CHECK(d.says("<username>dora</username><password>new</password>", "first").empty());
  CHECK(d.asked(kind::change_password, "dora@example.org", "new"));
  CHECK(contains(d.says("<username>dora</username><password>newer</password>", "second"), "resource-constraint"));
  CHECK(contains(d.says("<remove/>", "third"), "resource-constraint"));
  CHECK(d.told(account_outcome::done) == "<iq type='result' id='first' from='example.org' to='dora@example.org/home'/>");
  CHECK(d.says("<username>dora</username><password>newer</password>", "fourth").empty());
  const auto answer = d.told(account_outcome::full);
  CHECK(contains(answer, "id='fourth'"));
  CHECK(contains(answer, "<error type='wait' code='500'><resource-constraint"));
  CHECK_FALSE(contains(answer, "newer"));
}

TEST_CASE("stored: who removes an account is gone when it is gone") {
  desk d;
  d.partition.add_stored_account("dora@example.org");
  CHECK(d.online("dora") == "runs");
  CHECK(d.says("<remove/>").empty());
  CHECK(d.asked(kind::remove, "dora@example.org", ""));
  CHECK(contains(d.told(account_outcome::unavailable), "internal-server-error"));
  CHECK(d.partition.has_account("dora@example.org"));
  CHECK(d.partition.session_count() == 1);
  CHECK(d.says("<remove/>").empty());
  CHECK(d.told(account_outcome::done) ==
        "<iq type='result' id='s1' from='example.org' to='dora@example.org/home'/> x Account removed");
  CHECK_FALSE(d.partition.has_account("dora@example.org"));
  CHECK(d.partition.session_count() == 0);
}

TEST_CASE("stored: the answer comes late: whoever asked has left") {
  desk d;
  d.partition.add_stored_account("dora@example.org");
  CHECK(d.online("dora") == "runs");
  CHECK(d.says("<username>dora</username><password>new</password>").empty());
  d.gone();
  CHECK(d.told(account_outcome::done).empty());
  CHECK(d.online("dora") == "runs");
  CHECK(d.says("<remove/>").empty());
  d.gone();
  CHECK(d.told(account_outcome::done).empty());
  CHECK_FALSE(d.partition.has_account("dora@example.org"));
  effects out;
  d.partition.on_account_answer(99, account_outcome::done, out);  // nobody asked
  CHECK(out.to_c2s.empty());
}

TEST_CASE("stored: what waits is bounded") {
  desk d;
  std::size_t taken = 0;
  std::string answer;
  while (taken < 10'000 && (answer = d.logs_in("dora", "pw")).empty()) ++taken;
  CHECK(taken == 4'096);
  CHECK(answer == refusal("wait", "500", "resource-constraint"));
  CHECK(d.registers("emil") == answer);
  CHECK(d.told(account_outcome::wrong) == refusal("auth", "401", "not-authorized"));
  CHECK(d.registers("emil").empty());
}

TEST_CASE("stored: names that belong elsewhere are not taken") {
  desk d;
  CHECK(d.partition.add_stored_account("dora@example.net"));
  CHECK_FALSE(d.partition.add_stored_account("dora@elsewhere.example"));
  CHECK_FALSE(d.partition.add_stored_account("nonsense"));
  CHECK(d.partition.account_count() == 1);
}
