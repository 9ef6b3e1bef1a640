#include "route/codec.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace couplet::route;

namespace {

using verb = session_control::verb;

message read(std::string_view bytes, writer from = writer::c2s) {
  auto got = parse(bytes, from);
  REQUIRE_MESSAGE(got.ok(), std::string(bytes), " gave ", got.ok() ? "" : got.error_text());
  return std::move(got).value();
}

std::string why(std::string_view bytes, writer from = writer::c2s) {
  const auto got = parse(bytes, from);
  return got.ok() ? std::string("accepted as ") + name_of(got.value()) : got.error_text();
}

std::string written(const message& m) {
  std::string out;
  append(out, m);
  return out;
}

address jid(const char* text) {
  return address(std::string(text));
}

// Given as SC below.
#define SC "http://jabberd.jabberstudio.org/ns/session/1.0"

TEST_CASE("codec: a route that cannot be read is answered where somebody can be") {
  const auto refusal = [](std::string_view bytes) {
    std::string out = "before";
    const bool any = append_refusal(out, bytes, "why & how");
    CHECK(any == (out.size() > 6));
    return out.substr(6);
  };
  CHECK(refusal("<route from='a@c' to='b@d'><a/><b/></route>") ==
        "<route from='b@d' to='a@c' type='error' error='why &amp; how'/>");
  CHECK(refusal("<route from='a@c' to='b@d' type='odd'/>") == "<route from='b@d' to='a@c' type='error' error='why &amp; how'/>");
  CHECK(refusal("<route to='b@d'><a/><b/></route>").empty());
  CHECK(refusal("<route from='a@c'><a/></route>").empty());
  CHECK(refusal("<route from='a@c' to='b@d' type='error'><a/><b/></route>").empty());
  CHECK(refusal("<other from='a@c' to='b@d'/>").empty());
}

}  // namespace

TEST_CASE("auth, as recorded") {
  const char* const query = "<iq id='ag1' type='get'><query xmlns='jabber:iq:auth'><username>alice</username></query></iq>";
  const message expected = auth(jid("7@jadc2s"), jid("alice@localhost"), query);
  CHECK(read("<route type='auth' from='7@jadc2s' to='alice@localhost'><iq id='ag1' type='get'><query xmlns='jabber:iq:auth'>"
             "<username>alice</username></query></iq></route>") == expected);
  CHECK(written(expected) ==
        "<route from='7@jadc2s' to='alice@localhost' type='auth'><iq id='ag1' type='get'><query xmlns='jabber:iq:auth'>"
        "<username>alice</username></query></iq></route>");
}

TEST_CASE("type='session' is a request from the c2s and an answer from the manager") {
  const char* const bytes = "<route type='session' from='7@jadc2s' to='alice@localhost/home'/>";
  CHECK(read(bytes, writer::c2s) == message(session_start(jid("7@jadc2s"), jid("alice@localhost/home"))));
  CHECK(read(bytes, writer::manager) == message(session_started(jid("7@jadc2s"), jid("alice@localhost/home"))));
  CHECK(read("<route type='session' from='2@jadc2s' to='bob@localhost/work' id='x1'><iq xmlns='jabber:client' type='result' "
             "id='au1'/></route>") ==
        message(session_start(jid("2@jadc2s"), jid("bob@localhost/work"), "<iq xmlns='jabber:client' type='result' id='au1'/>")));
  CHECK(written(session_start(jid("7@jadc2s"), jid("alice@localhost/home"))) ==
        "<route from='7@jadc2s' to='alice@localhost/home' type='session'/>");
  CHECK(written(session_started(jid("alice@localhost/57c1e755"), jid("7@jadc2s"), "<iq id='1'/>")) ==
        "<route from='alice@localhost/57c1e755' to='7@jadc2s' type='session'><iq id='1'/></route>");
}

TEST_CASE("a stanza, as recorded, with xml:lang on the route") {
  CHECK(read("<route xml:lang='en' from='bob@localhost/285ff43a' to='2@jadc2s'><message to='bob@localhost/work' type='chat' "
             "from='alice@localhost/home'><body>hi</body></message></route>",
             writer::manager) ==
        message(stanza(jid("bob@localhost/285ff43a"), jid("2@jadc2s"),
                       "<message to='bob@localhost/work' type='chat' from='alice@localhost/home'><body>hi</body></message>")));
  CHECK(written(stanza(jid("7@jadc2s"), jid("alice@localhost/57c1e755"), "<presence/>")) ==
        "<route from='7@jadc2s' to='alice@localhost/57c1e755'><presence/></route>");
}

