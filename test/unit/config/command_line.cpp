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
         return o.manager && o.manager->where == endpoint("Jabber.example", 5269) && o.manager->id == "c2s" &&
                o.manager->secret == "[x]";
       }},
      {{"--sm", "[::1]:5347", "--sm-id", "c2s", "--sm-secret=-s"},
       [](const options& o) { return o.manager->where == endpoint("::1", 5347) && o.manager->secret == "-s"; }},
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
      {{"--max-outbox-bytes", "2"}, [](const options& o) { return o.limits.max_outbox_bytes == 2; }},
      {{"--max-manager-queue-bytes", "3"}, [](const options& o) { return o.limits.max_manager_queue_bytes == 3; }},
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

TEST_CASE("what is wrong is named in one line, with exit code 2") {
  const temporary_file nobody("");
  struct row {
    std::vector<std::string> words;
    std::string says;  ///< somewhere in the line
  };
  const std::vector<row> rows{
      {{"--colour"}, "--colour: unknown flag"},
      {{"--listen-websocket=file"}, "--listen-websocket: unknown flag"},
      {{"--tls-cert=/nowhere/at/all"}, "--tls-cert: "},
      {{"--tls-cert=/nowhere/at/all"}, "/nowhere/at/all"},
      {{"--tls-key", "file"}, "--tls-key: belongs to no --tls-cert FILE"},
      {{"--listen-tls", "5223"}, "--listen-tls: expected ADDR:PORT"},
      {{"--require-tls", "--allow-plaintext"}, "--require-tls: contradicts allow-plaintext"},
      {{"--proxy-from", "10.0.0.1/8"}, "--proxy-from: "},
      {{"--proxy-from", "proxy.example"}, "--proxy-from: "},
      {{"--drain-to", "host:0"}, "--drain-to: expected HOST:PORT"},
      {{"--drain-to", "a b"}, "--drain-to: expected HOST:PORT"},
      {{"--notify", "a b@c"}, "--notify: expected a JID, not \"a b@c\""},
      {{"--notify", ""}, "--notify: expected a JID"},
      {{"--notify", "@localhost"}, "--notify: expected a JID"},
      {{"--notify", "a@localhost/\n"}, "--notify: expected a JID, not \"a@localhost/\\n\""},
      {{"--notify", "a@localhost", "--notify", "A@localhost"}, "--notify: \"a@localhost\" is given twice"},
      {{"--no-clients", "--c2s", "a:b", "--notify", "x.localhost"}, "--no-clients: excludes --notify"},
      {{"--registration-token", "x"}, "--registration-token: needs --register"},
      {{"--max-registrations-per-ip", "3"}, "--max-registrations-per-ip: expected N/SECONDS"},
      {{"--http-redirect", "example.org"}, "--http-redirect: expected a URL that begins with http:// or https://"},
      {{"--http-redirect", "https://a.example/\r\nX: y"}, "--http-redirect: expected a URL"},
      {{"--http-redirect", "https://a.example/a b"}, "--http-redirect: expected a URL"},
      {{"--http-redirect", "https://a.example/\x7f"}, "--http-redirect: expected a URL"},
      {{"--http-redirect", "https://\xc3\xa9.example/"}, "--http-redirect: expected a URL"},
      {{"--http-redirect", "https://"}, "--http-redirect: expected a URL"},
      {{"--http-redirect", "https:///path"}, "--http-redirect: expected a URL"},
      {{"--http-redirect", "http://:80/"}, "--http-redirect: expected a URL"},
      {{"--http-redirect", "javascript:alert(1)"}, "--http-redirect: expected a URL"},
      {{"--http-redirect", "https://a.example/" + std::string(2000, 'x')}, "--http-redirect: expected a URL"},
      {{"--data", ""}, "--data: expected the name of a folder"},
      {{"--auth-http", "http://192.0.2.1/check"}, "--auth-http: "},
      {{"--auth-http", "nonsense"}, "--auth-http: "},
      {{"--auth-http-ca", "file"}, "--auth-http-ca: needs --auth-http"},
      {{"--auth-command", "relative"}, "--auth-command: "},
      {{"--auth-command", "/bin/cat", "--auth-command-protocol", "x"}, "--auth-command-protocol: expected generic or ejabberd"},
      {{"--auth-command", "/bin/cat", "--auth-http", "http://127.0.0.1/"}, "--auth-command: excludes --auth-http"},
      {{"--auth-command", "/bin/cat", "--user", "a@localhost:b"}, "--user: excludes --auth-http and --auth-command"},
      {{"--auth-timeout", "5"}, "--auth-timeout: needs --auth-http or --auth-command"},
      {{"--sm", "a:1", "--sm-id", "x", "--sm-secret", "y", "--anonymous"}, "--anonymous: is for the embedded session manager"},
      {{"stray"}, "belongs to no flag"},
      {{"--domain"}, "--domain"},
      {{"--domain", ".."}, "--domain: expected a domain name"},
      {{"--domain", "a", "--domain", "A."}, "--domain: \"a\" is given twice"},
      {{"--domain", "a\nb"}, "\"a\\nb\""},
      {{"--alias", "a"}, "--alias: expected ALIAS=DOMAIN"},
      {{"--alias", "a=b"}, "--alias: \"b\" is not a domain served"},
      {{"--domain", "a", "--alias", "a=a"}, "--alias: \"a\" is a domain served"},
      {{"--alias", "x=localhost", "--alias", "x=localhost"}, "--alias: alias \"x\" is given twice"},
      {{"--listen", "5222"}, "--listen: expected ADDR:PORT"},
      {{"--listen", ":5222"}, "--listen: expected ADDR:PORT"},
      {{"--listen", "::1:5222"}, "--listen: expected ADDR:PORT"},
      {{"--listen", "[127.0.0.1]:5222"}, "--listen: expected ADDR:PORT"},
      {{"--listen", "localhost:5222"}, "--listen: expected ADDR:PORT"},
      {{"--listen", "127.0.0.1:65536"}, "--listen: expected ADDR:PORT"},
      {{"--listen", "127.0.0.1:"}, "--listen: expected ADDR:PORT"},
      {{"--listen", "127.0.0.1:+1"}, "--listen: expected ADDR:PORT"},
      {{"--listen", "5222"}, "or unix:/PATH, not \"5222\""},
      {{"--listen", "unix:"}, "--listen: expected unix:/PATH with the absolute path of a file, not \"unix:\""},
      {{"--listen", "unix:clients"}, "--listen: expected unix:/PATH with the absolute path"},
      {{"--listen", "unix:@clients"}, "--listen: expected unix:/PATH with the absolute path"},
      {{"--listen", "unix:/run/"}, "--listen: expected unix:/PATH with the absolute path of a file"},
      {{"--listen", "unix:/" + std::string(107, 'x')},
       "--listen: expected unix:/PATH with a path of at most 107 bytes, not of 108"},
      {{"--listen", "UNIX:/clients"}, "--listen: expected ADDR:PORT"},
      {{"--sm", "unix:/run/manager"}, "--sm: expected HOST:PORT"},
      {{"--listen-components", "x", "--c2s", "a:b"}, "--listen-components: expected ADDR:PORT"},
      {{"--listen-components", "127.0.0.1:0"}, "--listen-components: needs --c2s"},
      {{"--no-clients"}, "--no-clients: needs --c2s NAME:SECRET or --component"},
      {{"--no-clients=maybe", "--c2s", "a:b"}, "maybe"},
      {{"--no-clients", "--c2s", "a:b", "--listen", "[::]:0"}, "--no-clients: excludes --listen"},
      {{"--no-clients", "--sm", "h:1", "--sm-id", "a", "--sm-secret", "b"}, "--no-clients: excludes --sm"},
      {{"--user", "romeo@localhost"}, "--user: expected JID:SECRET"},
      {{"--user", "localhost:x"}, "--user: expected JID:SECRET with a JID of the form user@domain"},
      {{"--user", "romeo@localhost/r:x"}, "--user: expected JID:SECRET with a JID of the form user@domain"},
      {{"--user", "romeo@localhost:"}, "--user: the secret is empty"},
      {{"--user", "romeo@localhost:\xff"}, "--user: the secret is not UTF-8"},
      {{"--user", "romeo@localhost:" + std::string(1024, 'x')}, "--user: the secret is longer than 1023 bytes"},
      {{"--user", "romeo@localhost:@/nowhere/at/all"}, "--user: cannot read the file named behind the '@': No such file"},
      {{"--user", "romeo@localhost:@/"}, "--user: cannot read the file named behind the '@': Is a directory"},
      {{"--user", "romeo@other:x"}, "--user: the account \"romeo@other\" is not of a domain served"},
      {{"--user", "a@localhost:x", "--user", "A@localhost:y"}, "the account \"a@localhost\" is given twice"},
      {{"--users", "/nowhere/at/all"}, "--users: cannot read the file \"/nowhere/at/all\": No such file"},
      {{"--register", "--no-register"}, "--no-register: contradicts register"},
      {{"--c2s", "name"}, "--c2s: expected NAME:SECRET"},
      {{"--c2s", "a b:x"}, "--c2s: expected NAME:SECRET"},
      {{"--c2s", ":x"}, "--c2s: expected NAME:SECRET"},
      {{"--c2s", "a:x", "--c2s", "A:y"}, "--c2s: \"a\" is given twice"},
      {{"--sm", "host"}, "--sm: expected HOST:PORT"},
      {{"--sm", "host:0"}, "--sm: expected HOST:PORT"},
      {{"--sm", "::1:5347"}, "--sm: expected HOST:PORT"},
      {{"--sm", "a:1", "--sm", "b:1"}, "--sm: more than one session manager is not supported"},
      {{"--sm", "a:1"}, "--sm: needs --sm-id"},
      {{"--sm", "a:1", "--sm-id", "x"}, "--sm: needs --sm-secret"},
      {{"--sm", "a:1", "--sm-id", "x", "--sm-secret", "y", "--user", "a@elsewhere:z"},
       "--user: the account \"a@elsewhere\" is not of a domain served"},
      {{"--sm", "a:1", "--sm-id", "x", "--sm-secret", "y", "--users", nobody.path()}, "--users: holds no account"},
      {{"--sm", "a:1", "--sm-id", "x", "--sm-secret", "y", "--sm-protocol", "xmpp"},
       "--sm-protocol: expected auto, route or sc, not \"xmpp\""},
      {{"--sm-protocol", "sc"}, "--sm-protocol: needs --sm"},
      {{"--sm", "a:1", "--sm-id", "x", "--sm-secret", "y", "--c2s", "a:z"}, "--c2s: is for the embedded session manager"},
      {{"--sm", "a:1", "--sm-id", "x", "--sm-secret", "y", "--register"}, "--register: in-band registration"},
      {{"--sm-id", "x"}, "--sm-id: needs --sm"},
      {{"--sm-secret", "x"}, "--sm-secret: needs --sm"},
      {{"--sm", "a:1", "--sm-id", "x", "--sm-secret", "y", "--sm-secret", "z"}, "--sm-secret: is given more than once"},
      {{"--sm", "a:1", "--sm-id", "x y", "--sm-secret", "y"}, "--sm-id: expected a domain name"},
      {{"--max-stanza-bytes", "9999"}, "--max-stanza-bytes: expected a number of bytes from 10000 to "},
      {{"--max-stanza-bytes", "0"}, "--max-stanza-bytes: expected a number"},
      {{"--max-stanza-bytes", "256k"}, "--max-stanza-bytes: expected a number"},
      {{"--max-stanza-bytes=", "--register"}, "--max-stanza-bytes"},
      {{"--max-connections", "-1"}, "--max-connections: expected a number"},
      {{"--max-connections", "1e3"}, "--max-connections: expected a number"},
      {{"--max-outbox-bytes", "99999999999999999999999"}, "--max-outbox-bytes: expected a number"},
      {{"--max-connects-per-ip", "20"}, "--max-connects-per-ip: expected N/SECONDS"},
      {{"--max-connects-per-ip", "20/0"}, "--max-connects-per-ip: expected N/SECONDS"},
      {{"--max-connects-per-ip", "/"}, "--max-connects-per-ip: expected N/SECONDS"},
      {{"--idle-timeout", "86401"}, "--idle-timeout: expected a number of seconds from 0 to 86400"},
      {{"--idle-timeout", "1", "--idle-timeout", "2"}, "--idle-timeout: is given more than once"},
      {{"--ready-fd", "-1"}, "--ready-fd: expected a number"},
      {{"--ready-fd", "2147483648"}, "--ready-fd: expected a number"},
      {{"--log-level", "loud"}, "--log-level: expected debug, info, warning or error, not \"loud\""},
      {{"--log-format", "xml"}, "--log-format: expected text or json, not \"xml\""},
      {{"--threads", "256"}, "--threads: expected a number from 0 to 255"},
      {{"--config", "/nowhere/at/all"}, "--config: cannot read the file \"/nowhere/at/all\""},
      {{"--check-config", "--threads", "256"}, "--threads: expected a number"},
  };
  for (const auto& r : rows) {
    CAPTURE(r.words.front());
    const auto p = parse(r.words);
    CAPTURE(p.result.text);
    CHECK_FALSE(p.result.run);
    CHECK(p.result.code == 2);
    CHECK(p.result.text.find(r.says) != std::string::npos);
    CHECK(p.result.text.starts_with("couplet: "));
    CHECK(p.result.text.find('\n') == p.result.text.size() - 1);
  }
}

