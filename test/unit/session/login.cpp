#include "world.hpp"

#include <set>

#include "base/digest.hpp"

using namespace couplet;
using namespace couplet::session::testing;
using session::settings;

namespace {

std::string set_password(std::string_view password, std::string_view id = "a1") {
  std::string iq = "<iq id='";
  iq.append(id).append("' type='set'><query xmlns='jabber:iq:auth'><username>alice</username><password>").append(password);
  return iq.append("</password><resource>home</resource></query></iq>");
}

std::string set_digest(std::string_view digest, std::string_view sid = "3C9F") {
  std::string iq = "<iq id='d1' type='set'><query xmlns='jabber:iq:auth'><username>alice</username><digest sid='";
  return iq.append(sid).append("'>").append(digest).append("</digest></query></iq>");
}

const std::string not_authorized = "<iq type='error' id='a1'>" + error("auth", "401", "not-authorized") + "</iq>";

}  // namespace

TEST_CASE("login: the fields are the same for every name, known or not") {
  world w;
  w.account("alice@example.org");
  const std::string get = "<iq id='g1' type='get'><query xmlns='jabber:iq:auth'><username>x</username></query></iq>";
  CHECK(w.auth("alice@example.org", get) ==
        "<iq type='result' id='g1'><query "
        "xmlns='jabber:iq:auth'><username>alice</username><digest/><password/><resource/></query></iq>");
  CHECK(w.auth("nobody@example.org", get) ==
        "<iq type='result' id='g1'><query "
        "xmlns='jabber:iq:auth'><username>nobody</username><digest/><password/><resource/></query></iq>");
  CHECK(w.auth("example.org", get) == "<iq type='error' id='g1'>" + error("modify", "406", "not-acceptable") + "</iq>");
}

TEST_CASE("login: a password") {
  world w;
  w.account("alice@example.org", "pw &<'é");
  CHECK(w.auth("alice@example.org/home", set_password("pw &amp;&lt;'é")) == "<iq type='result' id='a1'/>");
  CHECK(w.auth("ALICE@Example.ORG/home", set_password("pw &amp;&lt;'é")) == "<iq type='result' id='a1'/>");
  CHECK(w.auth("alice@example.org/home", set_password("<![CDATA[pw &<'é]]>")) == "<iq type='result' id='a1'/>");
  for (const auto* wrong : {"", "pw", "pw &amp;&lt;'é ", "PW &amp;&lt;'é"}) {
    CAPTURE(wrong);
    CHECK(w.auth("alice@example.org/home", set_password(wrong)) == not_authorized);
  }
  CHECK(w.sessions() == 0);  // a login leaves no state
}

TEST_CASE("login: passwords are compared as SASLprep prepares them, digests byte for byte") {
  const std::string composed = "caf\xC3\xA9";
  const std::string decomposed = "cafe\xCC\x81";
  for (const auto& stored : {composed, decomposed}) {
    world w;
    w.account("alice@example.org", stored);
    for (const auto& given : {composed, decomposed})
      CHECK(w.auth("alice@example.org/home", set_password(given)) == "<iq type='result' id='a1'/>");
    CHECK(w.auth("alice@example.org/home", set_password("cafe")) == not_authorized);
    const auto& other = stored == composed ? decomposed : composed;
    CHECK(w.auth("alice@example.org/home", set_digest(base::sha1_hex("3C9F", stored))) == "<iq type='result' id='d1'/>");
    CHECK(contains(w.auth("alice@example.org/home", set_digest(base::sha1_hex("3C9F", other))), "not-authorized"));
  }
}

TEST_CASE("login: SECURITY 12, 50: an unknown account is refused in the words of a wrong password, whatever is tried") {
  world w;
  w.account("alice@example.org", "pw-a");
  for (const auto* password : {"pw-a", "no such account", ""}) {
    CHECK(w.auth("bob@example.org/home", set_password(password)) == not_authorized);
  }
  const auto wrong = w.auth("alice@example.org/home", set_digest(base::sha1_hex("3C9F", "x")));
  CHECK(contains(wrong, "not-authorized"));
  CHECK(w.auth("bob@example.org/home", set_digest(base::sha1_hex("3C9F", "no such account"))) == wrong);
}

