// The server is emptied by an admin.

#include "admin_world.hpp"

using namespace couplet;
using namespace couplet::session;
using namespace couplet::session::testing;

namespace {

const std::string reset_node = "urn:couplet:admin#reset";
const std::string yes = filled({{"confirm", "1"}}, "urn:couplet:admin");
const std::string alice = "alice@example.org", bob = "bob@example.org", dora = "dora@example.org";

std::string registers(const std::string& name, const std::string& password) {
  return "<iq id='r1' type='set'><query xmlns='jabber:iq:register'><username>" + name + "</username><password>" + password +
         "</password></query></iq>";
}

settings in_memory() {
  auto s = with_admin(true);
  s.offline = true;
  s.now = [] { return std::int64_t{1'000'000}; };
  return s;
}

/// Somebody of the configuration, somebody who has registered, and what they have.
class busy_world : public world {
 public:
  explicit busy_world(const settings& s, std::uint32_t partitions) : world(s, partitions) {
    online("boss", "boss@example.org/desk");
    account(alice, "pw-a");
    account(bob, "pw-b");
    online_as("alice", alice + "/home");
    if (s.stored) REQUIRE(of(dora).add_stored_account(dora));
    if (!s.stored) CHECK(auth(dora, registers("dora", "pw-d")) == "<iq type='result' id='r1'/>");
    online_as("dora", dora + "/home", true);
    says("alice", "<iq id='1' type='set'><query xmlns='jabber:iq:roster'><item jid='bob@example.org'/></query></iq>");
    says("alice", "<iq id='2' type='set'><vCard xmlns='vcard-temp'><FN>A</FN></vCard></iq>");
    says("alice", "<iq id='3' type='set'><block xmlns='urn:xmpp:blocking'><item jid='dora@example.org'/></block></iq>");
    says("boss", "<iq id='4' type='set'><query xmlns='jabber:iq:roster'><item jid='bob@example.org'/></query></iq>");
    says("alice", "<message to='bob@example.org' type='chat'><body>for later</body></message>");
    REQUIRE(storage.messages(bob) == 1);
  }
  void online_as(const std::string& name, const std::string& full, bool remote = false) {
    REQUIRE(starts(name, full, remote) == lines{name + " + started"});
    says(name, "<presence/>");
  }
};

bool has(const lines& said, const std::string& line) {
  return std::find(said.begin(), said.end(), line) != said.end();
}

}  // namespace

TEST_CASE("reset: everything goes, and the accounts of the configuration are as they were") {
  for (const std::uint32_t partitions : {1U, 3U}) {
    CAPTURE(partitions);
    busy_world w(in_memory(), partitions);
    // What users have changed is the operator's again.
    w.says("alice",
           "<iq id='p' type='set' to='example.org'><query xmlns='jabber:iq:register'><username>alice</username>"
           "<password>her own</password></query></iq>");
    CHECK(can_log_in(w, alice, "her own"));
    w.online("bob", bob + "/x");
    w.says("bob", "<iq id='p' type='set' to='example.org'><query xmlns='jabber:iq:register'><remove/></query></iq>");
    CHECK_FALSE(w.of(bob).has_account(bob));
    const auto said = w.says("boss", command_iq(reset_node));
    CHECK(contains(answer_for(said, "boss"), "status='completed'></command>"));
    CHECK(has(said, "alice x Server reset"));
    CHECK(has(said, "dora x Server reset"));
    CHECK_FALSE(has(said, "boss x Server reset"));
    CHECK(w.sessions() == 1);
    CHECK(w.storage.entries() == 0);
    CHECK(w.storage.messages(bob) == 0);
    CHECK_FALSE(w.of(dora).has_account(dora));
    CHECK(can_log_in(w, alice, "pw-a"));
    CHECK_FALSE(can_log_in(w, alice, "her own"));
    CHECK(w.of(bob).has_account(bob));

    // As if nothing had been: no contacts, nobody blocked, nothing waits; also for the admin, who is there still.
    const std::string get = "<iq id='g' type='get'><query xmlns='jabber:iq:roster'/></iq>";
    CHECK_FALSE(contains(w.says("boss", get).at(0), "<item"));
    w.online_as("alice", alice + "/home");
    CHECK_FALSE(contains(w.says("alice", get).at(0), "<item"));
    CHECK_FALSE(contains(w.says("alice", "<iq id='b' type='get'><blocklist xmlns='urn:xmpp:blocking'/></iq>").at(0), "<item"));
    REQUIRE(w.starts("bob", bob + "/home").size() == 1);
    const auto there = w.says("bob", "<presence/>");
    REQUIRE(there.size() == 1);
    CHECK(there[0].starts_with("bob <- <presence "));
    CHECK(w.auth(dora, registers("dora", "again")) == "<iq type='result' id='r1'/>");
    // And once more.
    CHECK(contains(answer_for(w.says("boss", command_iq(reset_node)), "boss"), "status='completed'"));
    CHECK_FALSE(w.of(dora).has_account(dora));
  }
}