TEST_CASE("no error shows a secret") {
  const std::vector<std::vector<std::string>> rows{
      {"--user", "hunter2"},
      {"--user", "romeo@:hunter2"},
      {"--user", "romeo@other:hunter2"},
      {"--user", "hunter2:romeo@localhost"},
      {"--user", "romeo@localhost:@hunter2"},
      {"--user", "romeo@localhost:x", "hunter2"},
      {"--user", "romeo@localhost:x", "-Hunter2"},
      {"--usr", "romeo@localhost:hunter2"},
      {"--usr=romeo@localhost:hunter2"},
      {"--c2s", "hunter2"},
      {"--c2s", "a b:hunter2"},
      {"--c2s", "a:hunter2", "--c2s", "a:hunter2"},
      {"--c2s", "a:@hunter2"},
      {"--sm-secret", "hunter2"},
      {"--sm-secret", "-hunter2"},
      {"--sm-secret", "hunter2", "--sm-secret", "hunter2", "--sm", "h:1", "--sm-id", "x"},
      {"--sm-secret", "@hunter2", "--sm", "h:1", "--sm-id", "x"},
      {"--sm-secret", "hunter2\xff", "--sm", "h:1", "--sm-id", "x"},
  };
  for (const auto& words : rows) {
    const auto p = parse(words);
    CAPTURE(p.result.text);
    CHECK(p.result.code == 2);
    CHECK(p.result.text.find("unter2") == std::string::npos);
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
  CHECK(help.result.text.find("--sm HOST:PORT  ") != std::string::npos);
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
  for (const std::string_view part :
       {"SIGTERM, SIGINT  a clean stop", "a second one stops at once", "SIGHUP  ", "--tls-cert", "--tls-key", "--tls-client-ca",
        "--c2s", "--sm-secret", "--log-level", "--log-format", "Accounts that are no longer listed stay until a restart"}) {
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

TEST_CASE("where something is wrong the options stay as they were") {
  const auto p = parse({"--domain", "example.org", "--threads", "256"});
  CHECK(p.options.domains == std::vector<std::string>{"localhost"});
  CHECK(p.options.client_listeners.empty());
}
