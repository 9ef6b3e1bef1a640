// The commands of admins (XEP-0133): accounts in all partitions, with passwords in memory and stored.

#include "admin_world.hpp"

using namespace couplet;
using namespace couplet::session;
using namespace couplet::session::testing;
using kind = account_request::kind;

namespace {

const std::string add = admin_node("add-user");
const std::string remove_users = admin_node("delete-user");
const std::string change = admin_node("change-user-password");
const std::string end = admin_node("end-user-session");

std::string user(int i) {
  return "user" + std::to_string(i) + "@example.org";
}

std::string account_form(const std::string& jid, const std::string& password) {
  return filled({{"accountjid", jid}, {"password", password}});
}

/// Ten accounts in three partitions, and their admin.
class service : public world {
 public:
  explicit service(const settings& s = with_admin(), std::uint32_t partitions = 3) : world(s, partitions) {
    online("boss", "boss@example.org/desk");
    for (int i = 0; i < 10; ++i) account(user(i), "pw-" + std::to_string(i));
  }
};

}  // namespace

TEST_CASE("admin: accounts are added and deleted, wherever they live") {
  service w;
  for (int i = 10; i < 20; ++i) {
    CHECK(contains(executes(w, "boss", add, account_form(user(i), "of " + std::to_string(i))), "status='completed'"));
    CHECK(can_log_in(w, user(i), "of " + std::to_string(i)));
  }
  const auto again = does(w, "boss", add, account_form("USER11@Example.ORG", "taken-over"));
  CHECK(contains(again, "<conflict "));
  CHECK(contains(again, "user11@example.org: there is such an account already"));
  CHECK_FALSE(can_log_in(w, user(11), "taken-over"));

  w.online("user12", user(12) + "/home");
  w.says("user12", "<iq id='v' type='set'><vCard xmlns='vcard-temp'><FN>X</FN></vCard></iq>");
  w.says("user12", "<iq id='b' type='set'><block xmlns='urn:xmpp:blocking'><item jid='boss@example.org'/></block></iq>");
  const auto said = w.says("boss", command_iq(remove_users, {}, filled_with("accountjids", {user(12), user(13), user(12)})));
  CHECK(contains(answer_for(said, "boss"), "status='completed'></command>"));
  CHECK(std::find(said.begin(), said.end(), "user12 x Account removed") != said.end());
  CHECK_FALSE(w.of(user(12)).has_account(user(12)));
  CHECK_FALSE(w.of(user(13)).has_account(user(13)));
  CHECK(w.storage.entry(user(12), storage::entry_kind::vcard) == "(none)");
  CHECK(w.storage.entry(user(12), storage::entry_kind::blocked, "boss@example.org") == "(none)");
  const auto gone = does(w, "boss", remove_users, filled_with("accountjids", {user(12)}));
  CHECK(contains(gone, "<item-not-found "));
  // Of several that one is not there is said, and the others are done.
  const auto some = does(w, "boss", remove_users, filled_with("accountjids", {user(12), user(14)}));
  CHECK(contains(some, "<note type='error'>user12@example.org: there is no such account or session</note>"));
  CHECK(contains(some, "status='completed'"));
  CHECK_FALSE(w.of(user(14)).has_account(user(14)));
}

TEST_CASE("admin: passwords are changed") {
  service w;
  CHECK(contains(executes(w, "boss", change, account_form(user(3), "new one")), "status='completed'"));
  CHECK(can_log_in(w, user(3), "new one"));
  CHECK_FALSE(can_log_in(w, user(3), "pw-3"));
  CHECK(contains(does(w, "boss", change, account_form("nobody@example.org", "x")), "<item-not-found "));
}

