#include "route/message.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "route/codec.hpp"

using namespace couplet::route;

namespace {

using verb = session_control::verb;

#define SC "http://jabberd.jabberstudio.org/ns/session/1.0"

address jid(const char* text) {
  return address(std::string(text));
}

message read(std::string_view bytes, writer from) {
  auto got = parse(bytes, from);
  REQUIRE_MESSAGE(got.ok(), std::string(bytes));
  return std::move(got).value();
}

/// The answer, as bytes; empty where there is none.
std::string answer_to(message m, const char* text = "") {
  const message before = m;
  message answer;
  if (!bounce(m, answer, text)) {
    CHECK(m == before);
    return {};
  }
  std::string out;
  append(out, answer);
  return out;
}

}  // namespace

TEST_CASE("every kind has its name, its ends and its size") {
  const address from(5, "f");
  const address to(6, "to");
  const std::pair<message, const char*> kinds[] = {
      {auth(from, to, "1234"), "auth"},
      {session_start(from, to, "1234"), "session-start"},
      {session_started(from, to, "1234"), "session-started"},
      {stanza(from, to, "1234"), "stanza"},
      {failure(from, to, "12", "34"), "failure"},
      {session_control(from, to, verb::end), "session-control"},
      {controlled_stanza(from, to, "1", "2", "34"), "controlled-stanza"},
      {notice(from, to, "1234"), "notice"},
  };
  for (auto [m, name] : kinds) {
    CHECK(std::string_view(name_of(m)) == name);
    CHECK(from_of(std::as_const(m)) == from);
    CHECK(to_of(std::as_const(m)) == to);
    const bool bare = std::holds_alternative<session_control>(m);
    CHECK(size_of(m) == sizeof(message) + 3 + (bare ? 0 : 4));
    from_of(m).text = "longer";
    to_of(m).handle = 7;
    CHECK(from_of(std::as_const(m)).text == "longer");
    CHECK(to_of(std::as_const(m)).handle == 7);
    CHECK(size_of(m) == sizeof(message) + 8 + (bare ? 0 : 4));
  }
  session_control full(from, to, verb::start);
  full.target = "1";
  full.id = "22";
  full.c2s = "333";
  full.sm = "4444";
  full.failed = "55555";
  CHECK(size_of(full) == sizeof(message) + 3 + 15);
}

TEST_CASE("requests that nobody takes come back as the original manager sends them back") {
  // Both sides of each pair are recorded.
  struct pair {
    const char* sent;
    const char* text;
    const char* came_back;
  };
  const pair pairs[] = {
      {"<route type='auth' from='1@jadc2s' to='alice@unknown.host/r'><iq type='set' id='c4'><query "
       "xmlns='jabber:iq:auth'><username>alice</username><password>pw-a</password><resource>r</resource></query></iq></route>",
       "Unable to deliver, destination unknown",
       "<route type='error' from='alice@unknown.host/r' to='1@jadc2s' error='Unable to deliver, destination unknown'><iq "
       "type='set' id='c4'><query "
       "xmlns='jabber:iq:auth'><username>alice</username><password>pw-a</password><resource>r</resource></query></iq></route>"},
      {"<route type='session' from='2@jadc2s' to='nobody@localhost/home'/>", "Session Failed",
       "<route type='error' from='nobody@localhost/home' to='2@jadc2s' error='Session Failed'/>"},
      {"<route from='1@jadc2s' to='alice@localhost/deadbeef'><iq type='get' id='u1'><query "
       "xmlns='jabber:iq:roster'/></iq></route>",
       "Invalid Session",
       "<route from='alice@localhost/deadbeef' to='1@jadc2s' type='error' error='Invalid Session'><iq type='get' id='u1'><query "
       "xmlns='jabber:iq:roster'/></iq></route>"},
      {"<route to='other.host' from='3@jadc2s'><sc:session xmlns:sc='" SC
       "' action='start' target='alice@localhost/x' sc:c2s='3' id='s3'/></route>",
       "Unable to deliver, destination unknown",
       "<route to='3@jadc2s' from='other.host' type='error' error='Unable to deliver, destination unknown'><sc:session "
       "xmlns:sc='" SC "' action='start' target='alice@localhost/x' sc:c2s='3' id='s3'/></route>"},
      {"<route to='localhost' from='1@jadc2s'><presence xmlns:sc='" SC "' sc:c2s='1' sc:sm='ffff'/></route>", "Invalid User",
       "<route to='1@jadc2s' from='localhost' type='error' error='Invalid User'><presence xmlns:sc='" SC
       "' sc:c2s='1' sc:sm='ffff'/></route>"},
  };
  for (const pair& p : pairs) {
    message m = read(p.sent, writer::c2s);
    message answer;
    CHECK(bounce(m, answer, p.text));
    CHECK(answer == read(p.came_back, writer::manager));
  }
}

TEST_CASE("what comes for a client that is gone goes back with its child") {
  CHECK(answer_to(stanza(jid("bob@localhost/1a169a8c"), jid("2@jadc2s"), "<message id='b1'/>")) ==
        "<route from='2@jadc2s' to='bob@localhost/1a169a8c' type='error'><message id='b1'/></route>");
  CHECK(answer_to(controlled_stanza(jid("bob@localhost/work"), jid("15@jadc2s"), "15", "44c838b4", "<message id='b1'/>")) ==
        "<route from='15@jadc2s' to='bob@localhost/work' type='error'><message xmlns:sc='" SC
        "' sc:c2s='15' sc:sm='44c838b4' id='b1'/></route>");
}

