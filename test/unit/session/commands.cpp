// Ad-hoc commands (XEP-0050): how they are found, and the stages of one.

#include "admin_world.hpp"
#include "command_table.hpp"

using namespace couplet;
using namespace couplet::session;
using namespace couplet::session::testing;

namespace {

std::string disco(std::string_view what, std::string_view node) {
  std::string iq = "<iq id='d1' to='example.org' type='get'><query xmlns='http://jabber.org/protocol/disco#";
  return iq.append(what).append("' node='").append(node).append("'/></iq>");
}

const std::string list = "http://jabber.org/protocol/commands";
const std::string add = admin_node("add-user");
const std::string good = filled({{"accountjid", "new@example.org"}, {"password", "pw-new"}, {"password-verify", "pw-new"}});

}  // namespace

TEST_CASE("commands: admins find them, and nobody else does") {
  world w(with_admin());
  w.online("boss", "boss@example.org/desk");
  w.online("alice", "alice@example.org/home");
  const auto info =
      w.says("alice", "<iq id='i' type='get' to='example.org'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>");
  CHECK(contains(info.at(0), "<feature var='http://jabber.org/protocol/commands'/>"));
  const auto items = w.says("boss", disco("items", list)).at(0);
  CHECK(contains(items, "<query xmlns='http://jabber.org/protocol/disco#items' node='http://jabber.org/protocol/commands'>"));
  for (const auto* name : {"add-user", "delete-user", "change-user-password", "end-user-session", "get-online-users-list"})
    CHECK(contains(items, "<item jid='example.org' node='" + admin_node(name) + "' name='"));
  CHECK(contains(items, "node='urn:couplet:admin#reset'"));
  CHECK(contains(w.says("boss", disco("info", list)).at(0), "<identity category='automation' type='command-list'"));
  const auto one = w.says("boss", disco("info", add)).at(0);
  CHECK(contains(one, "<identity category='automation' type='command-node' name='Add a user'/>"));
  CHECK(contains(one, "<feature var='http://jabber.org/protocol/commands'/><feature var='jabber:x:data'/>"));
  CHECK(contains(w.says("boss", disco("info", admin_node("no-such"))).at(0), "item-not-found"));
  CHECK(contains(w.says("boss", disco("items", add)).at(0), "item-not-found"));
  for (const auto& iq :
       {disco("items", list), disco("info", list), disco("info", add), command_iq(add), command_iq(add, {}, good)})
    CHECK(contains(w.says("alice", iq).at(0), "<forbidden "));
  CHECK_FALSE(w.of("new@example.org").has_account("new@example.org"));
}

TEST_CASE("commands: what comes from elsewhere is nobody's, whatever it calls itself") {
  auto s = with_admin();
  s.other_domains = true;
  world w(s);
  auto iq = command_iq(add, {}, good);
  iq.replace(0, 3, "<iq from='boss@example.org/desk'");
  CHECK(w.deliver(iq).empty());  // the error goes to a session that is not there
  iq.replace(0, 32, "<iq from='bot.example.com'");
  const auto told = w.deliver(iq);
  REQUIRE(told.size() == 1);
  CHECK(contains(told[0], "<forbidden "));
  CHECK_FALSE(w.of("new@example.org").has_account("new@example.org"));
}

TEST_CASE("commands: without admins there are none") {
  world w;
  w.online("boss", "boss@example.org/desk");
  const auto info =
      w.says("boss", "<iq id='i' type='get' to='example.org'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>");
  CHECK_FALSE(contains(info.at(0), "protocol/commands"));
  CHECK(contains(w.says("boss", command_iq(add)).at(0), "service-unavailable"));
  CHECK(contains(w.says("boss", disco("items", list)).at(0), "item-not-found"));
}

TEST_CASE("commands: a form comes first, and what was filled in is done") {
  world w(with_admin());
  w.online("boss", "boss@example.org/desk");
  const auto first = w.says("boss", command_iq(add)).at(0);
  const auto id = session_id_in(first);
  CHECK(first ==
        "boss <- <iq type='result' id='c1' from='example.org' to='boss@example.org/desk'><command "
        "xmlns='http://jabber.org/protocol/commands' node='http://jabber.org/protocol/admin#add-user' sessionid='" +
            id +
            "' status='executing'><actions execute='complete'><complete/></actions><x xmlns='jabber:x:data' type='form'>"
            "<title>Add a user</title><instructions>Fill out this form to add a user.</instructions>"
            "<field var='FORM_TYPE' type='hidden'><value>http://jabber.org/protocol/admin</value></field>"
            "<field var='accountjid' type='jid-single' label='The Jabber ID for the account to be added'><required/></field>"
            "<field var='password' type='text-private' label='The password for this account'><required/></field>"
            "<field var='password-verify' type='text-private' label='Retype password'></field></x></command></iq>");
  const auto with_id = " sessionid='" + id + "'";
  const auto last = w.says("boss", command_iq(add, with_id + " action='complete'", good));
  CHECK(last == lines{"boss <- <iq type='result' id='c1' from='example.org' to='boss@example.org/desk'><command "
                      "xmlns='http://jabber.org/protocol/commands' node='http://jabber.org/protocol/admin#add-user' sessionid='" +
                      id + "' status='completed'></command></iq>"});
  CHECK(can_log_in(w, "new@example.org", "pw-new"));
  // The id is used up.
  CHECK(contains(w.says("boss", command_iq(add, with_id, good)).at(0), "<bad-sessionid "));
}

