#include <doctest/doctest.h>

#include "driver.hpp"

// A session that the manager has lost is had again.

using namespace couplet;
using namespace couplet::stream::test;

namespace {

std::vector<std::string> take_texts(driver& d) {
  std::vector<std::string> all;
  for (const auto& r : std::exchange(d.routes, {})) all.push_back(r.kind + " " + r.address + " " + r.text);
  return all;
}

using texts = std::vector<std::string>;

constexpr const char* available = "<presence from='alice@example.org/home'><show>away</show></presence>";

}  // namespace

TEST_CASE("kept session: it is asked for again without a login, and presence is said again at once") {
  for (const bool sasl : {false, true}) {
    CAPTURE(sasl);
    driver d;
    if (sasl)
      d.sasl_open();
    else
      d.legacy_open();
    d.send("<presence/><presence><show>away</show></presence><presence to='bob@example.org' type='subscribe'/>");
    d.routes.clear();
    const auto logins = d.logins();
    CHECK(d.happens("manager anew").empty());
    CHECK(take_texts(d) == texts{"start alice@example.org/home "});
    CHECK(d.machine().holds_input());
    CHECK(d.from_manager("started", "alice@example.org/new").empty());
    CHECK(take_texts(d) == texts{std::string("stanza alice@example.org/new ") + available});
    CHECK(d.machine().holds_input());  // until everybody has his
    CHECK(d.happens("sessions back").empty());
    CHECK_FALSE(d.machine().holds_input());
    CHECK(d.from_manager("stanza", "alice@example.org/new", "<message/>") == "<message/>");
    d.send("<message/>");
    CHECK(take_texts(d) == texts{"stanza alice@example.org/new <message from='alice@example.org/home'/>"});
    CHECK(d.logins() == logins);
    CHECK(d.closed().empty());
  }
}

TEST_CASE("kept session: whoever was not available does not become so") {
  for (const auto* said : {"", "<presence/><presence type='unavailable'/>", "<presence to='bob@example.org'/>"}) {
    CAPTURE(said);
    driver d;
    d.legacy_open();
    d.send(said);
    d.routes.clear();
    d.happens("manager anew");
    d.routes.clear();
    d.from_manager("started", "alice@example.org/new");
    CHECK(d.routes.empty());
  }
}

TEST_CASE(
    "kept session: carbons and interest in the roster and the block list are as they were, and the client hears nothing of it") {
  constexpr const char* roster = "<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>";
  constexpr const char* enable = "<iq type='set' id='c' to='alice@example.org'><enable xmlns='urn:xmpp:carbons:2'/></iq>";
  constexpr const char* disable = "<iq type='set' id='d'><disable xmlns='urn:xmpp:carbons:2'/></iq>";
  const struct {
    std::string said;
    bool asks_roster;
    bool enables_carbons;
    bool asks_blocked = false;
  } rows[] = {{roster, true, false},
              {enable, false, true},
              {std::string(roster) + enable, true, true},
              {std::string(enable) + disable, false, false},
              {std::string(enable) + disable + enable, false, true},
              {std::string("<iq type='get' id='b'><blocklist xmlns='urn:xmpp:blocking'/></iq>") + roster, true, false, true},
              {"<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='x@y.org'/></block></iq>", false, false},
              {"<iq type='set' id='s'><query xmlns='jabber:iq:roster'><item jid='bob@example.org'/></query></iq>", false, false},
              {"<iq type='get' id='o' to='bob@example.org'><query xmlns='jabber:iq:roster'/></iq>", false, false},
              {"<iq type='set' id='o' to='bob@example.org'><enable xmlns='urn:xmpp:carbons:2'/></iq>", false, false},
              {"<iq type='set' id='x'><query xmlns='urn:x'>urn:xmpp:carbons:2</query></iq>", false, false}};
  for (const auto& row : rows) {
    for (const bool present : {false, true}) {
      INFO(row.said);
      CAPTURE(present);
      driver d;
      d.legacy_open();
      d.send(row.said);
      if (present) d.send("<presence><show>away</show></presence>");
      for (int round = 0; round < 2; ++round) {  // also of the manager behind the next one
        d.happens("manager anew");
        d.routes.clear();
        CHECK(d.from_manager("started", "alice@example.org/new").empty());
        const auto said = std::exchange(d.routes, {});
        texts payloads;
        for (const auto& r : said) {
          CHECK(r.address == "alice@example.org/new");
          payloads.push_back(r.text.substr(r.text.find('>') + 1));
        }
        texts expected;
        if (row.asks_roster) expected.emplace_back("<query xmlns='jabber:iq:roster'/></iq>");
        if (row.asks_blocked) expected.emplace_back("<blocklist xmlns='urn:xmpp:blocking'/></iq>");
        if (row.enables_carbons) expected.emplace_back("<enable xmlns='urn:xmpp:carbons:2'/></iq>");
        if (present) expected.emplace_back("<show>away</show></presence>");
        CHECK(payloads == expected);
        if (round == 0) continue;  // it goes before it has answered
        d.happens("sessions back");
        for (const auto& r : said) {
          if (!r.text.starts_with("<iq")) continue;
          CHECK(xml::find_attribute(r.text, "from") == "alice@example.org/home");
          const auto answer = "<iq type='result' id='" + std::string(xml::find_attribute(r.text, "id")) + "'/>";
          CHECK(d.from_manager("stanza", "alice@example.org/new", answer).empty());
          CHECK(d.from_manager("stanza", "alice@example.org/new", answer) == answer);  // once
        }
        CHECK(d.from_manager("stanza", "alice@example.org/new", "<iq type='result' id='r'/>") == "<iq type='result' id='r'/>");
      }
      CHECK(d.routes.empty());
      CHECK(d.closed().empty());
    }
  }
}

