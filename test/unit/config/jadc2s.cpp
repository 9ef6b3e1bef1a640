#include <doctest/doctest.h>

#include <chrono>
#include <ctime>
#include <string>
#include <vector>

#include "fixture.hpp"
#include "tls/certificate.hpp"

using namespace couplet::config;
using namespace std::chrono_literals;

// --import-jadc2s: a jadc2s.xml becomes a file for --config.

namespace {

constexpr const char* manager = "<sm><host>sm.example</host><port>5347</port><id>jadc2s</id><secret>very-secret-1</secret></sm>";

/// What is needed, and `more` behind it.
std::string with(const std::string& more) {
  return std::string("<jadc2s>\n") + manager + "\n<local><id>a.example</id></local>\n" + more + "\n</jadc2s>\n";
}

outcome import(const std::string& xml) {
  const temporary_file file(xml);
  return parse({"--import-jadc2s", file.path()}).result;
}

/// What --config makes of what was printed.
parsed used(const std::string& xml) {
  const auto printed = import(xml);
  CAPTURE(printed.text);
  REQUIRE(printed.code == 0);
  REQUIRE_FALSE(printed.run);
  const temporary_file toml(printed.text);
  auto p = parse({"--config", toml.path()});
  CAPTURE(p.result.text);
  REQUIRE(p.result.run);
  return p;
}

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

/// The error, without the file's name.
std::string refused(const std::string& xml) {
  const temporary_file file(xml);
  const auto result = parse({"--import-jadc2s", file.path()}).result;
  CAPTURE(result.text);
  CHECK(result.code == 2);
  CHECK_FALSE(result.run);
  CHECK(result.text.find('\n') == result.text.size() - 1);
  CHECK(result.text.find("very-secret") == std::string::npos);
  const auto begin = "couplet: --import-jadc2s: " + file.path() + ":";
  REQUIRE(result.text.starts_with(begin));
  return result.text.substr(begin.size(), result.text.size() - begin.size() - 1);
}

}  // namespace

