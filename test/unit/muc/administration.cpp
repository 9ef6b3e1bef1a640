#include "world.hpp"

// XEP-0045 sections 8.2 to 8.6 (roles), 9 and 10.3 to 10.8 (affiliations), 7.13 (voice).

namespace couplet::muc {
namespace {

using namespace testing;

struct court : world {
  explicit court(const fields_of& fields = {}) {
    make("owner/x", "#cave", "owner", fields);
    admin("owner/x", "#cave",
          "<item affiliation='admin' jid='admin@example.org'/><item affiliation='member' jid='member@example.org'/>");
    for (const auto* who : {"admin", "member", "none"}) join(std::string(who) + "/x", "#cave/" + std::string(who));
  }
};

TEST_CASE("administration: a kick (8.2)") {
  court w;
  CHECK(w.admin("admin/x", "#cave", "<item nick='none' role='none'><reason>Avaunt!</reason></item>") ==
        lines{
            "admin/x <- iq:result #cave",
            "admin/x <- presence:unavailable #cave/none none/none jid=none/x actor=admin reason=Avaunt! 307",
            "member/x <- presence:unavailable #cave/none none/none actor=admin reason=Avaunt! 307",
            "owner/x <- presence:unavailable #cave/none none/none jid=none/x actor=admin reason=Avaunt! 307",
            "none/x <- presence:unavailable #cave/none none/none jid=none/x actor=admin reason=Avaunt! 307 110",
        });
  CHECK(w.admin("admin/x", "#cave", "<item nick='owner' role='none'/>") == lines{"admin/x <- iq:error #cave !not-allowed"});
  CHECK(w.admin("admin/x", "#cave", "<item nick='nobody' role='none'/>") == lines{"admin/x <- iq:error #cave !item-not-found"});
  CHECK(w.admin("member/x", "#cave", "<item nick='owner' role='none'/>") == lines{"member/x <- iq:error #cave !forbidden"});
  CHECK(w.admin("stranger/x", "#cave", "<item nick='owner' role='none'/>") == lines{"stranger/x <- iq:error #cave !forbidden"});
}

TEST_CASE("administration: voice and moderators (8.3, 8.4, 9.6, 9.7)") {
  court w(fields_of{{"moderatedroom", "1"}});
  const auto changes = [&w](std::string_view from, std::string_view nick, std::string_view role) {
    const auto told = w.admin(from, "#cave", "<item nick='" + std::string(nick) + "' role='" + std::string(role) + "'/>");
    return told.size() == 1 ? told[0].substr(told[0].find('!')) : told[1];
  };
  CHECK(changes("admin/x", "none", "participant") == "admin/x <- presence #cave/none none/participant jid=none/x actor=admin");
  CHECK(changes("admin/x", "none", "visitor") == "admin/x <- presence #cave/none none/visitor jid=none/x actor=admin");
  CHECK(changes("admin/x", "none", "moderator") == "admin/x <- presence #cave/none none/moderator jid=none/x actor=admin");
  CHECK(changes("none/x", "admin", "visitor") == "!not-allowed");
  CHECK(changes("none/x", "member", "moderator") == "!forbidden");
  CHECK(changes("admin/x", "owner", "participant") == "!not-allowed");
  CHECK(changes("admin/x", "none", "participant") == "admin/x <- presence #cave/none none/participant jid=none/x actor=admin");
}

TEST_CASE("administration: everything that a request asks for, or nothing (9.2)") {
  court w;
  const auto told = w.admin("admin/x", "#cave", "<item nick='none' role='none'/><item nick='owner' role='none'/>");
  CHECK(told == lines{"admin/x <- iq:error #cave !not-allowed"});
  CHECK(w.machine().occupant_count() == 4);
  struct row {
    const char *items, *condition;
  };
  const row table[] = {
      {"", "bad-request"},
      {"<item nick='none'/>", "bad-request"},
      {"<item nick='none' role='participant' affiliation='member'/>", "bad-request"},
      {"<item role='participant'/>", "bad-request"},
      {"<item nick='none' role='king'/>", "bad-request"},
      {"<item jid='none@example.org' affiliation='king'/>", "bad-request"},
      {"<item jid='@@' affiliation='member'/>", "jid-malformed"},
      {"<item jid='example.org' affiliation='admin'/>", "not-acceptable"},
      {"<item jid='admin@example.org' affiliation='outcast'/>", "conflict"},
  };
  for (const auto& r : table) {
    CAPTURE(r.items);
    CHECK(w.admin("admin/x", "#cave", r.items) == lines{"admin/x <- iq:error #cave !" + std::string(r.condition)});
  }
}

TEST_CASE("administration: bans (9.1, 9.2)") {
  court w;
  CHECK(w.admin("admin/x", "#cave", "<item affiliation='outcast' jid='none@example.org'><reason>Treason</reason></item>") ==
        lines{
            "admin/x <- iq:result #cave",
            "admin/x <- presence:unavailable #cave/none outcast/none jid=none/x actor=admin reason=Treason 301",
            "member/x <- presence:unavailable #cave/none outcast/none actor=admin reason=Treason 301",
            "owner/x <- presence:unavailable #cave/none outcast/none jid=none/x actor=admin reason=Treason 301",
            "none/x <- presence:unavailable #cave/none outcast/none jid=none/x actor=admin reason=Treason 301 110",
        });
  CHECK(contains(w.join("none/x", "#cave/none").front(), "!forbidden"));
  CHECK(w.admin("admin/x", "#cave", "<item affiliation='outcast'/>", "get").size() == 1);
  CHECK(contains(w.last[0], "<item affiliation='outcast' jid='none@example.org'/>"));
  // A whole domain, and who is there by his nickname.
  w.sends(
      "<presence from='a@elsewhere.net/x' to='cave@chat.example.org/far'><x xmlns='http://jabber.org/protocol/muc'/></presence>");
  CHECK(w.admin("owner/x", "#cave", "<item affiliation='outcast' jid='elsewhere.net'/>").size() == 5);
  CHECK(w.admin("owner/x", "#cave", "<item affiliation='outcast' nick='member'/>").size() == 4);
  CHECK(w.machine().occupant_count() == 2);
  w.admin("admin/x", "#cave", "<item affiliation='none' jid='none@example.org'/>");
  CHECK(w.join("none/x", "#cave/none").size() > 1);
}

TEST_CASE("administration: memberships (9.3 to 9.5)") {
  court w;
  CHECK(w.admin("admin/x", "#cave", "<item affiliation='member' jid='none@example.org'/>")[1] ==
        "admin/x <- presence #cave/none member/participant jid=none/x actor=admin");
  CHECK(w.admin("admin/x", "#cave", "<item affiliation='none' jid='none@example.org'/>")[1] ==
        "admin/x <- presence #cave/none none/participant jid=none/x actor=admin");
  CHECK(w.configure("owner/x", "#cave", {{"membersonly", "1"}}).size() ==
        9);  // the result, 104 to four, and the one who is none goes: 322
  CHECK(contains(summary(w.last.back()), "none/x <- presence:unavailable #cave/none none/none jid=none/x 322 110"));
  const auto told = w.admin("admin/x", "#cave", "<item affiliation='none' jid='member@example.org'/>");
  CHECK(told.back() == "member/x <- presence:unavailable #cave/member none/none jid=member/x actor=admin 321 110");
  // Who becomes a member of such a room and is not there is invited.
  CHECK(w.admin("admin/x", "#cave", "<item affiliation='member' jid='hag@example.org'><reason>come</reason></item>") ==
        lines{"admin/x <- iq:result #cave", "hag <- message #cave invite"});
}

TEST_CASE("administration: owners and admins are made by owners (10.3 to 10.8)") {
  court w;
  for (const auto* items :
       {"<item affiliation='admin' jid='member@example.org'/>", "<item affiliation='owner' jid='none@example.org'/>",
        "<item affiliation='none' jid='owner@example.org'/>"}) {
    CHECK(w.admin("admin/x", "#cave", items) == lines{"admin/x <- iq:error #cave !forbidden"});
  }
  CHECK(w.admin("owner/x", "#cave", "<item affiliation='member' jid='owner@example.org'/>") ==
        lines{"owner/x <- iq:error #cave !conflict"});
  CHECK(w.admin("owner/x", "#cave",
                "<item affiliation='owner' jid='hag@example.org'/><item affiliation='none' jid='hag@example.org'/>"
                "<item affiliation='none' jid='owner@example.org'/>") == lines{"owner/x <- iq:error #cave !conflict"});
  CHECK(w.admin("owner/x", "#cave", "<item affiliation='owner' jid='none@example.org'/>")[2] ==
        "member/x <- presence #cave/none owner/moderator actor=owner");
  CHECK(w.admin("owner/x", "#cave", "<item affiliation='member' jid='owner@example.org'/>")[1] ==
        "admin/x <- presence #cave/owner member/participant jid=owner/x actor=owner");
  CHECK(w.configure("owner/x", "#cave", {}) == lines{"owner/x <- iq:error #cave !forbidden"});
}

TEST_CASE("administration: who may see which list (8.5, 9.2, 9.5, 9.8, 10.5, 10.8)") {
  struct row {
    const char* item;
    std::string seen_by;  // owner, admin, member, none; y or n
    std::string non_anonymous;
  };
  const row table[] = {
      {"affiliation='owner'", "ynnn", "yyyy"},  {"affiliation='admin'", "ynnn", "yyyy"},
      {"affiliation='member'", "yynn", "yyyy"}, {"affiliation='outcast'", "yynn", "yynn"},
      {"role='moderator'", "yynn", "yynn"},     {"role='participant'", "yynn", "yynn"},
      {"role='visitor'", "yynn", "yynn"},
  };
  for (const bool anonymous : {true, false}) {
    court w(fields_of{{"whois", anonymous ? "moderators" : "anyone"}});
    for (const auto& r : table) {
      std::string got;
      for (const auto* who : {"owner/x", "admin/x", "member/x", "none/x"})
        got += contains(w.admin(who, "#cave", "<item " + std::string(r.item) + "/>", "get").front(), "iq:result") ? 'y' : 'n';
      CAPTURE(r.item);
      CHECK(got == (anonymous ? r.seen_by : r.non_anonymous));
    }
    CHECK(w.admin("owner/x", "#cave", "<item affiliation='none'/>", "get") == lines{"owner/x <- iq:error #cave !bad-request"});
    CHECK(w.admin("stranger/x", "#cave", "<item affiliation='member'/>", "get") ==
          lines{"stranger/x <- iq:error #cave !forbidden"});
    w.admin("owner/x", "#cave", "<item role='participant'/>", "get");
    CHECK(contains(w.last[0], "<item affiliation='member' role='participant' jid='member@example.org/x' nick='member'/>"));
  }
}

TEST_CASE("administration: voice is asked for and granted (7.13, 8.6)") {
  court w(fields_of{{"moderatedroom", "1"}});
  const std::string ask =
      "<x xmlns='jabber:x:data' type='submit'><field "
      "var='FORM_TYPE'><value>http://jabber.org/protocol/muc#request</value></field>"
      "<field var='muc#role'><value>participant</value></field></x>";
  CHECK(w.message("none/x", "#cave", ask, "") == lines{"admin/x <- message #cave", "owner/x <- message #cave"});
  for (const auto* part : {"muc#request_allow", "none@example.org/x", "<value>none</value>"}) CHECK(contains(w.last[0], part));
  CHECK(w.message("member/x", "#cave", ask, "") == lines{"member/x <- message:error #cave !not-allowed"});
  const auto approval = [](std::string_view allow) {
    return "<x xmlns='jabber:x:data' type='submit'><field "
           "var='FORM_TYPE'><value>http://jabber.org/protocol/muc#request</value></field>"
           "<field var='muc#role'><value>participant</value></field><field var='muc#roomnick'><value>none</value></field>"
           "<field var='muc#request_allow'><value>" +
           std::string(allow) + "</value></field></x>";
  };
  CHECK(w.message("none/x", "#cave", approval("1"), "") == lines{"none/x <- message:error #cave !forbidden"});
  CHECK(w.message("admin/x", "#cave", approval("0"), "").empty());
  CHECK(w.message("admin/x", "#cave", approval("true"), "").front() ==
        "admin/x <- presence #cave/none none/participant jid=none/x actor=admin");
}

}  // namespace
}  // namespace couplet::muc
