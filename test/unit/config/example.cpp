#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "fixture.hpp"

using namespace couplet::config;

// etc/couplet.toml: an example that is not to grow old.

namespace {

constexpr const char* key_characters = "abcdefghijklmnopqrstuvwxyz0123456789-";

std::string example_text() {
  const char* const data = std::getenv("COUPLET_TEST_DATA");
  REQUIRE_MESSAGE(data != nullptr, "COUPLET_TEST_DATA names test/data");
  std::ifstream in(std::string(data) + "/../../etc/couplet.toml");
  REQUIRE(in.good());
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// One `key = value` of the example.
struct line {
  std::string key;
  std::string value;    ///< without what follows
  std::string comment;  ///< what follows
  bool active = false;  ///< no # in front
};

std::vector<line> lines_of_example() {
  std::vector<line> found;
  std::istringstream in(example_text());
  for (std::string text; std::getline(in, text);) {
    line l;
    l.active = !text.starts_with("# ");
    if (!l.active) text.erase(0, 2);
    const auto end = text.find_first_not_of(key_characters);
    if (end == 0 || end == std::string::npos || text.compare(end, 3, " = ") != 0) continue;
    l.key = text.substr(0, end);
    text.erase(0, end + 3);
    const auto comment = text.find(" #");
    if (comment != std::string::npos) l.comment = text.substr(comment + 2);
    text = text.substr(0, comment);
    l.value = text.substr(0, text.find_last_not_of(' ') + 1);
    found.push_back(std::move(l));
  }
  return found;
}

/// Flag → what the help says of it, without the flag's own line beginning. Those that are no keys are left out.
std::map<std::string, std::string> flags_of_help() {
  std::map<std::string, std::string> found;
  std::istringstream in(parse({"--help"}).result.text);
  for (std::string text; std::getline(in, text);) {
    if (!text.starts_with("  --")) continue;
    const auto end = text.find_first_not_of(key_characters, 4);
    found[text.substr(4, end - 4)] = text.substr(end);
  }
  for (const char* no_key : {"version", "config", "check-config", "backup", "export", "import", "import-jadc2s"})
    CHECK(found.erase(no_key) == 1);
  return found;
}

/// The default in the help: "[10]"; empty where it says none. A switch, which takes no argument, is off, unless that it is on is "the
/// default".
std::string default_in(const std::string& help) {
  if (help.starts_with("   ")) return help.ends_with(": the default") ? "true" : "false";
  if (!help.ends_with(']')) return {};
  const auto begin = help.rfind(" [");
  return help.substr(begin + 2, help.size() - begin - 3);
}

std::string without_quotes(std::string value) {
  if (value.starts_with('[')) value = value.substr(1, value.size() - 2);
  if (value.starts_with('"')) value = value.substr(1, value.size() - 2);
  return value;
}

bool same(const options& a, const options& b) {
  const auto& l = a.limits;
  const auto& m = b.limits;
  const auto& t = a.timeouts;
  const auto& u = b.timeouts;
  return a.domains == b.domains && a.aliases == b.aliases && a.client_listeners == b.client_listeners &&
         a.component_listener == b.component_listener && a.allow_plaintext == b.allow_plaintext &&
         a.accounts.size() == b.accounts.size() && a.registration == b.registration && a.c2s.size() == b.c2s.size() &&
         a.manager.has_value() == b.manager.has_value() && l.max_stanza_bytes == m.max_stanza_bytes &&
         l.max_bytes_per_second == m.max_bytes_per_second && l.connects_per_ip.connects == m.connects_per_ip.connects &&
         l.connects_per_ip.window == m.connects_per_ip.window && l.max_connections == m.max_connections &&
         l.max_unauthenticated_bytes == m.max_unauthenticated_bytes && l.max_outbox_bytes == m.max_outbox_bytes &&
         l.max_manager_queue_bytes == m.max_manager_queue_bytes && t.header == u.header && t.login == u.login &&
         t.bind == u.bind && t.idle == u.idle && t.manager == u.manager && t.shutdown == u.shutdown &&
         a.ready_file == b.ready_file && a.ready_fd == b.ready_fd && a.log_level == b.log_level && a.log_format == b.log_format &&
         a.threads == b.threads && a.tls_listeners == b.tls_listeners && a.require_tls == b.require_tls &&
         a.certificates.size() == b.certificates.size() && a.client_ca == b.client_ca && a.data == b.data &&
         a.http_redirect == b.http_redirect && a.anonymous == b.anonymous && a.auth_http.has_value() == b.auth_http.has_value() &&
         a.auth_command.has_value() == b.auth_command.has_value() && t.tls == u.tls && a.notify == b.notify;
}

}  // namespace

TEST_CASE("the example configuration: its keys are the flags, each once") {
  std::map<std::string, int> seen;
  for (const auto& l : lines_of_example()) ++seen[l.key];
  const auto flags = flags_of_help();
  CHECK(flags.size() > 30);
  for (const auto& [key, times] : seen) {
    CAPTURE(key);
    CHECK(flags.contains(key));
    CHECK(times == 1);
  }
  for (const auto& [name, help] : flags) {
    CAPTURE(name);
    CHECK(seen.contains(name));
  }
}

TEST_CASE("the example configuration: behind a # stands the default of the help, or an example where it has none") {
  const auto flags = flags_of_help();
  for (const auto& l : lines_of_example()) {
    if (l.active) continue;
    CAPTURE(l.key);
    const auto expected = default_in(flags.at(l.key));
    CHECK(l.comment.starts_with(" e.g.") == expected.empty());
    if (!expected.empty()) CHECK(without_quotes(l.value) == expected);
  }
}

TEST_CASE("the example configuration: what it calls defaults changes nothing") {
  const temporary_file nothing("");
  const temporary_file example(example_text());
  const auto as_it_is = parse({"--config", example.path()});
  REQUIRE(as_it_is.result.run);
  std::size_t tried = 0;
  std::string all;
  for (const auto& l : lines_of_example()) {
    if (l.active) all += l.key + " = " + l.value + '\n';
    // Where others may connect is a question only where there are others; so is how to talk to them.
    if (l.active || l.comment.starts_with(" e.g.") || l.key == "listen-components" || l.key == "sm-policy" ||
        l.key == "sm-protocol")
      continue;
    if (l.key.starts_with("auth-")) continue;  // the same of who checks passwords
    CAPTURE(l.key);
    const temporary_file one(l.key + " = " + l.value + '\n');
    const auto p = parse({"--config", one.path()});
    CAPTURE(p.result.text);
    REQUIRE(p.result.run);
    CHECK(same(p.options, parse({"--config", nothing.path()}).options));
    all += l.key + " = " + l.value + '\n';
    ++tried;
  }
  CHECK(tried > 15);
  const temporary_file whole(all);
  const auto p = parse({"--config", whole.path()});
  CAPTURE(p.result.text);
  REQUIRE(p.result.run);
  CHECK(same(p.options, as_it_is.options));
  // The comparison sees a difference.
  CHECK_FALSE(same(p.options, parse({"--threads", "1"}).options));
}

TEST_CASE("the example configuration: its examples are of the right form") {
  const temporary_file secret("x\n");
  const temporary_file nobody("");
  const temporary_file authority(some_certificate());
  for (const auto& l : lines_of_example()) {
    if (!l.comment.starts_with(" e.g.")) continue;
    if (l.key == "tls-cert" || l.key == "tls-key") continue;  // they want real ones
    CAPTURE(l.key);
    auto value = l.value;
    if (const auto file = value.find("/etc/"); file != std::string::npos)
      value.replace(file, value.find('"', file) - file, (l.key.ends_with("-ca") ? authority : secret).path());
    std::string text = l.key + " = " + value + '\n';
    // One of them does not go without the two others.
    if (l.key != "sm" && l.key.starts_with("sm")) text += "sm = \"h:1\"\n";
    if (l.key.starts_with("sm") && l.key != "sm-id") text += "sm-id = \"a\"\n";
    if (l.key.starts_with("sm") && l.key != "sm-secret") text += "sm-secret = \"b\"\n";
    if (l.key == "auth-http-ca") text += "auth-http = \"https://localhost/\"\n";
    if (l.key.starts_with("component-")) text += "component = \"bot.localhost:x\"\n";
    if (l.key == "component-ca") text += "component-tls-listen = \"127.0.0.1:0\"\n";
    if (l.key == "registration-token") text += "register = true\n";
    if (l.key == "users") text = "users = \"" + nobody.path() + "\"\n";
    const temporary_file file(text);
    const auto p = parse({"--config", file.path()});
    CAPTURE(p.result.text);
    CHECK(p.result.run);
  }
}

TEST_CASE("the example configuration works on a machine without IPv6") {
  const temporary_file example(example_text());
  const auto p = parse({"--config", example.path()});
  REQUIRE(p.result.run);
  REQUIRE_FALSE(p.options.client_listeners.empty());
  for (const auto& where : p.options.client_listeners) CHECK(where.host.find(':') == std::string::npos);
}

TEST_CASE("the folder of the example's data is one that the example's unit makes") {
  const char* const data = std::getenv("COUPLET_TEST_DATA");
  REQUIRE(data != nullptr);
  std::ifstream in(std::string(data) + "/../../etc/couplet.service");
  std::set<std::string> unit;
  for (std::string text; std::getline(in, text);) unit.insert(text);
  CHECK(unit.contains("StateDirectory=couplet"));
  for (const auto& l : lines_of_example()) {
    if (l.key == "data") CHECK(without_quotes(l.value) == "/var/lib/couplet");
  }
}