TEST_CASE("reset: with accounts that last, only when it is confirmed") {
  auto s = in_memory();
  s.stored = true;
  busy_world w(s, 2);
  const auto form = answer_for(w.says("boss", command_iq(reset_node)), "boss");
  CHECK(contains(form, "status='executing'"));
  CHECK(contains(form, "<field var='confirm' type='boolean'"));
  const auto with_id = " sessionid='" + session_id_in(form) + "'";
  for (const auto& payload : {filled({}, "urn:couplet:admin"), filled({{"confirm", "0"}}, "urn:couplet:admin")}) {
    const auto refused = answer_for(w.says("boss", command_iq(reset_node, with_id, payload)), "boss");
    CHECK(contains(refused, "<bad-payload "));
    CHECK(contains(refused, "Nothing was done"));
  }
  CHECK(w.sessions() == 3);
  const auto said = w.says("boss", command_iq(reset_node, with_id, yes));
  CHECK(contains(answer_for(said, "boss"), "status='completed'></command>"));
  CHECK(has(said, "dora x Server reset"));
  CHECK(w.storage.entries() == 0);
  CHECK_FALSE(w.of(dora).has_account(dora));
  CHECK(w.of(alice).has_account(alice));
}

TEST_CASE("reset: while the storage works on it no session begins, and what it cannot do leaves all there is") {
  auto s = in_memory();
  s.stored = true;
  busy_world w(s, 2);
  w.storage_waits = true;
  const auto began = w.says("boss", command_iq(reset_node, {}, yes));
  CHECK(answer_for(began, "boss").empty());
  CHECK(w.starts("alice", alice + "/home") == lines{"alice x Too many sessions"});
  CHECK(
      contains(w.auth(alice + "/r", "<iq id='l' type='set'><query xmlns='jabber:iq:auth'><password>pw-a</password></query></iq>"),
               "<resource-constraint "));
  CHECK(contains(answer_for(w.says("boss", command_iq(reset_node, {}, yes)), "boss"), "is being emptied already"));
  w.storage.broken = storage_outcome::unavailable;
  const auto said = w.storage_answers();
  const auto answer = answer_for(said, "boss");
  CHECK(contains(answer, "<internal-server-error "));
  CHECK(contains(answer, "could not be emptied"));
  w.storage.broken = storage_outcome::done;
  CHECK(w.of(dora).has_account(dora));
  CHECK(w.storage.messages(bob) == 1);
  CHECK(w.starts("alice", alice + "/home") == lines{"alice + started"});
  CHECK(contains(w.says("alice", "<iq id='g' type='get'><query xmlns='jabber:iq:roster'/></iq>").at(0), "bob@example.org"));
}

TEST_CASE("reset: what a client gives back that was sent before it is gone") {
  busy_world w(in_memory(), 1);
  w.online_as("bob", bob + "/home");
  const auto session = w.session("bob");
  w.says("boss", command_iq(reset_node));
  const std::string message =
      "<message from='boss@example.org/desk' to='bob@example.org' type='chat' id='m'><body>old</body></message>";
  const auto said = w.route(route::failure(w.c2s("bob"), session, {}, message));
  REQUIRE(said.size() == 1);
  CHECK(contains(said[0], "boss <- <message type='error' id='m'"));
  CHECK(w.storage.messages(bob) == 0);
}

TEST_CASE("reset: an admin who is not of the configuration goes with all others, behind the answer") {
  auto s = in_memory();
  s.accept_any_user = true;
  world w(s, 2);
  w.account(alice);
  CHECK(can_log_in(w, "boss@example.org", "pw"));
  REQUIRE(w.starts("boss", "boss@example.org/desk").size() == 1);
  const auto said = w.says("boss", command_iq(reset_node));
  CHECK(contains(answer_for(said, "boss"), "status='completed'"));
  CHECK(said.back() == "boss x Account removed");
  CHECK_FALSE(w.of("boss@example.org").has_account("boss@example.org"));
  CHECK(w.of(alice).has_account(alice));
  CHECK(w.sessions() == 0);
}