TEST_CASE("login: a digest over the stream id that the c2s adds") {
  world w;
  w.account("alice@example.org", "pw-a");
  auto digest = base::sha1_hex("3C9F", "pw-a");
  CHECK(w.auth("alice@example.org/home", set_digest(digest)) == "<iq type='result' id='d1'/>");
  for (auto& c : digest) c = static_cast<char>(c >= 'a' && c <= 'f' ? c - 32 : c);
  CHECK(w.auth("alice@example.org/home", set_digest(digest)) == "<iq type='result' id='d1'/>");
  CHECK(contains(w.auth("alice@example.org/home", set_digest(digest, "3C9E")), "not-authorized"));
  CHECK(contains(w.auth("alice@example.org/home", set_digest("")), "not-authorized"));
  const std::string no_sid = "<iq id='d1' type='set'><query xmlns='jabber:iq:auth'><digest>" + digest + "</digest></query></iq>";
  CHECK(contains(w.auth("alice@example.org/home", no_sid), "feature-not-implemented"));
}

TEST_CASE("login: SECURITY 26, 28: the route decides who is meant, not the name inside") {
  world w;
  w.account("alice@example.org", "pw-a");
  w.account("bob@example.org", "pw-b");
  CHECK(w.auth("alice@example.org/home", set_password("pw-a")) == "<iq type='result' id='a1'/>");
  CHECK(w.auth("bob@example.org/home", set_password("pw-a")) == not_authorized);  // username says alice
}

TEST_CASE("login: what is no login is answered all the same") {
  world w;
  w.account("alice@example.org", "pw-a");
  struct row {
    const char* to;
    std::string iq;
    const char* answer;
  };
  const row rows[] = {
      {"alice@example.org", set_password("pw-a"), "not-acceptable"},  // no resource
      {"example.org/home", set_password("pw-a"), "not-acceptable"},
      {"alice@example.org/home", "<iq id='1' type='set'><query xmlns='jabber:iq:auth'><username>alice</username></query></iq>",
       "not-acceptable"},
      {"alice@example.org/home", "<iq id='1' type='set'><query xmlns='jabber:iq:roster'/></iq>", "not-acceptable"},
      {"alice@example.org/home", "<iq id='1' type='get'/>", "not-acceptable"},
      {"alice@example.org/home", "<iq id='1' type='get' xmlns='urn:x'><query xmlns='jabber:iq:auth'/></iq>", "not-acceptable"},
      {"alice@example.org/home", "<message id='1'><body>hi</body></message>", "<message type='error' id='1'>"},
      {"alice@example.org/home", "<presence/>", "not-acceptable"},
      {"alice@example.org/home", "<iq id='1' type='result'/>", "bad-request"},
      {"alice@example.org/home", "<iq id='1'/>", "bad-request"},
      {"alice@elsewhere.org/home", set_password("pw-a"), "failure: Unable to deliver, destination unknown"},
      {"a b@example.org/home", set_password("pw-a"), "failure: Unable to deliver, destination unknown"},
      {"", set_password("pw-a"), "failure: Unable to deliver, destination unknown"},
      {"alice@example.org/home", "", "failure: Nothing to work on"},
  };
  for (const auto& r : rows) {
    CAPTURE(r.to);
    CAPTURE(r.iq);
    const auto answer = w.auth(r.to, r.iq);
    CAPTURE(answer);
    CHECK(contains(answer, r.answer));
    CHECK_FALSE(contains(answer, "pw-a"));
  }
}

TEST_CASE("login: the id comes back as it was written, in either quotes; addresses inside do not") {
  world w;
  w.account("alice@example.org", "pw-a");
  const std::string query = "<query xmlns='jabber:iq:auth'><password>pw-a</password></query></iq>";
  CHECK(w.auth("alice@example.org/h", "<iq type='set' to='example.org' from='x@y' id=\"it's &amp; more\">" + query) ==
        "<iq type='result' id=\"it's &amp; more\"/>");
  CHECK(w.auth("alice@example.org/h", "<iq type='set'>" + query) == "<iq type='result'/>");
}