TEST_CASE("jadc2s: a whole file, and what --config makes of it") {
  const auto o = used(R"(<?xml version="1.0"?>
<!-- jadc2s -->
<jadc2s>
  <sm><host>::1</host><port> 5347 </port><id>C2S.local</id><secret>very-secret-1</secret><retries>5</retries></sm>
  <local>
    <id>Example.org</id><id>b.example</id><alias to="b.example">chat.example</alias>
    <ip>127.0.0.1</ip><port>5222</port><httpforward>https://example.org/</httpforward>
    <ssl><port>5223</port><pemfile>/nonexistent/c2s.pem</pemfile></ssl>
  </local>
  <io>
    <max_fds>1023</max_fds><max_bps>80001</max_bps><authtimeout>15</authtimeout>
    <connection_limits><connects>20</connects><seconds>60</seconds></connection_limits>
  </io>
</jadc2s>
)")
                     .options;
  CHECK(o.domains == std::vector<std::string>{"example.org", "b.example"});
  CHECK(o.aliases.at("chat.example") == "b.example");
  CHECK(o.client_listeners == std::vector<endpoint>{endpoint("127.0.0.1", 5222)});
  CHECK(o.tls_listeners == std::vector<endpoint>{endpoint("127.0.0.1", 5223)});
  CHECK(o.certificates.empty());
  CHECK_FALSE(o.allow_plaintext);
  CHECK_FALSE(o.require_tls);
  CHECK(o.http_redirect == "https://example.org/");
  REQUIRE(o.manager);
  CHECK(o.manager->where.at(0) == endpoint("::1", 5347));
  CHECK(o.manager->id == "c2s.local");
  CHECK(o.manager->secret == "very-secret-1");
  CHECK(o.limits.max_connections == 1023);
  CHECK(o.limits.max_bytes_per_second == 10'001);
  CHECK(o.limits.connects_per_ip.connects == 20);
  CHECK(o.limits.connects_per_ip.window == 60s);
  CHECK(o.timeouts.login == 15s);
}

TEST_CASE("jadc2s: a certificate that can be used is, with the key in the same file") {
  const auto pair = couplet::tls::make_self_signed({"a.example"}, std::time(nullptr));
  REQUIRE(pair);
  const temporary_file pem(pair->key + pair->chain);
  const auto xml = with("<local><ssl><pemfile>\n " + pem.path() + "</pemfile></ssl></local>");
  CHECK(has_line(import(xml).text, "tls-cert = [\"" + pem.path() + "\"]"));
  CHECK(used(xml).options.certificates.size() == 1);
  // Without its key it cannot.
  const temporary_file chain(pair->chain);
  const auto half = with("<local><ssl><pemfile>" + chain.path() + "</pemfile></ssl></local>");
  CHECK(has_line(import(half).text, "# tls-cert = [\"" + chain.path() + "\"]"));
  CHECK(used(half).options.certificates.empty());
}

TEST_CASE("jadc2s: each setting is a key, or a comment that says why not") {
  struct row {
    std::string xml;
    std::string line;
  };
  const std::vector<row> rows{
      {"", "domain = [\"a.example\"]"},
      {"", "listen = [\"[::]:5222\"]"},
      {"", "sm = \"sm.example:5347\""},
      {"", "sm-id = \"jadc2s\""},
      {"", "sm-secret = \"very-secret-1\""},
      {"<local><id>b.example</id></local>", "domain = [\"a.example\", \"b.example\"]"},
      {"<local><id>A.example</id></local>", "# local.id (line 4): is given twice"},
      {"<local><id>a b</id></local>", "# local.id (line 4): expected a domain name, not \"a b\""},
      {"<local><alias>b.example</alias></local>", "# local.alias (line 4): has no attribute to, jadc2s does not use it either"},
      {"<local><alias to='c.example'>b.example</alias></local>",
       "# local.alias (line 4): its domain \"c.example\" is not one of local.id"},
      {"<local><alias to='a.example'>a.example</alias></local>", "# local.alias (line 4): \"a.example\" is a domain served"},
      {"<local><ip>::1</ip><port>5</port></local>", "listen = [\"[::1]:5\"]"},
      {"<local><ip/></local>", "# local.ip (line 4): is empty"},
      {"<local><ssl><port>1</port></ssl></local>",
       "# local.ssl.port: nobody listens there, as in jadc2s, without local.ssl.pemfile"},
      {"<local><ssl><pemfile>x.pem</pemfile></ssl></local>", "listen-tls = [\"[::]:5223\"]"},
      {"<local><ssl><pemfile>x.pem</pemfile></ssl></local>", "# tls-cert = [\"x.pem\"]"},
      {"<local><port>0</port><ssl><port>9</port><pemfile>x</pemfile></ssl></local>", "listen = [\"[::]:9\"]"},
      {"<local><port>0</port><ssl><port>9</port><pemfile>x</pemfile></ssl></local>", "require-tls = true"},
      {"<local><port>7</port><ssl><port>7</port><pemfile>x</pemfile></ssl></local>",
       "# local.ssl.port is local.port, which takes TLS at once as well"},
      {"<local><httpforward>example.org</httpforward></local>",
       "# local.httpforward (line 4): expected a URL that begins with http:// or https://, not \"example.org\""},
      {"<io><max_bps>-1</max_bps></io>", "max-bytes-per-second = 0  # io.max_bps (line 4), in bits"},
      {"<io><max_bps>1</max_bps></io>", "max-bytes-per-second = 1  # io.max_bps (line 4), in bits"},
      {"<io><max_fds>0</max_fds></io>", "# io.max_fds (line 4): expected a number from 1 to 1073741824, not \"0\""},
      {"<io><max_fds>5</max_fds><max_fds>6</max_fds></io>", "# io.max_fds (line 4): is given again; jadc2s takes the first"},
      {"<io><authtimeout>0</authtimeout></io>",
       "# io.authtimeout (line 4): expected a number of seconds from 1 to 86400, not \"0\""},
      {"<io><connection_limits><connects>5</connects></connection_limits></io>",
       "max-connects-per-ip = \"0\"  # io.connection_limits.connects (line 4)"},
      {"<authentication><minssf>1</minssf></authentication>", "require-tls = true  # authentication.minssf (line 4)"},
      {"<io><iplog/></io>", "# io.iplog (line 4): no key: it is always so here, the log has the clients' addresses"},
      {"<io><notifies> Conn@b.example </notifies><notifies>a.example</notifies></io>",
       "notify = [\"a.example\", \"conn@b.example\"]"},
      {"<io><notifies>a b@c</notifies></io>", "# io.notifies (line 4): expected a JID, not \"a b@c\""},
      {"<io><new>very-secret-2</new></io>", "# io.new (line 4): unknown setting, see couplet --help"},
      {"<log><file>very-secret-2</file></log>", "# log (line 4): holds elements, which are not read"},
      {"<local><id require='very-secret-2'>b.example</id></local>", "# local.id (line 4): unknown attribute require"},
  };
  for (const auto& r : rows) {
    CAPTURE(r.xml);
    CAPTURE(r.line);
    const auto result = import(with(r.xml));
    CAPTURE(result.text);
    CHECK(result.code == 0);
    CHECK(has_line(result.text, r.line));
    CHECK(result.text.find("very-secret-2") == std::string::npos);
    used(with(r.xml));
  }
}

TEST_CASE("jadc2s: what is known to have no key says why") {
  const std::vector<std::vector<std::string>> sections{{"sm", "retries"},
                                                       {"local", "noregister", "nolegacyauth", "statfile"},
                                                       {"io", "iplog"},
                                                       {"authentication", "legacyauth", "appname", "service", "fqdn",
                                                        "defaultrealm", "maxssf", "noseclayer", "secflags", "admin"}};
  std::vector<std::string> tls{"ciphers", "enable_workarounds", "no_ssl_v2", "no_ssl_v3", "no_tls_v1", "enable_autodetect"};
  for (const auto& names : sections) {
    for (std::size_t i = 1; i < names.size(); ++i) {
      const auto text = import(with("<" + names[0] + "><" + names[i] + ">1</" + names[i] + "></" + names[0] + ">")).text;
      CAPTURE(text);
      CHECK(text.find("\n# " + names[0] + "." + names[i] + " (line 4): no key: ") != std::string::npos);
    }
  }
  for (const auto& name : tls) {
    const auto text = import(with("<local><ssl><" + name + "/></ssl></local>")).text;
    CAPTURE(text);
    CHECK(text.find("\n# local.ssl." + name + " (line 4): no key: ") != std::string::npos);
  }
}

TEST_CASE("jadc2s: any secret comes through as it is") {
  const std::vector<std::pair<std::string, std::string>> secrets{
      {"a\"b\\c#d'e, [f]", "a\"b\\c#d'e, [f]"},
      {" a ", " a "},
      {"a&amp;b&#10;c&#x9;d&#1;e&#127;f&#x85;g",
       "a&b\nc\td\x01"
       "e\x7f"
       "f\xc2\x85g"},
      {"<![CDATA[<&amp;]]>x<!-- y -->z", "<&amp;xz"},
      {"a <!-- --> b", "a  b"},
      {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
  };
  for (const auto& [written, meant] : secrets) {
    CAPTURE(written);
    auto xml = with("");
    xml.replace(xml.find("very-secret-1"), 13, written);
    CHECK(used(xml).options.manager->secret == meant);
  }
  auto old = "<?xml version='1.0' encoding='ISO-8859-1'?>" + with("");
  old.replace(old.find("very-secret-1"), 13, "\xe4\xff");
  CHECK(used(old).options.manager->secret == "\xc3\xa4\xc3\xbf");
}

TEST_CASE("jadc2s: nothing in the file begins a line of its own") {
  const auto hidden = with(
      "<local><alias to='a&#10;threads=9'>b&#10;threads=9</alias><httpforward>x&#10;threads=9</httpforward>"
      "<ssl><pemfile>x&#10;threads=9</pemfile></ssl></local><io><x y&#x2028;='1'/></io>");
  CHECK(refused(hidden).find("is no XML") != std::string::npos);
  const auto xml = with(
      "<local><alias to='a&#10;threads=9'>b&#10;threads=9</alias><httpforward>x&#10;threads=9</httpforward>"
      "<ssl><pemfile>x&#10;threads=9</pemfile></ssl></local>");
  CHECK(import(xml).text.find("\nthreads") == std::string::npos);
  CHECK(used(xml).options.threads == 0);
}

TEST_CASE("jadc2s: a wrong file is refused in one line, with the place") {
  const auto without = [](const std::string& part) {
    auto xml = with("");
    return xml.erase(xml.find(part), part.size());
  };
  const auto changed = [](const std::string& part, const std::string& into) {
    auto xml = with("");
    return xml.replace(xml.find(part), part.size(), into);
  };
  CHECK(refused("") == "1: is no XML: No document element found");
  CHECK(refused("<jadc2s>\n<sm>\n</jadc2s>").starts_with("3: is no XML: "));
  CHECK(refused("<!-- -->\n<c2s/>") == "2: expected <jadc2s>, not \"c2s\"");
  CHECK(refused("<jadc2s/>\n<jadc2s/>") == "2: has more than one root element");
  CHECK(refused("<!DOCTYPE jadc2s [<!ENTITY a SYSTEM '/etc/passwd'>]>\n<jadc2s>&a;</jadc2s>") ==
        "1: has a document type declaration, which is not read");
  for (const char* const reference : {"&a;", "&#0;", "&#x000;", "&", "&#12", "&#99999999;"})
    CHECK(refused(changed("very-secret-1", std::string("\n") + reference)) == "3: has a reference that is not known");
  CHECK(refused(changed("very-secret-1", "&#xD800;")) == "2: has a reference to no character");
  CHECK(refused("\xff" + with("")) == " is not UTF-8 text");
  CHECK(refused(without("<host>sm.example</host>")) == " has no sm.host, which jadc2s needs too");
  CHECK(refused(without("<secret>very-secret-1</secret>")) == " has no sm.secret, which jadc2s needs too");
  CHECK(refused(without("<id>a.example</id>")) == " has no local.id that is a domain, which jadc2s needs too");
  CHECK(refused(changed("very-secret-1", "@very-secret-1")) ==
        "2: sm.secret: begins with @: such a secret must be in a file of its own");
  CHECK(refused(changed("5347", "0")).starts_with("2: sm.host: expected HOST:PORT"));
  CHECK(refused(with("<local><ip>example</ip></local>")).starts_with("4: local.ip: expected ADDR:PORT"));
  CHECK(refused(with("<local><port>x</port></local>")).starts_with("4: local.port: expected a number"));
  CHECK(refused(with("<local><port>0</port></local>")) == " local.port is 0, and without local.ssl there is no other port");
}

TEST_CASE("jadc2s: only regular files of at most 1 MiB, and the flag stands alone") {
  CHECK(parse({"--import-jadc2s", "/dev/zero"}).result.text ==
        "couplet: --import-jadc2s: cannot read the file \"/dev/zero\": it is no regular file\n");
  CHECK(parse({"--import-jadc2s", "/nonexistent"}).result.text ==
        "couplet: --import-jadc2s: cannot read the file \"/nonexistent\": No such file or directory\n");
  const temporary_file large(with(std::string(1U << 20U, ' ')));
  CHECK(parse({"--import-jadc2s", large.path()}).result.text.find("is longer than 1048576 bytes") != std::string::npos);
  const temporary_file good(with(""));
  CHECK(parse({"--import-jadc2s", good.path()}).result.code == 0);
  CHECK(parse({"--import-jadc2s", good.path(), "--threads", "1"}).result.text.find("stands alone") != std::string::npos);
  CHECK(parse({"--import-jadc2s", good.path(), "--import-jadc2s", good.path()}).result.code == 2);
  const temporary_file toml("import-jadc2s = \"" + good.path() + "\"\n");
  CHECK(parse({"--config", toml.path()}).result.code == 2);
  CHECK(parse({}, {{"COUPLET_IMPORT_JADC2S", good.path()}}).result.run);
}
