#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "config/command_line.hpp"
#include "fixture.hpp"

// Command lines that are refused: what is said of them, and what is not.

using namespace couplet::config;

namespace {

std::vector<std::string> with_managers(int count) {
  std::vector<std::string> words;
  for (int n = 1; n <= count; ++n) words.push_back("--sm=a:" + std::to_string(n));
  return words;
}

}  // namespace

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
      {{"--no-clients", "--c2s", "a:b", "--sasl-mechanism", "PLAIN"}, "--no-clients: excludes --sasl-mechanism"},
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
      {{"--sm", "a:1", "--sm", "b:1", "--sm", "a:1"}, "--sm: \"a:1\" is given twice"},
      {with_managers(17), "--sm: more than 16 session managers are not supported"},
      {{"--sm", "a:1", "--sm", "b:1"}, "--sm: needs --sm-id"},
      {{"--sm", "a:1", "--sm-id", "x", "--sm-secret", "y", "--sm-policy", "all"},
       "--sm-policy: expected failover or spread, not \"all\""},
      {{"--sm-policy", "failover"}, "--sm-policy: needs --sm"},
      {{"--max-roster-items", "5001"}, "--max-roster-items: expected a number from 0 to 5000"},
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

TEST_CASE("where something is wrong the options stay as they were") {
  const auto p = parse({"--domain", "example.org", "--threads", "256"});
  CHECK(p.options.domains == std::vector<std::string>{"localhost"});
  CHECK(p.options.client_listeners.empty());
}