TEST_CASE("login: SECURITY 10: names and passwords of a megabyte are refused") {
  world w(example(true));
  w.account("alice@example.org", "pw-a");
  const std::string long_text(1U << 20U, 'a');
  CHECK(w.auth("alice@example.org/home", set_password(long_text)) == not_authorized);
  CHECK(w.auth(long_text + "@example.org/home", set_password("x")) == "failure: Unable to deliver, destination unknown");
  CHECK(contains(w.auth("alice@example.org/home", set_digest(long_text)), "not-authorized"));
  const auto made =
      w.auth("bob@example.org", "<iq id='r' type='set'><query xmlns='jabber:iq:register'><username>bob</username><password>" +
                                    long_text + "</password></query></iq>");
  CHECK(contains(made, "not-acceptable"));
  CHECK(w.of("bob@example.org").account_count() == 1);
}

TEST_CASE("login: a route that nobody sent is not answered") {
  world w;
  CHECK(w.route(route::auth(route::address(), route::address("alice@example.org/home"), set_password("x"))).empty());
}

TEST_CASE("accounts: made, changed, refused") {
  session::manager m(example(), 0, 1);
  const auto put = [&m](std::string_view jid, std::string password) {
    return m.put_account(base::jid::parse(jid).value(), std::move(password));
  };
  CHECK(put("alice@example.org", "1").value() == true);
  CHECK(put("alice@example.org", "2").value() == false);
  CHECK(put("alice@example.net", "1").value() == true);
  CHECK(m.account_count() == 2);
  CHECK_FALSE(put("alice@example.org/home", "1").ok());
  CHECK_FALSE(put("example.org", "1").ok());
  CHECK(put("alice@elsewhere.org", "hush").error_text() == "account alice@elsewhere.org: its domain is not served");
  CHECK_FALSE(put("bob@example.org", "").ok());
  const auto too_long = put("bob@example.org", std::string(1'024, 'p'));
  CHECK(too_long.error_text() == "account bob@example.org: a password has 1 to 1023 bytes");
  CHECK(put("bob@example.org", std::string(1'023, 'p')).ok());
  CHECK(m.account_count() == 3);
}

TEST_CASE("accounts: SECURITY 33: names fall on partitions under a seed, evenly") {
  std::vector<int> counts(8);
  for (int i = 0; i < 8'000; ++i) ++counts.at(session::partition_of("user" + std::to_string(i) + "@example.org", 8));
  for (const int n : counts) {
    CHECK(n > 800);
    CHECK(n < 1'200);
  }
  CHECK(session::partition_of("alice@example.org", 1) == 0);
  CHECK(session::partition_of("alice@example.org", 0) == 0);
}

TEST_CASE("login: where any user is accepted, the first password of a new name is its password") {
  auto s = example();
  s.accept_any_user = true;
  s.digests = false;
  s.guests = true;
  s.max_accounts = 3;
  world w(s);
  w.account("alice@example.org", "pw-a");
  CHECK(w.auth("alice@example.org/home", set_password("other")) == not_authorized);
  CHECK(w.of("alice@example.org").account_count() == 1);
  CHECK(w.auth("new@example.org/home", set_password("")) == not_authorized);
  CHECK(w.auth("0f8fad5b-d9cb-469f-a165-70867728950e@example.org/r", set_password("x")) == not_authorized);
  CHECK(w.auth("new@example.org/home", set_digest("00")) ==
        "<iq type='error' id='d1'>" + error("auth", "401", "not-authorized") + "</iq>");
  CHECK(w.of("alice@example.org").account_count() == 1);
  CHECK(w.auth("new@example.org/home", set_password("pw-n")) == "<iq type='result' id='a1'/>");
  CHECK(w.of("new@example.org").password_of("new@example.org") == "pw-n");
  CHECK(w.auth("new@example.org/home", set_password("other")) == not_authorized);
  CHECK(w.auth("new@example.org/home", set_password("pw-n")) == "<iq type='result' id='a1'/>");
  // Whose login another has checked (a certificate, a c2s) has an account as well, and a password when he names one.
  CHECK(w.starts("certified", "certified@example.org/r") == lines{"certified + started"});
  CHECK_FALSE(w.of("certified@example.org").password_of("certified@example.org").has_value());
  CHECK(w.auth("certified@example.org/home", set_password("pw-c")) == "<iq type='result' id='a1'/>");
  CHECK(w.auth("certified@example.org/home", set_password("other")) == not_authorized);
  // No more than there may be.
  CHECK(contains(w.auth("fourth@example.org/home", set_password("x")), "resource-constraint"));
  CHECK(w.starts("fourth", "fourth@example.org/r") == lines{"fourth x Session Failed"});
  CHECK(w.of("alice@example.org").account_count() == 3);
}