TEST_CASE("an empty route is a stanza without XML") {
  const message empty = stanza(jid("1@jadc2s"), jid("alice@localhost/57c1e755"), "");
  CHECK(read("<route from='1@jadc2s' to='alice@localhost/57c1e755'/>") == empty);
  CHECK(read("<route from='1@jadc2s' to='alice@localhost/57c1e755'></route>") == empty);
  CHECK(read("<route from='1@jadc2s' to='alice@localhost/57c1e755'> \r\n\t</route>") == empty);
  CHECK(written(empty) == "<route from='1@jadc2s' to='alice@localhost/57c1e755'/>");
}

TEST_CASE("failures keep their child as it is, session control included") {
  CHECK(read("<route type='error' error='Disconnected' from='alice@localhost/44e9a70b' to='7@jadc2s'/>", writer::manager) ==
        message(failure(jid("alice@localhost/44e9a70b"), jid("7@jadc2s"), "Disconnected")));
  const char* const command = "<sc:session xmlns:sc='" SC "' action='ended' sc:c2s='3' sc:sm='3'/>";
  CHECK(read(std::string("<route from='bob@localhost/work' to='3@jadc2s' type='error' error='Component &apos;jadc2s&apos; is not "
                         "connected to server'>") +
                 command + "</route>",
             writer::manager) ==
        message(failure(jid("bob@localhost/work"), jid("3@jadc2s"), "Component 'jadc2s' is not connected to server", command)));
  CHECK(written(failure(jid("7@jadc2s"), jid("alice@localhost/57c1e755"))) ==
        "<route from='7@jadc2s' to='alice@localhost/57c1e755' type='error'/>");
  CHECK(written(failure(jid("a"), jid("b"), "it's <gone> & \"over\"", "<presence/>")) ==
        "<route from='a' to='b' type='error' error='it&apos;s &lt;gone&gt; &amp; &quot;over&quot;'><presence/></route>");
}

TEST_CASE("a session control command, as recorded") {
  session_control started(jid("bob@localhost/work"), jid("2@jadc2s"), verb::started);
  started.target = "bob@localhost/work";
  started.c2s = "2";
  started.id = "s2";
  started.sm = "50695072";
  const char* const child =
      "<sc:session xmlns:sc='" SC "' action='started' target='bob@localhost/work' sc:c2s='2' id='s2' sc:sm='50695072'/>";
  CHECK(read(std::string("<route to='2@jadc2s' from='bob@localhost/work'>") + child + "</route>", writer::manager) ==
        message(started));
  CHECK(written(started) == std::string("<route from='bob@localhost/work' to='2@jadc2s'>") + child + "</route>");
}

TEST_CASE("every action has its word on the wire") {
  const std::pair<verb, const char*> words[] = {{verb::start, "start"},   {verb::started, "started"}, {verb::end, "end"},
                                                {verb::ended, "ended"},   {verb::create, "create"},   {verb::created, "created"},
                                                {verb::remove, "delete"}, {verb::removed, "deleted"}};
  for (const auto& [action, word] : words) {
    const std::string bytes = std::string("<route from='c' to='s'><sc:session xmlns:sc='" SC "' action='") + word + "'/></route>";
    CHECK(read(bytes) == message(session_control(jid("c"), jid("s"), action)));
    CHECK(written(session_control(jid("c"), jid("s"), action)) == bytes);
  }
  CHECK(read("<route from='c' to='s'><sc:session xmlns:sc='" SC "' action='bogus'/></route>") ==
        message(session_control(jid("c"), jid("s"), verb::unknown)));
  CHECK(written(session_control(jid("c"), jid("s"), verb::unknown)) == "<route from='c' to='s'><sc:session xmlns:sc='" SC
                                                                       "'/></route>");
}

TEST_CASE("an ended of the special form: sm holds the c2s' id, foreign attributes say why") {
  session_control ended(jid("localhost"), jid("1@jadc2s"), verb::ended);
  ended.c2s = ended.sm = "1";
  CHECK(read("<route to='1@jadc2s' from='localhost'><sc:session xmlns:sc='" SC
             "' action='ended' sc:c2s='1' sc:sm='1' xmlns:ns0='http://jabberd.org/ns/errmsg' ns0:msg='Invalid User'/></route>",
             writer::manager) == message(ended));
}

