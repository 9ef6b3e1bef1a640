// Entity capabilities (XEP-0115): who is asked, how often, and whose answer is believed.

#include "caps_hash.hpp"
#include "caps_table.hpp"
#include "pep_world.hpp"
#include "xml/names.hpp"

using namespace couplet;
using namespace couplet::session;
using namespace couplet::session::testing;

namespace {

std::optional<std::string> text_of(const std::string& inside) {
  xml::fragment f;
  return verification_text(
      f.parse("<query xmlns='http://jabber.org/protocol/disco#info'>" + inside + "</query>", xml::ns::client));
}

bool fits(const std::string& inside, std::string_view algorithm, std::string_view ver) {
  xml::fragment f;
  const std::string query = "<query xmlns='http://jabber.org/protocol/disco#info'>" + inside + "</query>";
  return fits_hash(f.parse(query, xml::ns::client), algorithm, ver);
}

const std::string exodus =
    "<identity category='client' name='Exodus 0.9.1' type='pc'/><feature var='http://jabber.org/protocol/caps'/>"
    "<feature var='http://jabber.org/protocol/disco#items'/><feature var='http://jabber.org/protocol/disco#info'/>"
    "<feature var='http://jabber.org/protocol/muc'/>";
const std::string form =
    "<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' "
    "type='hidden'><value>urn:xmpp:dataforms:softwareinfo</value></field>"
    "<field var='ip_version'><value>ipv4</value><value>ipv6</value></field><field var='os'><value>Mac</value></field>"
    "<field var='os_version'><value>10.5.1</value></field><field var='software'><value>Psi</value></field>"
    "<field var='software_version'><value>0.11</value></field></x>";

std::size_t questions_in(const lines& log) {
  std::size_t count = 0;
  for (const auto& line : log) count += contains(line, "id='couplet-caps-") ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("caps: XEP-0115: the examples of sections 5.2 and 5.3") {
  CHECK(fits(exodus, "sha-1", "QgayPKawpkPSDYmwT/WM94uAlu0="));
  const std::string psi =
      "<identity xml:lang='en' category='client' name='Psi 0.11' type='pc'/>"
      "<identity xml:lang='el' category='client' name='\xCE\xA8 0.11' type='pc'/>" +
      exodus.substr(exodus.find("<feature")) + form;
  CHECK(fits(psi, "sha-1", "q07IKJEyjvHSyhy//CH0CxmKi8w="));
  CHECK_FALSE(fits(psi, "sha-1", "QgayPKawpkPSDYmwT/WM94uAlu0="));
  CHECK_FALSE(fits(exodus, "md5", "QgayPKawpkPSDYmwT/WM94uAlu0="));
  CHECK_FALSE(fits(exodus, "sha-1", "not base64"));
  CHECK_FALSE(fits(exodus, "sha-1", ""));
}

TEST_CASE("caps: XEP-0115 section 5.4: what is ill-formed has no text, nor what could be read in two ways") {
  CHECK(text_of("<feature var='b'/><feature var='a'/>") == "a<b<");
  CHECK_FALSE(text_of("<feature var='a'/><feature var='a'/>"));
  CHECK_FALSE(text_of("<identity category='c' type='t'/><identity category='c' type='t'/>"));
  CHECK_FALSE(text_of("<feature var='a&lt;b'/>"));
  CHECK_FALSE(text_of("<identity category='c' type='t' name='x&lt;y'/>"));
  CHECK_FALSE(text_of(form + form));
  const std::string two =
      "<x xmlns='jabber:x:data'><field var='FORM_TYPE' type='hidden'><value>a</value><value>b</value></field></x>";
  CHECK_FALSE(text_of(two));
  // A form without a type that counts is left out.
  CHECK(text_of("<feature var='a'/><x xmlns='jabber:x:data'><field var='b'><value>c</value></field></x>") == "a<");
}

TEST_CASE("caps: one client of each hash is asked once, and its answer goes to nobody else") {
  pep_world w(1);
  w.starts("alice", "alice@example.org/home");
  auto log = w.says("alice", pep_world::caps_presence(pep_world::ver({"n"})));
  REQUIRE(questions_in(log) == 1);
  CHECK(log.back() ==
        "alice <- <iq type='get' id='couplet-caps-1' from='example.org' to='alice@example.org/home'><query "
        "xmlns='http://jabber.org/protocol/disco#info' node='urn:test#" +
            pep_world::ver({"n"}) + "'/></iq>");
  // While the answer is under way, and again what was said already.
  CHECK(questions_in(w.says("alice", pep_world::caps_presence(pep_world::ver({"n"})))) == 0);
  w.starts("bob", "bob@example.org/work");
  CHECK(questions_in(w.says("bob", pep_world::caps_presence(pep_world::ver({"n"})))) == 0);
  // Only who was asked may answer.
  CHECK(w.answers_question("bob", "couplet-caps-1", pep_world::features({})).empty());
  CHECK(w.answers_question("alice", "couplet-caps-1", pep_world::features({"n"})).empty());
  w.starts("carol", "carol@example.org/x");
  CHECK(questions_in(w.says("carol", pep_world::caps_presence(pep_world::ver({"n"})))) == 0);
  // All of them are known now.
  CHECK(messages_in(w.asks("alice", "", pep_world::item("n", "1", "x"), "set")).size() == 2);
}

TEST_CASE("caps: an answer that does not fit the hash is believed for its session alone") {
  pep_world w(1);
  w.starts("alice", "alice@example.org/home");
  w.starts("bob", "bob@example.org/work");
  const auto presence = pep_world::caps_presence(pep_world::ver({"n"}));
  CHECK(questions_in(w.says("alice", presence)) == 1);
  CHECK(questions_in(w.says("bob", presence)) == 0);
  auto log = w.answers_question("alice", "couplet-caps-1", pep_world::features({"n", "lie"}));
  CHECK(pep_world::question_in(log, "bob") == "couplet-caps-2");
  CHECK(w.answers_question("bob", "couplet-caps-2", pep_world::features({"n"})).empty());
  CHECK(messages_in(w.asks("alice", "", pep_world::item("lie", "1", "x"), "set")).size() == 1);
  CHECK(messages_in(w.asks("alice", "", pep_world::item("n", "1", "x"), "set")).size() == 2);
}

TEST_CASE("caps: a client that goes, refuses, or does not answer in time makes way for the next one") {
  pep_world w(1);
  const auto presence = pep_world::caps_presence(pep_world::ver({"n"}));
  w.starts("alice", "alice@example.org/home");
  w.starts("bob", "bob@example.org/work");
  w.starts("carol", "carol@example.org/x");
  CHECK(questions_in(w.says("alice", presence)) == 1);
  CHECK(questions_in(w.says("bob", presence)) == 0);
  auto log = w.gone("alice");
  CHECK(pep_world::question_in(log, "bob") == "couplet-caps-2");
  pep_world::time += caps_table::patience;
  log = w.says("carol", presence);
  CHECK(pep_world::question_in(log, "carol") == "couplet-caps-3");
  log = w.says("carol", "<iq type='error' to='example.org' id='couplet-caps-3'/>");
  CHECK(log.empty());
  // Nobody is left who could be asked: the next one is.
  w.starts("new", "carol@example.org/y");
  log = w.says("new", presence);
  CHECK(pep_world::question_in(log, "new") == "couplet-caps-4");
}

TEST_CASE("caps: the table is bounded; what nobody speaks of makes room") {
  caps_table t;
  std::vector<std::shared_ptr<capabilities>> used;
  for (std::size_t i = 0; i < caps_table::most + 10; ++i) used.push_back(t.make("k" + std::to_string(i)));
  CHECK(t.size() == caps_table::most);
  CHECK(used.back() != nullptr);  // its session's alone
  CHECK(t.find("k0") == used.front());
  used.clear();
  t.make("one more");
  CHECK(t.size() == 1);
  const auto large = t.make(std::string(caps_table::most_bytes, 'x'));
  CHECK(t.find(large->key) == nullptr);
}
