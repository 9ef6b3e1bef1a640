#include "../../../source/component/stanza_log.hpp"

#include <doctest/doctest.h>

#include <string>

namespace couplet::component {

TEST_CASE("stanza log: an element as it is, and a long one cut") {
  std::string scratch;
  const std::string plain = "<message to='a@b' id='1'><body>hello</body></message>";
  CHECK(loggable(plain, scratch) == plain);
  CHECK(loggable("<presence/>", scratch) == "<presence/>");
  const auto shown = loggable("<message><body>" + std::string(10'000, 'x') + "</body></message>", scratch);
  CHECK(shown.size() < 5000);
  CHECK(shown.ends_with("(cut)"));
}

TEST_CASE("stanza log: nothing of what may be secret (SECURITY 50)") {
  std::string scratch;
  CHECK(loggable("<handshake>32532c0f7dbf1253c095b18b18e36d38d94c1256</handshake>", scratch) == "<handshake>(not shown)");
  CHECK(loggable("<p:handshake xmlns:p='jabber:component:accept'>3253</p:handshake>", scratch) ==
        "<p:handshake xmlns:p='jabber:component:accept'>(not shown)");
  for (const std::string inside :
       {"<query xmlns='jabber:iq:register'><password>hunter2</password></query>",
        "<x xmlns='jabber:x:data'><field var='PassWord'><value>hunter2</value></field></x>",
        "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>hunter2</auth>", "<query><digest>hunter2</digest></query>",
        "<preauth xmlns='urn:xmpp:pars:0' token='hunter2'/>"}) {
    CAPTURE(inside);
    CHECK(loggable("<iq type='set' id='r' to='gateway.example'>" + inside + "</iq>", scratch) ==
          "<iq type='set' id='r' to='gateway.example'>(not shown)");
  }
}

}  // namespace couplet::component
