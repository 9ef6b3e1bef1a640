#include <doctest/doctest.h>

#include <functional>

#include "fixture.hpp"

using namespace couplet::config;
using namespace std::chrono_literals;
using couplet::component::conflict_policy;

TEST_CASE("components: names, wildcards and the rest of what is said about them") {
  const auto p = parse({"--component", "Bot.Localhost:a:b", "--component", "*.Bots.localhost:x", "--component-conflict", "share",
                        "--component-grace", "3", "--component-keepalive", "0", "--max-component-queue-bytes", "1000",
                        "--component-default", "any.bots.localhost"});
  REQUIRE_MESSAGE(p.result.run, p.result.text);
  const auto& c = p.options.components;
  REQUIRE(c.names.size() == 2);
  CHECK(c.names[0].name == "bot.localhost");
  CHECK(c.names[0].secret == "a:b");
  CHECK(c.names[1].name == "*.bots.localhost");
  CHECK(c.conflict == conflict_policy::share);
  CHECK(c.grace == 3s);
  CHECK(c.keepalive == 0s);
  CHECK(c.grace_bytes == 1000);
  CHECK(c.default_name == "any.bots.localhost");
  CHECK(p.options.component_listener == endpoint("127.0.0.1", 5347));
}

TEST_CASE("components: the defaults, and where the listener is") {
  const auto p = parse({"--component", "bot.localhost:x"});
  REQUIRE(p.result.run);
  CHECK(p.options.components.conflict == conflict_policy::replace);
  CHECK(p.options.components.grace == 10s);
  CHECK(p.options.components.keepalive == 60s);
  CHECK(p.options.components.grace_bytes == 4U << 20U);
  CHECK(p.options.component_listener == endpoint("127.0.0.1", 5347));
  const auto tls = parse({"--component", "bot.localhost:x", "--component-tls-listen", "127.0.0.1:0"});
  REQUIRE(tls.result.run);
  CHECK(tls.options.components.tls_listener == endpoint("127.0.0.1", 0));
  CHECK_FALSE(tls.options.component_listener);
  const auto both =
      parse({"--component", "bot.localhost:x", "--component-tls-listen", "127.0.0.1:0", "--listen-components", "[::1]:1"});
  REQUIRE(both.result.run);
  CHECK(both.options.component_listener == endpoint("::1", 1));
  // A router for components alone, as Twisted's xmpp-router.
  CHECK(parse({"--no-clients", "--component", "bot.localhost:x"}).result.run);
}

TEST_CASE("components: from the environment and from a file, one each line") {
  const auto p = parse({}, {{"COUPLET_COMPONENT", "a.localhost:x,y\n*.b.localhost:z"}, {"COUPLET_COMPONENT_GRACE", "0"}});
  REQUIRE_MESSAGE(p.result.run, p.result.text);
  REQUIRE(p.options.components.names.size() == 2);
  CHECK(p.options.components.names[0].secret == "x,y");
  CHECK(p.options.components.grace == 0s);
  const temporary_file file("component = [\"a.localhost:x\"]\ncomponent-conflict = \"refuse\"\n");
  const auto q = parse({"--config", file.path()});
  REQUIRE_MESSAGE(q.result.run, q.result.text);
  CHECK(q.options.components.names.size() == 1);
  CHECK(q.options.components.conflict == conflict_policy::refuse);
}

TEST_CASE("components: what they say is logged only where that is asked for") {
  CHECK_FALSE(parse({"--component", "a.b:x"}).options.components.logs_stanzas);
  CHECK_FALSE(parse({"--component", "a.b:x", "--log-stanzas", "none"}).options.components.logs_stanzas);
  CHECK(parse({"--component", "a.b:x", "--log-stanzas", "components"}).options.components.logs_stanzas);
  const auto p = parse({"--component", "a.b:x", "--log-stanzas", "all"});
  CHECK(p.result.code == 2);
  CHECK(p.result.text.find("--log-stanzas: expected none or components") != std::string::npos);
}

TEST_CASE("components: a name alone is proved by a certificate, and only where there is an authority for those") {
  const temporary_file ca(some_certificate());
  const auto p = parse({"--component", "Bot.Localhost", "--component", "*.Bots.localhost", "--component", "other.localhost:x",
                        "--component-ca", ca.path(), "--component-tls-listen", "127.0.0.1:0"});
  REQUIRE(p.result.run);
  const auto& c = p.options.components;
  REQUIRE(c.names.size() == 3);
  CHECK(c.names[0].name == "bot.localhost");
  CHECK(c.names[0].secret.empty());
  CHECK(c.names[1].name == "*.bots.localhost");
  CHECK(c.names[1].secret.empty());
  CHECK(c.names[2].secret == "x");
  CHECK(c.ca.file == ca.path());
  const temporary_file file("component = [\"a.localhost\"]\ncomponent-ca = \"" + ca.path() +
                            "\"\ncomponent-tls-listen = \"127.0.0.1:0\"\n");
  CHECK(parse({"--config", file.path()}).options.components.names.at(0).secret.empty());
}