TEST_CASE("a session that comes up for a client that is gone is ended") {
  CHECK(answer_to(session_started(jid("alice@localhost/57c1e755"), jid("7@jadc2s"), "<iq type='result' id='au1'/>"), "gone") ==
        "<route from='7@jadc2s' to='alice@localhost/57c1e755' type='error' error='gone'/>");
  // In process there is a handle and no text.
  message started = session_started(address(9), address(4), "");
  message answer;
  CHECK(bounce(started, answer, "gone"));
  CHECK(answer == message(failure(address(4), address(9), "gone")));

  session_control control(jid("localhost"), jid("7@jadc2s"), verb::started);
  control.c2s = "7";
  control.sm = "583bf49b";
  control.id = "0";
  control.target = "alice@localhost/home";
  CHECK(answer_to(control) == "<route from='7@jadc2s' to='localhost'><sc:session xmlns:sc='" SC
                              "' action='end' sc:c2s='7' sc:sm='583bf49b'/></route>");
}

TEST_CASE("a failure to user@host would end all sessions of the user: never made of a session's answer") {
  CHECK(answer_to(session_started(jid("alice@localhost"), jid("7@jadc2s"), "")).empty());
}

TEST_CASE("answers and errors are not answered") {
  const address sm = jid("alice@localhost/r");
  const address c2s = jid("7@jadc2s");
  CHECK(answer_to(auth(sm, c2s, "<iq type='result' id='1'/>")).empty());
  CHECK(answer_to(auth(sm, c2s, "<iq type=\"error\" id='1'><query/></iq>")).empty());
  CHECK(answer_to(auth(sm, c2s, "<iq type='&#114;esult' id='1'/>")).empty());
  CHECK(answer_to(auth(sm, c2s, "<presence type='error'/>")).empty());
  CHECK(answer_to(failure(sm, c2s, "Disconnected")).empty());
  CHECK(answer_to(failure(c2s, sm, "", "<message/>")).empty());
  CHECK(answer_to(stanza(sm, c2s, "")).empty());
  for (const verb v : {verb::ended, verb::created, verb::removed}) CHECK(answer_to(session_control(sm, c2s, v)).empty());
  for (const verb v : {verb::start, verb::started, verb::create, verb::remove, verb::unknown, verb::end}) {
    session_control failed(sm, c2s, v);
    failed.failed = "Session Failed";
    CHECK(answer_to(failed).empty());
    failed.failed.clear();
    CHECK_FALSE(answer_to(failed).empty());
  }
}

TEST_CASE("auth requests are answered, whatever their child is") {
  for (const char* const child : {"<iq type='get'/>", "<iq type='set'/>", "<message/>", "<presence/>", "<iq/>"})
    CHECK(answer_to(auth(jid("7@jadc2s"), jid("a@b"), child)) ==
          std::string("<route from='a@b' to='7@jadc2s' type='error'>") + child + "</route>");
}

TEST_CASE("nobody to answer, nobody to answer for") {
  CHECK(answer_to(stanza(address(), jid("x"), "<presence/>")).empty());
  CHECK(answer_to(stanza(jid("x"), address(), "<presence/>")).empty());
}

TEST_CASE("an answer is not answered: two ends never bounce for ever") {
  message m = stanza(jid("a"), jid("b/c"), "<message/>");
  message first;
  message second;
  REQUIRE(bounce(m, first));
  CHECK_FALSE(bounce(first, second));
}

TEST_CASE("a controlled stanza that found nobody goes back, and its session is ended; nothing else is said twice") {
  const auto sent_back = [](message m) {
    std::string said;
    bounce_to(m, [&said](message&& answer) { append(said, answer); });
    return said;
  };
  const std::string names = "xmlns:sc='" SC "' sc:c2s='7' sc:sm='583bf49b'";
  CHECK(sent_back(controlled_stanza(jid("a@b/c"), jid("7@jadc2s"), "7", "583bf49b", "<message id='1'/>")) ==
        "<route from='7@jadc2s' to='a@b/c' type='error'><message " + names + " id='1'/></route>" +
            "<route from='7@jadc2s' to='a@b/c'><sc:session xmlns:sc='" SC "' action='end' sc:c2s='7' sc:sm='583bf49b'/></route>");
  // It names no session, so none is ended.
  CHECK(sent_back(controlled_stanza(jid("a@b/c"), jid("7@jadc2s"), "7", "", "<message/>")).find("action") == std::string::npos);
  CHECK(sent_back(controlled_stanza(address(), jid("7@jadc2s"), "7", "583bf49b", "<message/>")).empty());
  CHECK(sent_back(stanza(jid("a@b/c"), jid("7@jadc2s"), "<message/>")) ==
        "<route from='7@jadc2s' to='a@b/c' type='error'><message/></route>");
  CHECK(sent_back(session_control(jid("a@b/c"), jid("7@jadc2s"), verb::ended)).empty());
}