TEST_CASE("a stanza of the second generation, as recorded") {
  const message expected = controlled_stanza(jid("localhost"), jid("7@jadc2s"), "7", "583bf49b",
                                             "<iq id='ro1' type='result' from='alice@localhost/home'><query "
                                             "xmlns='jabber:iq:roster'/></iq>");
  CHECK(read("<route from='localhost' to='7@jadc2s'><iq id='ro1' type='result' from='alice@localhost/home' xmlns:sc='" SC
             "' sc:c2s='7' sc:sm='583bf49b'><query xmlns='jabber:iq:roster'/></iq></route>",
             writer::manager) == expected);
  CHECK(written(expected) == "<route from='localhost' to='7@jadc2s'><iq xmlns:sc='" SC
                             "' sc:c2s='7' sc:sm='583bf49b' id='ro1' type='result' from='alice@localhost/home'><query "
                             "xmlns='jabber:iq:roster'/></iq></route>");
  CHECK(written(controlled_stanza(jid("7@jadc2s"), jid("localhost"), "", "583bf49b", "<presence/>")) ==
        "<route from='7@jadc2s' to='localhost'><presence xmlns:sc='" SC "' sc:sm='583bf49b'/></route>");
}

TEST_CASE("white space around the child is dropped, inside it is kept") {
  CHECK(read("<route from='1@jadc2s' to='a@b/1'>\n  <message> <body> x </body>\n</message>\r\n\t </route>") ==
        message(stanza(jid("1@jadc2s"), jid("a@b/1"), "<message> <body> x </body>\n</message>")));
}

TEST_CASE("the child's end is found where it is, whatever looks like an end") {
  const char* const children[] = {
      "<m a='>' b=\"'>'\" c='\"/>'><x/></m>",
      "<m><![CDATA[</m></route><n>]]></m>",
      "<m><m><m/></m><m></m ></m >",
      "<m\n a = '1'\t/>",
      "<m><route from='x' to='y'><m/></route></m>",
      "<m><![CDATA[]]]]><![CDATA[>]]></m>",
  };
  for (const std::string child : children)
    CHECK(read("<route from='f' to='t'>" + child + "</route>") == message(stanza(jid("f"), jid("t"), child)));
}

TEST_CASE("addresses and texts are decoded and encoded") {
  const message m = session_start(jid("8@jadc2s"), jid("alice@localhost/B\xC3\xA4r & \"x\"/y"));
  CHECK(read("<route type='session' from='8@jadc2s' to='alice@localhost/B&#xe4;r &amp; &quot;x&quot;/y'/>") == m);
  CHECK(written(m) == "<route from='8@jadc2s' to='alice@localhost/B\xC3\xA4r &amp; &quot;x&quot;/y' type='session'/>");
  CHECK(read("<route type='&#115;ession' from='a' to='b'/>") == message(session_start(jid("a"), jid("b"))));
}

TEST_CASE("who wrote a stanza or a failure may be left unsaid") {
  CHECK(read("<route to='alice@localhost/57c1e755'><iq type='get' id='f2'/></route>") ==
        message(stanza(address(), jid("alice@localhost/57c1e755"), "<iq type='get' id='f2'/>")));
  CHECK(read("<route type='error' to='x'/>") == message(failure(address(), jid("x"))));
  CHECK(written(stanza(address(), jid("x"), "<iq/>")) == "<route to='x'><iq/></route>");
}

TEST_CASE("what is no route, or has no meaning, is refused by name") {
  CHECK(why("<rubbish from='6@jadc2s' to='alice@localhost/456c2623'><iq/></rubbish>") == "not a route element");
  CHECK(why("<message to='x' from='y'/>") == "not a route element");
  CHECK(why("<router to='x' from='y'/>") == "not a route element");
  CHECK(why("") == "not a route element");
  CHECK(why("<route from='1@jadc2s'><message/></route>") == "route without to");
  CHECK(why("<route from='1@jadc2s' to=''><message/></route>") == "route without to");
  CHECK(why("<route from='a' to='b' type='xdb'/>") == "route of an unknown type");
  CHECK(why("<route from='a' to='b' type='Auth'><iq/></route>") == "route of an unknown type");
  CHECK(why("<route from='a' to='b' type='auth'/>") == "auth route without a child");
  CHECK(why("<route to='b' type='auth'><iq/></route>") == "auth route without from");
  CHECK(why("<route to='b' type='session'/>") == "session route without from");
  CHECK(why("<route to='b' type='session'/>", writer::manager) == "session route without from");
  CHECK(why("<route to='localhost'><sc:session xmlns:sc='" SC "' action='start'/></route>") ==
        "session control command without from");
}