TEST_CASE("components: what does not fit ends with one line that names the flag, and never the secret") {
  const temporary_file ca(some_certificate());
  const struct {
    std::vector<std::string> words;
    const char* says;
  } rows[] = {
      {{"--component", "bot.localhost"}, "--component: expected NAME:SECRET"},
      {{"--component", "a b:hunter2"}, "--component: expected NAME:SECRET"},
      {{"--component", "hunter2"}, "--component: expected NAME:SECRET (NAME alone needs --component-ca FILE)"},
      {{"--component", "hunter2 ", "--component-ca", ca.path(), "--component-tls-listen", "127.0.0.1:0"},
       "--component: expected NAME:SECRET"},
      {{"--component", "a.b:", "--component-ca", ca.path(), "--component-tls-listen", "127.0.0.1:0"},
       "--component: the secret is empty"},
      {{"--component", "a.b:hunter2", "--component-ca", "", "--component-tls-listen", "127.0.0.1:0"},
       "--component-ca: expected the name"},
      {{"--component", "a.b", "--component-ca", ca.path()}, "--component-ca: needs --component NAME and --component-tls-listen"},
      {{"--c2s", "a:hunter2", "--component-ca", ca.path(), "--component-tls-listen", "127.0.0.1:0"},
       "--component-ca: needs --component NAME"},
      {{"--c2s", "hunter2", "--component-ca", ca.path(), "--component-tls-listen", "127.0.0.1:0"}, "--c2s: expected NAME:SECRET"},
      {{"--component", "*:hunter2"}, "--component: expected NAME:SECRET"},
      {{"--component", "*.:hunter2"}, "--component: expected NAME:SECRET"},
      {{"--component", "x.*.localhost:hunter2"}, "--component: expected NAME:SECRET"},
      {{"--component", "bot.localhost:"}, "--component: the secret is empty"},
      {{"--component", "a.b:hunter2", "--component", "A.b:hunter2"}, "--component: \"a.b\" is given twice"},
      {{"--component", "LOCALHOST:hunter2"}, "--component: \"localhost\" is a domain served"},
      {{"--component", "chat:hunter2", "--alias", "chat=localhost"}, "--component: \"chat\" is another name of a domain served"},
      {{"--component", "c.d:hunter2", "--c2s", "c.d:x"}, "--component: \"c.d\" is a c2s"},
      {{"--component", "a.b:hunter2", "--component-conflict", "maybe"},
       "--component-conflict: expected replace, refuse or share"},
      {{"--component", "a.b:hunter2", "--component-default", "c.d"}, "--component-default: \"c.d\" may not connect"},
      {{"--component", "*.b:hunter2", "--component-default", "x.b", "--alias", "x.b=localhost"},
       "--component-default: \"x.b\" is another name"},
      {{"--component", "*.b:hunter2", "--component-default", "x.b", "--domain", "x.b"},
       "--component-default: \"x.b\" is a domain served"},
      {{"--component", "*.b:hunter2", "--component-default", "x.b", "--c2s", "x.b:y"},
       "--component-default: \"x.b\" is a c2s (--c2s)"},
      {{"--component", "*.b:hunter2", "--component-default", "x.b", "--group-chat", "x.b"},
       "--group-chat: \"x.b\" is a component (--component-default)"},
      {{"--c2s", "localhost:hunter2"}, "--c2s: \"localhost\" is a domain served"},
      {{"--c2s", "chat:hunter2", "--alias", "chat=localhost"}, "--c2s: \"chat\" is another name of a domain served"},
      {{"--c2s", "rooms:hunter2", "--group-chat", "rooms"}, "--group-chat: \"rooms\" is a c2s (--c2s)"},
      {{"--component", "a.b:hunter2", "--component-grace", "x"}, "--component-grace: expected a number"},
      {{"--component-tls-listen", "127.0.0.1:0"}, "--component-tls-listen: needs --c2s NAME:SECRET or --component"},
      {{"--component", "a.b:hunter2", "--component-tls-listen", "x"}, "--component-tls-listen: expected ADDR:PORT"},
      {{"--component", "a.b:hunter2", "--sm", "a:1", "--sm-id", "x", "--sm-secret", "y"},
       "--component: is for the embedded session manager"},
  };
  for (const auto& row : rows) {
    const auto p = parse(row.words);
    INFO(p.result.text);
    CHECK(p.result.code == 2);
    CHECK(p.result.text.find(row.says) != std::string::npos);
    CHECK(p.result.text.find("hunter2") == std::string::npos);
  }
}
