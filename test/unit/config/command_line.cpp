#include "config/command_line.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/tls_library.hpp"
#include "fixture.hpp"

using namespace couplet::config;
using namespace std::chrono_literals;
namespace log = couplet::base::log;

TEST_CASE("nothing given: the defaults") {
  const auto p = parse({});
  REQUIRE(p.result.run);
  const auto& o = p.options;
  CHECK(o.domains == std::vector<std::string>{"localhost"});
  CHECK(o.aliases.empty());
  CHECK(o.client_listeners == std::vector<endpoint>{endpoint("::", 5222)});
  CHECK_FALSE(o.component_listener);
  CHECK_FALSE(o.allow_plaintext);
  CHECK(o.accounts.empty());
  CHECK_FALSE(o.registration);
  CHECK(o.c2s.empty());
  CHECK_FALSE(o.manager);
  CHECK(o.limits.max_stanza_bytes == 262'144);
  CHECK(o.limits.max_bytes_per_second == 0);
  CHECK(o.limits.connects_per_ip.connects == 0);
  CHECK(o.limits.connects_per_ip.window == 1s);
  CHECK(o.limits.max_connections == 0);
  CHECK(o.limits.max_unauthenticated_bytes == 67'108'864);
  CHECK(o.limits.max_outbox_bytes == 1'048'576);
  CHECK(o.limits.max_manager_queue_bytes == 16'777'216);
  CHECK(o.timeouts.header == 10s);
  CHECK(o.timeouts.login == 30s);
  CHECK(o.timeouts.bind == 30s);
  CHECK(o.timeouts.idle == 0s);
  CHECK(o.timeouts.manager == 15s);
  CHECK(o.timeouts.shutdown == 5s);
  CHECK(o.ready_file.empty());
  CHECK(o.ready_fd == -1);
  CHECK(o.log_level == log::level::info);
  CHECK(o.log_format == log::format::text);
  CHECK(o.threads == 0);
}

TEST_CASE("every flag does what it says") {
  struct row {
    std::vector<std::string> words;
    std::function<bool(const options&)> holds;
  };
  const std::vector<row> rows{
      {{"--domain", "Example.ORG", "--domain=b.example"},
       [](const options& o) {
         return o.domains == std::vector<std::string>{"example.org", "b.example"};
       }},
      {{"--alias", "Chat.example=LOCALHOST"}, [](const options& o) { return o.aliases.at("chat.example") == "localhost"; }},
      {{"--listen", "127.0.0.1:0", "--listen", "[::1]:5223"},
       [](const options& o) {
         return o.client_listeners == std::vector<endpoint>{endpoint("127.0.0.1", 0), endpoint("::1", 5223)};
       }},
      {{"--listen", "unix:/run/couplet/clients", "--listen-tls", "unix:/run/couplet/" + std::string(94, 'x')},
       [](const options& o) {
         return o.client_listeners == std::vector<endpoint>{endpoint::at_path("/run/couplet/clients")} &&
                o.tls_listeners.size() == 1 && o.tls_listeners[0].path.size() == 107 && o.tls_listeners[0].host.empty() &&
                o.tls_listeners[0].port == 0;
       }},
      {{"--listen", "unix:/a:5222"},
       [](const options& o) { return o.client_listeners == std::vector<endpoint>{endpoint::at_path("/a:5222")}; }},
      {{"--c2s", "C2S.local:secret", "--no-clients"},
       [](const options& o) {
         return o.client_listeners.empty() && o.c2s.size() == 1 && o.c2s[0].name == "c2s.local" && o.c2s[0].secret == "secret" &&
                o.component_listener == endpoint("127.0.0.1", 5347);
       }},
      {{"--c2s", "a:x", "--listen-components", "0.0.0.0:0"},
       [](const options& o) { return o.component_listener == endpoint("0.0.0.0", 0) && o.client_listeners.size() == 1; }},
      {{"--allow-plaintext"}, [](const options& o) { return o.allow_plaintext; }},
      {{"--allow-plaintext=false"}, [](const options& o) { return !o.allow_plaintext; }},
      {{"--user", "Romeo@localhost:a:b@c,d#e \"f\""},
       [](const options& o) {
         return o.accounts.size() == 1 && o.accounts[0].who.full() == "romeo@localhost" &&
                o.accounts[0].secret == "a:b@c,d#e \"f\"";
       }},
      {{"--domain", "[::1]", "--user", "r@[::1]:s:t"},
       [](const options& o) { return o.accounts[0].who.full() == "r@[::1]" && o.accounts[0].secret == "s:t"; }},
      {{"--register"}, [](const options& o) { return o.registration; }},
      {{"--no-register"}, [](const options& o) { return !o.registration; }},
      {{"--sm", "Jabber.example:5269", "--sm-id", "C2S", "--sm-secret", "[x]"},
       [](const options& o) {
         return o.manager && o.manager->where == std::vector<endpoint>{endpoint("Jabber.example", 5269)} &&
                o.manager->id == "c2s" && o.manager->secret == "[x]";
       }},
      {{"--sm", "[::1]:5347", "--sm-id", "c2s", "--sm-secret=-s"},
       [](const options& o) { return o.manager->where.at(0) == endpoint("::1", 5347) && o.manager->secret == "-s"; }},
      {{"--sm", "a:1", "--sm=b:1", "--sm", "a:2", "--sm-id", "x", "--sm-secret", "y", "--sm-policy", "failover"},
       [](const options& o) { return o.manager->policy == couplet::link::policy::failover; }},
      {{"--sm", "a:1", "--sm=b:1", "--sm", "a:2", "--sm-id", "x", "--sm-secret", "y", "--sm-policy", "spread"},
       [](const options& o) {
         if (o.manager->policy != couplet::link::policy::spread) return false;
         return o.manager->where == std::vector<endpoint>{endpoint("a", 1), endpoint("b", 1), endpoint("a", 2)};
       }},
      {{"--sm", "a:1", "--sm-id", "x", "--sm-secret", "y"},
       [](const options& o) { return o.manager->sessions == couplet::stream::session_protocol::automatic; }},
      {{"--sm", "a:1", "--sm-id", "x", "--sm-secret", "y", "--sm-protocol", "auto"},
       [](const options& o) { return o.manager->sessions == couplet::stream::session_protocol::automatic; }},
      {{"--sm", "a:1", "--sm-id", "x", "--sm-secret", "y", "--sm-protocol", "route"},
       [](const options& o) { return o.manager->sessions == couplet::stream::session_protocol::route; }},
      {{"--sm", "a:1", "--sm-id", "x", "--sm-secret", "y", "--sm-protocol", "sc", "--user", "a@localhost:z"},
       [](const options& o) {
         return o.manager->sessions == couplet::stream::session_protocol::control && o.accounts.size() == 1;
       }},
      {{"--max-stanza-bytes", "10000"}, [](const options& o) { return o.limits.max_stanza_bytes == 10'000; }},
      {{"--max-bytes-per-second", "65536"}, [](const options& o) { return o.limits.max_bytes_per_second == 65'536; }},
      {{"--max-connects-per-ip", "20/60"},
       [](const options& o) { return o.limits.connects_per_ip.connects == 20 && o.limits.connects_per_ip.window == 60s; }},
      {{"--proxy-from", "192.0.2.0/24", "--proxy-from", "2001:db8::/32"},
       [](const options& o) { return o.proxies.size() == 2 && o.proxies[1].contains("2001:db8::7"); }},
      {{"--proxy-from", "unix"}, [](const options& o) { return o.proxy_unix && o.proxies.empty(); }},
      {{"--max-registrations-per-ip", "3/60"}, [](const options& o) { return o.limits.registrations_per_ip.connects == 3; }},
      {{}, [](const options& o) { return o.limits.registrations_per_ip.connects == 10 && o.proxies.empty(); }},
      {{"--register", "--registration-token", "x"}, [](const options& o) { return o.registration_token == "x"; }},
      {{"--drain-to", "[2001:db8::1]:5222"}, [](const options& o) { return o.other_host == "[2001:db8::1]:5222"; }},
      {{"--drain-to", "xmpp.example.org"}, [](const options& o) { return o.other_host == "xmpp.example.org"; }},
      {{"--notify", "Conn@Notify.localhost", "--notify", "watch.localhost"},
       [](const options& o) {
         return o.notify == std::vector<std::string>{"conn@notify.localhost", "watch.localhost"};
       }},
      {{}, [](const options& o) { return o.notify.empty(); }},
      {{"--max-connects-per-ip", "0"}, [](const options& o) { return o.limits.connects_per_ip.connects == 0; }},
      {{"--max-connections", "1000"}, [](const options& o) { return o.limits.max_connections == 1000; }},
      {{"--max-unauthenticated-bytes", "1"}, [](const options& o) { return o.limits.max_unauthenticated_bytes == 1; }},
      {{"--max-offline-messages", "2"}, [](const options& o) { return o.messages.max_offline_messages == 2; }},
      {{"--max-offline-bytes", "2"}, [](const options& o) { return o.messages.max_offline_bytes == 2; }},
      {{"--max-archive-messages", "2"}, [](const options& o) { return o.messages.max_archive_messages == 2; }},
      {{"--max-archive-bytes", "2"}, [](const options& o) { return o.messages.max_archive_bytes == 2; }},
      {{"--no-archive"}, [](const options& o) { return !o.messages.archive; }},
      {{"--max-outbox-bytes", "2"}, [](const options& o) { return o.limits.max_outbox_bytes == 2; }},
      {{"--max-manager-queue-bytes", "3"}, [](const options& o) { return o.limits.max_manager_queue_bytes == 3; }},
      {{"--max-roster-items", "4"}, [](const options& o) { return o.limits.max_roster_items == 4; }},
      {{}, [](const options& o) { return o.limits.max_roster_items == 1'000; }},
      {{"--header-timeout", "1"}, [](const options& o) { return o.timeouts.header == 1s; }},
      {{"--login-timeout", "2"}, [](const options& o) { return o.timeouts.login == 2s; }},
      {{"--bind-timeout", "3"}, [](const options& o) { return o.timeouts.bind == 3s; }},
      {{"--idle-timeout", "4"}, [](const options& o) { return o.timeouts.idle == 4s; }},
      {{"--manager-timeout", "5"}, [](const options& o) { return o.timeouts.manager == 5s; }},
      {{"--shutdown-timeout", "0"}, [](const options& o) { return o.timeouts.shutdown == 0s; }},
      {{"--ready-file", "/run/ready"}, [](const options& o) { return o.ready_file == "/run/ready"; }},
      {{"--ready-fd", "3"}, [](const options& o) { return o.ready_fd == 3; }},
      {{"--log-level", "debug"}, [](const options& o) { return o.log_level == log::level::debug; }},
      {{"--log-level", "warning"}, [](const options& o) { return o.log_level == log::level::warning; }},
      {{"--log-level", "error"}, [](const options& o) { return o.log_level == log::level::error; }},
      {{"--log-format", "json"}, [](const options& o) { return o.log_format == log::format::json; }},
      {{"--threads", "255"}, [](const options& o) { return o.threads == 255; }},
  };
  for (const auto& r : rows) {
    CAPTURE(r.words.front());
    const auto p = parse(r.words);
    CAPTURE(p.result.text);
    REQUIRE(p.result.run);
    CHECK(r.holds(p.options));
  }
}

TEST_CASE("secrets are wiped from the command line, whatever comes of it") {
  struct row {
    std::vector<std::string> words;
    std::vector<std::string> left;
  };
  const std::vector<row> rows{
      {{"--user", "a@localhost:pass"}, {"--user", "a@localhost:xxxx"}},
      {{"--user=a@[::1]:pass:word"}, {"--user=a@[::1]:xxxxxxxxx"}},
      {{"--c2s", "name:secret", "--threads", "1"}, {"--c2s", "name:xxxxxx", "--threads", "1"}},
      {{"--sm-secret", "secret", "--sm-id", "c2s"}, {"--sm-secret", "xxxxxx", "--sm-id", "c2s"}},
      {{"--sm-secret=secret"}, {"--sm-secret=xxxxxx"}},
      {{"--user", "nocolon"}, {"--user", "xxxxxxx"}},
      {{"--nonsense", "--user", "a@b:c"}, {"--nonsense", "--user", "a@b:x"}},
      {{"--help", "--user", "a@b:c"}, {"--help", "--user", "a@b:x"}},
      {{"--users", "file", "--domain", "a:b"}, {"--users", "file", "--domain", "a:b"}},
      {{"--user"}, {"--user"}},
  };
  for (const auto& r : rows) {
    arguments a(r.words);
    options o;
    static_cast<void>(parse_command_line(a.count(), a.pointers(), o, [](const std::string&) { return std::nullopt; }));
    for (std::size_t i = 0; i < r.left.size(); ++i) CHECK(a[i + 1] == r.left[i]);
  }
}

TEST_CASE("help, version and check") {
  const auto help = parse({"--help", "--threads", "999"});
  CHECK_FALSE(help.result.run);
  CHECK(help.result.code == 0);
  for (const std::string_view part : {"--domain",
                                      "--alias",
                                      "--user",
                                      "--users",
                                      "--register",
                                      "--no-register",
                                      "--listen",
                                      "--listen-components",
                                      "--no-clients",
                                      "--allow-plaintext",
                                      "--c2s",
                                      "--sm",
                                      "--sm-id",
                                      "--sm-secret",
                                      "--max-stanza-bytes",
                                      "--max-bytes-per-second",
                                      "--max-connects-per-ip",
                                      "--max-connections",
                                      "--max-unauthenticated-bytes",
                                      "--max-outbox-bytes",
                                      "--max-manager-queue-bytes",
                                      "--header-timeout",
                                      "--login-timeout",
                                      "--bind-timeout",
                                      "--idle-timeout",
                                      "--manager-timeout",
                                      "--shutdown-timeout",
                                      "--ready-file",
                                      "--ready-fd",
                                      "--log-level",
                                      "--log-format",
                                      "--threads",
                                      "--config",
                                      "--version",
                                      "--check-config",
                                      "[262144]",
                                      "COUPLET_",
                                      "@FILE",
                                      "Limits (0 means none"}) {
    CAPTURE(part);
    CHECK(help.result.text.find(part) != std::string::npos);
  }
  // Only one may be given, and the help does not promise more.
  CHECK(help.result.text.find("--sm HOST:PORT ... ") != std::string::npos);
  CHECK(help.result.text.find("--domain NAME ...") != std::string::npos);
  const auto version = parse({"--version"});
  CHECK_FALSE(version.result.run);
  CHECK(version.result.code == 0);
  CHECK(version.result.text == "couplet " COUPLET_VERSION " (" + std::string(couplet::base::tls_library()) + ")\n");
  const auto check = parse({"--check-config", "--threads", "2"});
  CHECK_FALSE(check.result.run);
  CHECK(check.result.code == 0);
  CHECK(check.options.threads == 2);
}

TEST_CASE("the help says what exit codes mean and what signals do") {
  const auto help = parse({"--help"}).result.text;
  const auto codes = help.find("\nExit codes:\n");
  const auto signals = help.find("\nSignals:\n");
  REQUIRE(codes != std::string::npos);
  REQUIRE(signals != std::string::npos);
  REQUIRE(codes < signals);
  const auto about_codes = help.substr(codes, signals - codes);
  const auto about_signals = help.substr(signals);
  for (const std::string_view part :
       {"\n  0  a clean stop", "\n  1  could not start or run", "\n  2  wrong usage or configuration",
        "a file named in it that cannot be read (--config, --users, @FILE)"}) {
    CAPTURE(part);
    CHECK(about_codes.find(part) != std::string::npos);
  }
  for (const std::string_view part : {"SIGTERM, SIGINT  a clean stop", "a second one stops at once", "SIGHUP  ", "--tls-cert",
                                      "--tls-key", "--tls-client-ca", "--component-ca", "--c2s", "--sm-secret", "--log-level",
                                      "--log-format", "Accounts that are no longer listed stay until a restart"}) {
    CAPTURE(part);
    CHECK(about_signals.find(part) != std::string::npos);
  }
  // A terminal of usual width (120) shows the end of the help without breaking its lines.
  for (std::size_t begin = codes + 1; begin < help.size();) {
    const auto end = std::min(help.find('\n', begin), help.size());
    CHECK(end - begin <= 120);
    begin = end + 1;
  }
}