TEST_CASE("one child a route") {
  for (const std::string type : {"", " type='auth'", " type='session'", " type='error'"}) {
    const std::string begin = "<route from='a' to='b'" + type + ">";
    CHECK(why(begin + "<iq/><iq/></route>") == "route with more than one child");
    CHECK(why(begin + "<iq></iq> <iq></iq></route>") == "route with more than one child");
    CHECK(why(begin + "<iq a='/>'><iq/></iq>\n<x/> text</route>") == "route with more than one child");
    CHECK(why(begin + "<iq/>text</route>") == "route with character data beside its child");
    CHECK(why(begin + "text<iq/></route>") == "route with character data beside its child");
    CHECK(why(begin + "&#32;</route>") == "route with character data beside its child");
    CHECK(why(begin + "<![CDATA[ ]]></route>") == "route with character data beside its child");
    CHECK(why(begin + "<iq/><![CDATA[ ]]></route>") == "route with character data beside its child");
  }
}

TEST_CASE("no error quotes what was read") {
  for (const std::string bytes : {"<route to='secret' type='secret'/>", "<secret/>", "<route to='x' from='y'>secret</route>",
                                  "<route to='x' type='auth'><secret/></route>", "<route to='x'><secret/><secret/></route>"})
    CHECK(why(bytes).find("secret") == std::string::npos);
}

TEST_CASE("bytes that no tokenizer let through end in an error or a message, never outside of the bytes") {
  CHECK(why("<route to='x' from='y'><iq></route>") == "route whose child has no end");
  CHECK(why("<route to='x' from='y'></iq></route>") == "route whose child has no end");
  const std::string whole =
      "<route from='a' to='b' type='error' error='&amp;'><m a='1' xmlns:sc='" SC "' sc:sm=\"2\"><![CDATA[x]]><sc:n/></m></route>";
  for (std::size_t cut = 0; cut != whole.size(); ++cut) {
    const std::string piece = whole.substr(0, cut);  // its own memory, so that a sanitizer sees a step too far
    CHECK_NOTHROW((void)parse(piece, writer::c2s).ok());
    CHECK_NOTHROW((void)parse(std::string("<route to='b'>") + whole.substr(cut), writer::manager).ok());
  }
}

TEST_CASE("what of session control stands on a first tag, and the element without it") {
  const auto of = [](const std::string& xml) {
    const auto found = marks_in(xml);
    return std::string(found.is_command ? "command " : "") + found.c2s + "/" + found.sm;
  };
  CHECK(of("<message xmlns:sc='" SC "' sc:c2s='7' sc:sm='58'/>") == "7/58");
  CHECK(of("<message xmlns:zz='" SC "' zz:sm='58' sm='no'/>") == "/58");
  CHECK(of("<sc:session xmlns:sc='" SC "' action='ended' sc:sm='1' sc:c2s='1'/>") == "command 1/1");
  CHECK(marks_in("<session xmlns='" SC "' action='ended'/>").action == session_control::verb::ended);
  for (const char* const nothing : {"", "<message/>", "<message sm='1' c2s='2'/>", "<message xmlns:sc='urn:other' sc:sm='1'/>",
                                    "<message><x xmlns:sc='" SC "' sc:sm='1'/></message>", "<session action='ended'/>"})
    CHECK(of(nothing) == "/");
  CHECK(without_marks("<iq xmlns:a='" SC "' a:sm='1' id='x'><a/></iq>") == "<iq id='x'><a/></iq>");
  CHECK(without_marks("<iq a:sm='1' id='x' xmlns:a='" SC "'><a:b/></iq>") == "<iq id='x' xmlns:a='" SC "'><a:b/></iq>");
  CHECK(without_marks("<iq xmlns:a='urn:other' a:sm='1'/>") == "<iq xmlns:a='urn:other' a:sm='1'/>");
}