TEST_CASE("kept session: what nobody has handled is sent again, in order, when everybody is there") {
  driver d;
  d.legacy_open();
  d.send("<presence/>");
  d.routes.clear();
  d.from_manager("held", "", "<message id='1'/>");  // the news of the manager may come later
  d.happens("manager anew");
  d.from_manager("held", "", "<presence/>");  // said again anyway
  d.from_manager("held", "", "<presence to='bob@example.org'/>");
  CHECK(take_texts(d) == texts{"start alice@example.org/home "});
  d.from_manager("started", "alice@example.org/new");
  CHECK(take_texts(d) == texts{"stanza alice@example.org/new <presence from='alice@example.org/home'/>"});
  d.happens("sessions back");
  CHECK(take_texts(d) ==
        texts{"stanza alice@example.org/new <message id='1'/>", "stanza alice@example.org/new <presence to='bob@example.org'/>"});
}

TEST_CASE("kept session: stanzas for the lost one go back to the manager") {
  driver d;
  d.legacy_open();
  d.happens("manager anew");
  d.routes.clear();
  CHECK(d.from_manager("stanza", std::string(session_address), "<message id='late'/>").empty());
  CHECK(take_texts(d) == texts{"failure " + std::string(session_address) + " <message id='late'/>"});
}

TEST_CASE("kept session: a manager that does not give it ends the client, with an answer for what it sent") {
  driver d;
  d.legacy_open();
  d.happens("manager anew");
  d.from_manager("held", "", "<message id='1'/>");
  d.from_manager("held", "", "<iq type='result' id='2'/>");
  const auto said = d.from_manager("failure", "alice@example.org/home", "Session Failed");
  CHECK(said.starts_with("<message type='error' id='1'"));
  CHECK_FALSE(contains(said, "id='2'"));
  CHECK(contains(said, "<stream:error><reset "));
  CHECK(d.closed() == "session_ended");
}

TEST_CASE("kept session: when the link is lost again, the next manager is asked") {
  driver d;
  d.legacy_open();
  d.happens("manager anew");
  CHECK(d.from_manager("failure", "alice@example.org/home", std::string(route::failure_text::link_down)).empty());
  CHECK(d.closed().empty());
  d.routes.clear();
  d.happens("manager anew");
  CHECK(take_texts(d) == texts{"start alice@example.org/home "});
  d.from_manager("started", "alice@example.org/new");
  d.happens("manager anew");  // also when it was there, and not everybody else's
  CHECK(take_texts(d) == texts{"start alice@example.org/home "});
  d.from_manager("started", "alice@example.org/newer");
  d.happens("sessions back");
  CHECK_FALSE(d.machine().holds_input());
}

TEST_CASE("kept session: a manager that does not answer ends the client") {
  driver d;
  d.legacy_open();
  d.happens("manager anew");
  CHECK(contains(d.happens("deadline"), "<remote-connection-failed "));
  CHECK(d.closed() == "manager_timeout");
}