TEST_CASE("commands: what a stage may not be") {
  world w(with_admin());
  w.online("boss", "boss@example.org/desk");
  w.online("other", "boss@example.org/other");
  const auto id = session_id_in(w.says("boss", command_iq(add)).at(0));
  const auto with_id = " sessionid='" + id + "'";
  struct row {
    const char* who;
    std::string iq, condition, detail;
  };
  const row rows[] = {
      {"boss", command_iq(add, " action='undo'"), "<bad-request ", "<malformed-action "},
      {"boss", command_iq(add, " action='prev'"), "<bad-request ", "<bad-action "},
      {"boss", command_iq(add, " action='next'"), "<bad-request ", "<bad-action "},
      {"boss", command_iq(add, " action='cancel'"), "<bad-request ", "<bad-action "},
      {"boss", command_iq(add, with_id + " action='prev'", good), "<bad-request ", "<bad-action "},
      {"boss", command_iq(add, with_id + " action='next'", good), "<bad-request ", "<bad-action "},
      {"boss", command_iq(add, with_id), "<bad-request ", "<bad-payload "},
      {"boss", command_iq(add, with_id, filled({}, "urn:other")), "<bad-request ", "<bad-payload "},
      {"boss", command_iq(add, " sessionid='no-such'", good), "<bad-request ", "<bad-sessionid "},
      {"boss", command_iq(admin_node("delete-user"), with_id, good), "<bad-request ", "<bad-sessionid "},
      {"other", command_iq(add, with_id, good), "<bad-request ", "<bad-sessionid "},
      {"boss", command_iq("no-such"), "<item-not-found ", "There is no such command."},
      {"boss", command_iq(add, {}, {}, "get"), "<bad-request ", ""},
  };
  for (const auto& r : rows) {
    CAPTURE(r.iq);
    const auto answer = w.says(r.who, r.iq);
    REQUIRE(answer.size() == 1);
    CHECK(contains(answer[0], "<iq type='error' id='c1'"));
    CHECK(contains(answer[0], r.condition));
    CHECK(contains(answer[0], r.detail));
    CHECK_FALSE(contains(answer[0], "pw-new"));
  }
  CHECK_FALSE(w.of("new@example.org").has_account("new@example.org"));
  // It is open still: the form can be sent again, or the command cancelled.
  CHECK(contains(w.says("boss", command_iq(add, with_id + " action='cancel'")).at(0), "status='canceled'"));
  CHECK(contains(w.says("boss", command_iq(add, with_id, good)).at(0), "<bad-sessionid "));
  CHECK_FALSE(w.of("new@example.org").has_account("new@example.org"));
}

TEST_CASE("commands: they wait for some minutes, and not without limit") {
  auto s = with_admin();
  std::int64_t now = 5'000;
  s.now = [&now] { return now; };
  world w(s);
  w.online("boss", "boss@example.org/desk");
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < command_table::most_of_one; ++i)
    ids.push_back(session_id_in(w.says("boss", command_iq(add)).at(0)));
  CHECK(contains(w.says("boss", command_iq(add)).at(0), "<resource-constraint "));
  now += command_table::lifetime - 1;
  CHECK(contains(w.says("boss", command_iq(add, " sessionid='" + ids[0] + "'", good)).at(0), "status='completed'"));
  now += 1;
  const auto late = w.says("boss", command_iq(add, " sessionid='" + ids[1] + "'", good)).at(0);
  CHECK(contains(late, "<not-allowed "));
  CHECK(contains(late, "<session-expired xmlns='http://jabber.org/protocol/commands'/>"));
  CHECK(contains(w.says("boss", command_iq(add, " sessionid='" + ids[1] + "'", good)).at(0), "<bad-sessionid "));
  CHECK(contains(w.says("boss", command_iq(add)).at(0), "status='executing'"));
}

TEST_CASE("commands: of all together there are so many") {
  command_table t;
  for (std::size_t i = 0; i < command_table::most; ++i) CHECK(t.open(std::to_string(i / 4), "n", 0).has_value());
  CHECK_FALSE(t.open("x", "n", 0).has_value());
  CHECK_FALSE(t.open("x", "n", command_table::lifetime - 1).has_value());
  CHECK(t.open("x", "n", command_table::lifetime).has_value());
  CHECK(t.size() == 1);
}