TEST_CASE("admin: fields that are wrong are named, and nothing is done") {
  service w;
  struct row {
    std::string node, form, says;
  };
  const row rows[] = {
      {add, filled({}), "A JID is missing."},
      {add, filled({{"accountjid", "new@example.org"}}), "A password is missing."},
      {add, account_form("new@example.org", ""), "A password is missing."},
      {add, account_form("new@example.org", std::string(1'024, 'x')), "at most 1023 bytes"},
      {add, filled({{"accountjid", "new@example.org"}, {"password", "secret-1"}, {"password-verify", "secret-2"}}),
       "The two passwords differ."},
      {add, account_form("a b", "secret-1"), "a b is not the JID of an account."},
      {add, account_form("example.org", "secret-1"), "is not the JID of an account."},
      {add, account_form("new@example.org/home", "secret-1"), "is not the JID of an account."},
      {add, account_form("new@elsewhere.org", "secret-1"), "is not of a domain that is served here."},
      {add, account_form("0f8fad5b-d9cb-469f-a165-70867728950e@example.org", "secret-1"), "no account can have this name"},
      {remove_users, filled({}), "names nobody"},
      {remove_users, filled_with("accountjids", {user(1), "a b"}), "a b is not the JID of an account."},
      {remove_users, filled_with("accountjids", {user(1), "boss@example.org"}), "does not delete the own account"},
      {remove_users, filled_with("accountjids", std::vector<std::string>(1'001, user(1))), "At most 1000 at once."},
      {end, filled_with("accountjids", {"example.org"}), "is not the JID of an account."},
      {end, filled_with("accountjids", {user(1)}), "there is no such account or session"},
      {admin_node("user-stats"), filled({}), "A JID is missing."},
      {admin_node("get-online-users-list"), filled({{"max_items", "0"}}), "max_items is a number from 1 to 10000, or none."},
      {admin_node("get-online-users-list"), filled({{"max_items", "some"}}), "max_items is"},
  };
  for (const auto& r : rows) {
    CAPTURE(r.form);
    const auto answer = does(w, "boss", r.node, r.form);
    CHECK(contains(answer, "type='error'"));
    CHECK_MESSAGE(contains(answer, r.says), answer);
    CHECK_FALSE(contains(answer, "secret-"));
  }
  CHECK_FALSE(w.of("new@example.org").has_account("new@example.org"));
  CHECK(w.of(user(1)).has_account(user(1)));
}

TEST_CASE("admin: sessions are ended, all of an account or one, also those of other processes") {
  service w;
  w.online("phone", user(1) + "/phone");
  w.online("laptop", user(1) + "/laptop", 0, true);
  w.online("other", user(2) + "/home");
  auto said = w.says("boss", command_iq(end, {}, filled_with("accountjids", {user(1) + "/laptop"})));
  CHECK(contains(answer_for(said, "boss"), "status='completed'></command>"));
  CHECK(std::find(said.begin(), said.end(), "laptop x Ended by an administrator") != said.end());
  CHECK(w.sessions() == 3);
  said = w.says("boss", command_iq(end, {}, filled_with("accountjids", {user(1), user(2)})));
  CHECK(std::find(said.begin(), said.end(), "phone x Ended by an administrator") != said.end());
  CHECK(std::find(said.begin(), said.end(), "other x Ended by an administrator") != said.end());
  CHECK(w.sessions() == 1);
  CHECK(w.of(user(1)).has_account(user(1)));
  // The own one ends behind the answer.
  w.online("boss2", "boss@example.org/other");
  said = w.says("boss", command_iq(end, {}, filled_with("accountjids", {"boss@example.org"})));
  REQUIRE(said.size() >= 2);
  CHECK(said.back() == "boss x Ended by an administrator");
  CHECK(contains(answer_for(said, "boss"), "status='completed'></command>"));
  CHECK(w.sessions() == 0);
}

TEST_CASE("admin: who is there is counted, listed and described") {
  service w;
  w.account("else@example.net");
  w.starts("else", "else@example.net/r");
  for (int i = 0; i < 4; ++i) w.starts("u" + std::to_string(i), user(i) + "/home");
  w.starts("second", user(0) + "/phone");
  const auto field = [](std::string_view var, std::initializer_list<std::string> values) {
    std::string text = "<field var='" + std::string(var) + "'";
    return std::pair(text, values);
  };
  const auto holds = [&](const std::string& answer, std::string_view var, std::initializer_list<std::string> values) {
    std::string text;
    for (const auto& v : values) text += "<value>" + v + "</value>";
    const auto at = answer.find(field(var, {}).first);
    REQUIRE_MESSAGE(at != std::string::npos, answer);
    const auto begin = answer.find('>', at) + 1;
    return answer.substr(begin, answer.find("</field>", begin) - begin) == text;
  };
  CHECK(holds(does(w, "boss", admin_node("get-registered-users-num")), "registeredusersnum", {"11"}));
  CHECK(holds(does(w, "boss", admin_node("get-online-users-num")), "onlineusersnum", {"5"}));
  const auto online_list = admin_node("get-online-users-list");
  CHECK(holds(executes(w, "boss", online_list, filled({{"max_items", "none"}})), "onlineuserjids",
              {"boss@example.org", user(0), user(1), user(2), user(3)}));
  const auto two = does(w, "boss", online_list, filled({{"max_items", "2"}}));
  CHECK(contains(two, "<note type='info'>2 of 5 are shown.</note>"));
  const auto all = executes(w, "boss", admin_node("get-registered-users-list"), filled({}));
  CHECK(contains(all, "<value>user9@example.org</value>"));
  CHECK_FALSE(contains(all, "example.net"));
  w.says("u0", "<iq id='r' type='set'><query xmlns='jabber:iq:roster'><item jid='x@example.org'/></query></iq>");
  const auto about = executes(w, "boss", admin_node("user-stats"), filled({{"accountjid", user(0)}}));
  CHECK(holds(about, "rostersize", {"1"}));
  CHECK(holds(about, "onlineresources", {"home", "phone"}));
}

TEST_CASE("admin: accounts that are stored are changed when the storage says so") {
  auto s = with_admin();
  s.stored = true;
  service w(s);
  REQUIRE(w.of("dora@example.org").add_stored_account("dora@example.org"));
  std::vector<std::pair<kind, std::string>> asked;
  auto outcome = account_outcome::done;
  w.accounts = [&](const account_request& r) {
    asked.emplace_back(r.what, r.bare_jid + " " + r.secret);
    return outcome;
  };
  CHECK(contains(executes(w, "boss", add, account_form("emil@example.org", "pw-e")), "status='completed'"));
  CHECK(w.of("emil@example.org").has_account("emil@example.org"));
  CHECK(contains(executes(w, "boss", change, account_form("dora@example.org", "pw-d")), "status='completed'"));
  CHECK(contains(executes(w, "boss", remove_users, filled_with("accountjids", {"dora@example.org"})), "status='completed'"));
  CHECK_FALSE(w.of("dora@example.org").has_account("dora@example.org"));
  CHECK(asked == std::vector<std::pair<kind, std::string>>{{kind::make, "emil@example.org pw-e"},
                                                           {kind::change_password, "dora@example.org pw-d"},
                                                           {kind::remove, "dora@example.org "}});
  // Those of the configuration are the operator's.
  CHECK(contains(does(w, "boss", change, account_form(user(1), "x")), "<not-allowed "));
  CHECK(contains(does(w, "boss", remove_users, filled_with("accountjids", {user(1)})), "<not-allowed "));
  CHECK(asked.size() == 3);
  outcome = account_outcome::full;
  CHECK(contains(does(w, "boss", add, account_form("fay@example.org", "x")), "<resource-constraint "));
  outcome = account_outcome::unavailable;
  CHECK(contains(does(w, "boss", remove_users, filled_with("accountjids", {"emil@example.org"})), "<internal-server-error "));
  CHECK(w.of("emil@example.org").has_account("emil@example.org"));
  CHECK_FALSE(w.of("fay@example.org").has_account("fay@example.org"));
}

TEST_CASE("admin: where accounts are elsewhere, nobody administers them here") {
  auto s = with_admin();
  s.accounts_elsewhere = true;
  world w(s);
  w.starts("boss", "boss@example.org/desk");
  for (const auto& node : {add, remove_users, change, admin_node("get-registered-users-num")})
    CHECK(contains(w.says("boss", command_iq(node)).at(0), "<item-not-found "));
  CHECK(contains(does(w, "boss", admin_node("get-online-users-num")), "<value>1</value>"));
}

TEST_CASE("admin: nobody gets the name of an admin by registration") {
  auto s = with_admin(true);
  world w(s);
  const std::string iq =
      "<iq id='r1' type='set'><query xmlns='jabber:iq:register'><username>boss</username><password>x</password></query></iq>";
  CHECK(contains(w.auth("boss@example.org", iq), "<conflict "));
  CHECK(w.auth("else@example.org", iq) == "<iq type='result' id='r1'/>");
}