TEST_CASE("kept session: what a manager was asked that is gone is refused, and may be asked again") {
  constexpr const char* login =
      "<iq type='set' id='l'><query "
      "xmlns='jabber:iq:auth'><username>alice</username><password>x</password><resource>home</resource>"
      "</query></iq>";
  driver d;
  d.send(legacy_header);
  CHECK(d.happens("questions lost").empty());  // there is none
  for (int i = 0; i < 8; ++i) {                // it is nobody's fault: no attempt is counted
    d.send(login);
    CHECK(d.machine().holds_input());
    CHECK(contains(d.happens("questions lost"), "<remote-server-timeout "));
    CHECK_FALSE(d.machine().holds_input());
  }
  CHECK(d.closed().empty());
  driver bound;
  bound.sasl_restarted();
  bound.send("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>");
  CHECK(contains(bound.happens("questions lost"), "<remote-server-timeout "));
  driver kept;  // is asked for anew in any case
  kept.legacy_open();
  kept.happens("manager anew");
  CHECK(kept.happens("questions lost").empty());
  CHECK(kept.machine().holds_input());
}

TEST_CASE("kept session: who has no session asks for none") {
  driver d;
  d.send(legacy_header);
  d.happens("manager anew");
  CHECK(d.routes.empty());
  driver bound;
  bound.sasl_restarted();
  bound.happens("manager anew");
  CHECK(bound.routes.empty());
}

TEST_CASE(
    "kept session: who goes before everybody has his leaves what it had said, and is shown to have left where that is not sure") {
  constexpr const char* there = "alice@example.org/new";
  const auto left_by = [](driver& d) {
    texts all;
    const auto leaves = d.machine().leaves();
    if (leaves) all.push_back(leaves->who + (leaves->available ? " was available" : ""));
    for (const auto& m : d.machine().leaves_behind()) all.push_back(m.xml.empty() ? "end" : m.xml);
    return all;
  };
  for (const bool available : {false, true}) {
    CAPTURE(available);
    const std::string who = available ? "alice@example.org/home was available" : "alice@example.org/home";
    const auto opened = [available](driver& d) {
      d.legacy_open();
      if (available) d.send("<presence/>");
      // As it comes back to the client itself.
      if (available) d.from_manager("stanza", std::string(session_address), "<presence from='alice@example.org/home'/>");
      d.from_manager("held", "", "<message id='1'/>");
    };
    driver before;
    opened(before);
    CHECK(left_by(before) == texts{who, "<message id='1'/>"});
    driver due;
    opened(due);
    due.happens("manager anew");
    due.from_manager("held", "", "<message id='2'/>");
    CHECK(left_by(due) == texts{who, "<message id='1'/>", "<message id='2'/>", "end"});
    driver back;
    opened(back);
    back.happens("manager anew");
    back.from_manager("started", there);
    CHECK(left_by(back) == (available ? texts{who, "<message id='1'/>", "end"} : texts{who, "<message id='1'/>"}));
    driver seen;  // its own presence comes to itself, too
    opened(seen);
    seen.happens("manager anew");
    seen.from_manager("started", there);
    seen.happens("sessions back");
    seen.from_manager("stanza", there, "<presence type='error'/>");
    CHECK(left_by(seen) == (available ? texts{who, "end"} : texts{who}));
    seen.from_manager("stanza", there, "<presence from='bob@example.org/home'/>");
    CHECK(left_by(seen) == (available ? texts{who, "end"} : texts{who}));
    seen.from_manager("stanza", there, "<presence from='alice@example.org/home'/>");
    CHECK(left_by(seen) == texts{who});
    driver other;  // a manager that gives nobody his own presence
    other.legacy_open();
    if (available) other.send("<presence/>");
    other.happens("manager anew");
    other.from_manager("started", there);
    CHECK(left_by(other) == texts{who});
    driver refused;
    opened(refused);
    refused.happens("manager anew");
    refused.from_manager("failure", "alice@example.org/home", "Session Failed");
    CHECK(left_by(refused).empty());
    driver late;  // and was told what became of what it said
    opened(late);
    late.happens("manager anew");
    late.happens("deadline");
    CHECK(left_by(late) == texts{who, "end"});
    driver ended;
    opened(ended);
    ended.happens("manager anew");
    ended.from_manager("started", there);
    ended.from_manager("failure", there, "Replaced by new connection");
    CHECK(left_by(ended).empty());
  }
}

TEST_CASE("kept session: what comes back to somebody who is being shown out is answered, or forgotten when he is gone") {
  driver d;
  d.legacy_open();
  d.happens("end shutdown");
  d.happens("gone");
  CHECK(d.from_manager("held", "", "<message id='1'/>").empty());
}
