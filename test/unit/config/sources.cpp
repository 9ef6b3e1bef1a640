#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "fixture.hpp"

using namespace couplet::config;

TEST_CASE("flag beats environment beats file") {
  const temporary_file file("threads = 3\nmax-connections = 3\nmax-outbox-bytes = 3\ndomain = [\"file.example\"]\n");
  const auto p =
      parse({"--config", file.path(), "--threads", "1"},
            {{"COUPLET_THREADS", "2"}, {"COUPLET_MAX_CONNECTIONS", "2"}, {"COUPLET_DOMAIN", "one.example,two.example"}});
  CAPTURE(p.result.text);
  REQUIRE(p.result.run);
  CHECK(p.options.threads == 1);
  CHECK(p.options.limits.max_connections == 2);
  CHECK(p.options.limits.max_outbox_bytes == 3);
  CHECK(p.options.domains == std::vector<std::string>{"one.example", "two.example"});
  // A list given at a higher place replaces the others, it does not add to them.
  const auto flags = parse({"--config", file.path(), "--domain", "flag.example"}, {{"COUPLET_DOMAIN", "one.example"}});
  CHECK(flags.options.domains == std::vector<std::string>{"flag.example"});
}

TEST_CASE("register and no-register are one thing, also across places") {
  const temporary_file on("register = true\n");
  CHECK(parse({"--config", on.path()}).options.registration);
  CHECK_FALSE(parse({"--config", on.path(), "--no-register"}).options.registration);
  CHECK_FALSE(parse({"--config", on.path()}, {{"COUPLET_NO_REGISTER", "1"}}).options.registration);
  CHECK_FALSE(parse({"--config", on.path()}, {{"COUPLET_REGISTER", "no"}}).options.registration);
  CHECK(parse({"--register"}, {{"COUPLET_NO_REGISTER", "true"}}).options.registration);
  const temporary_file both("register = true\nno-register = true\n");
  CHECK(parse({"--config", both.path()}).result.text.find(":2: no-register: contradicts register") != std::string::npos);
}

TEST_CASE("the environment: lists, switches, secrets, errors") {
  const auto p = parse({}, {{"COUPLET_USER", "a@localhost:x,y\nb@localhost:z\n"},
                            {"COUPLET_LISTEN", "127.0.0.1:1\n[::1]:2"},
                            {"COUPLET_ALLOW_PLAINTEXT", "yes"},
                            {"COUPLET_NO_CLIENTS", "0"},
                            {"COUPLET_LOG_LEVEL", ""}});
  CAPTURE(p.result.text);
  REQUIRE(p.result.run);
  REQUIRE(p.options.accounts.size() == 2);
  CHECK(p.options.accounts[0].secret == "x,y");
  CHECK(p.options.accounts[1].secret == "z");
  CHECK(p.options.client_listeners == std::vector<endpoint>{endpoint("127.0.0.1", 1), endpoint("::1", 2)});
  CHECK(p.options.allow_plaintext);

  const temporary_file file("threads = 7\n");
  CHECK(parse({}, {{"COUPLET_CONFIG", file.path()}}).options.threads == 7);
  CHECK(parse({}, {{"COUPLET_CHECK_CONFIG", "true"}}).result.code == 0);
  CHECK_FALSE(parse({}, {{"COUPLET_CHECK_CONFIG", "true"}}).result.run);
  CHECK(parse({}, {{"COUPLET_THREADS", "many"}}).result.text ==
        "couplet: COUPLET_THREADS: expected a number from 0 to 255, not \"many\"\n");
  CHECK(parse({}, {{"COUPLET_ALLOW_PLAINTEXT", "perhaps"}}).result.text.find("COUPLET_ALLOW_PLAINTEXT: expected true or false") !=
        std::string::npos);
}

TEST_CASE("the file: what it may look like") {
  const temporary_file file(
      "\xef\xbb\xbf# a comment\r\n"
      "\r\n"
      "domain = [ \"example.org\",  # the first\n"
      "  'b.example',\n"
      "]\n"
      "  \"alias\" = \"chat.example=example.org\"   # behind a value\n"
      "user = [\"romeo@example.org:with # and , and \\\"quotes\\\" \\u00e4\\\\\", 'juliet@example.org:C:\\raw']\n"
      "max-stanza-bytes = 300_000\n"
      "log-level = warning\n"
      "allow-plaintext = true\n"
      "listen = \"[::1]:0\"\n"
      "no-clients = false\n"
      "idle-timeout=7");
  const auto p = parse({"--config", file.path()});
  CAPTURE(p.result.text);
  REQUIRE(p.result.run);
  const auto& o = p.options;
  CHECK(o.domains == std::vector<std::string>{"example.org", "b.example"});
  CHECK(o.aliases.at("chat.example") == "example.org");
  REQUIRE(o.accounts.size() == 2);
  CHECK(o.accounts[0].secret == "with # and , and \"quotes\" \xc3\xa4\\");
  CHECK(o.accounts[1].secret == "C:\\raw");
  CHECK(o.limits.max_stanza_bytes == 300'000);
  CHECK(o.log_level == couplet::base::log::level::warning);
  CHECK(o.allow_plaintext);
  CHECK(o.client_listeners == std::vector<endpoint>{endpoint("::1", 0)});
  CHECK(o.timeouts.idle == std::chrono::seconds(7));
}

TEST_CASE("the file: what is wrong is named with its line") {
  struct row {
    std::string text;
    std::string says;  ///< behind the path
  };
  const std::vector<row> rows{
      {"\n\ncolour = 1\n", ":3: unknown key \"colour\""},
      {"user = []\n", ":1: user: the list is empty"},
      {"listen = []\n", ":1: listen: the list is empty"},
      {"colour = 'x'\n", ":1: unknown key \"colour\""},
      {"config = 'x'\n", ":1: unknown key \"config\""},
      {"threads = 1\nthreads = 2\n", ":2: \"threads\" is given twice"},
      {"[couplet]\nthreads = 1\n", ":1: tables are not used here"},
      {"threads\n", ":1: expected KEY = VALUE"},
      {"threads = \n", ":1: expected a value"},
      {"= 1\n", ":1: expected KEY = VALUE"},
      {"a.b = 1\n", ":1: expected KEY = VALUE"},
      {"threads = 1 2\n", ":1: expected the end of the line"},
      {"threads = [1, 2]\n", ":1: threads: expected one value, not a list"},
      {"threads = 256\n", ":1: threads: expected a number from 0 to 255"},
      {"register = maybe\n", ":1: register: expected true or false"},
      {"domain = [\"a\",\n\"..\"]\n", ":2: domain: expected a domain name"},
      {"domain = [\"a\"\n\"b\"]\n", ":2: expected a comma or ]"},
      {"domain = [\"a\",\n", ":2: expected ] at the end of the list"},
      {"domain = \"a\n", ":1: expected a closing quote"},
      {"domain = 'a\n", ":1: expected a closing quote"},
      {"domain = \"\"\"a\"\"\"\n", ":1: strings of several lines are not used"},
      {"domain = \"\\q\"\n", ":1: unknown escape"},
      {"domain = \"a\\\n\"\n", ":1: unknown escape"},
      {"domain = \"\\u12\"\n", ":1: expected four hexadecimal digits"},
      {"domain = \"\\ud800\"\n", ":1: there is no such character"},
      {"domain = \"\\Uffffffff\"\n", ":1: there is no such character"},
      {"domain = \"\xff\"\n", ": is not UTF-8"},
      {"\nuser = 'hunter2'\n", ":2: user: expected JID:SECRET"},
      {"user = hunter2 x\n", ":1: expected the end of the line"},
      {"user = ['a@other:hunter2']\n", ":1: user: the account \"a@other\""},
  };
  for (const auto& r : rows) {
    CAPTURE(r.text);
    const temporary_file file(r.text);
    const auto p = parse({"--config", file.path()});
    CAPTURE(p.result.text);
    CHECK(p.result.code == 2);
    CHECK(p.result.text.find(file.path() + r.says) != std::string::npos);
    CHECK(p.result.text.find('\n') == p.result.text.size() - 1);
    CHECK(p.result.text.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("secrets from files: the first line") {
  struct row {
    std::string bytes;
    std::string secret;  ///< empty: refused
  };
  for (const auto& r : std::vector<row>{{"secret\n", "secret"},
                                        {"secret", "secret"},
                                        {"secret\r\n", "secret"},
                                        {" with blanks \nsecond line\n", " with blanks "},
                                        {"@at\n", "@at"},
                                        {"", ""},
                                        {"\nsecret\n", ""},
                                        {std::string(2000, 'x'), ""},
                                        {std::string(70'000, 'x'), ""}}) {
    CAPTURE(r.bytes);
    const temporary_file file(r.bytes);
    const auto user = parse({"--user", "a@localhost:@" + file.path()});
    const auto c2s = parse({"--c2s", "c2s:@" + file.path()});
    const auto manager = parse({"--sm", "h:1", "--sm-id", "i", "--sm-secret", "@" + file.path()});
    for (const auto* p : {&user, &c2s, &manager}) CHECK(p->result.run == !r.secret.empty());
    if (r.secret.empty()) continue;
    CHECK(user.options.accounts.at(0).secret == r.secret);
    CHECK(c2s.options.c2s.at(0).secret == r.secret);
    CHECK(manager.options.manager->secret == r.secret);
  }
}

TEST_CASE("a file of accounts") {
  const temporary_file secret("from a file\n");
  const temporary_file file("# people\n\nromeo@localhost:one\r\nJuliet@localhost:two:three\nnurse@localhost:@" + secret.path());
  const auto p = parse({"--users", file.path(), "--user", "friar@localhost:four"});
  CAPTURE(p.result.text);
  REQUIRE(p.result.run);
  REQUIRE(p.options.accounts.size() == 4);
  CHECK(p.options.accounts[1].who.full() == "romeo@localhost");
  CHECK(p.options.accounts[1].secret == "one");
  CHECK(p.options.accounts[2].who.full() == "juliet@localhost");
  CHECK(p.options.accounts[2].secret == "two:three");
  CHECK(p.options.accounts[3].secret == "from a file");

  const temporary_file broken("romeo@localhost:one\n\nhunter2\n");
  const auto wrong = parse({"--users", broken.path()});
  CHECK(wrong.result.text == "couplet: " + broken.path() + ":3: expected JID:SECRET\n");
  const temporary_file elsewhere("romeo@other:hunter2\n");
  CHECK(parse({"--users", elsewhere.path()}).result.text ==
        "couplet: " + elsewhere.path() + ":1: the account \"romeo@other\" is not of a domain served\n");
  const temporary_file twice("romeo@localhost:one\nRomeo@localhost:two\n");
  CHECK(parse({"--users", twice.path()}).result.text.find("\"romeo@localhost\" is given twice") != std::string::npos);
}

TEST_CASE("10,000 accounts are all read") {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "user" + std::to_string(i) + "@localhost:secret" + std::to_string(i) + "\n";
  const temporary_file file(text);
  const auto p = parse({"--users", file.path()});
  REQUIRE(p.result.run);
  REQUIRE(p.options.accounts.size() == 10'000);
  CHECK(p.options.accounts.back().who.full() == "user9999@localhost");
  CHECK(p.options.accounts.back().secret == "secret9999");
}

TEST_CASE("an account that is given twice is named with both places") {
  const temporary_file users("# accounts\nromeo@localhost:x\njuliet@localhost:y\nROMEO@localhost:z\n");
  CHECK(parse({"--users", users.path()}).result.text ==
        "couplet: " + users.path() + ":4: the account \"romeo@localhost\" is given twice; first in " + users.path() + ":2\n");
  CHECK(parse({"--users", users.path()}, {{"COUPLET_USER", "Romeo@localhost:y"}}).result.text ==
        "couplet: " + users.path() + ":2: the account \"romeo@localhost\" is given twice; first in COUPLET_USER\n");
}

TEST_CASE("a file that the environment names is missing: the variable is named") {
  CHECK(parse({}, {{"COUPLET_CONFIG", "/nowhere/at/all"}})
            .result.text.starts_with("couplet: COUPLET_CONFIG: cannot read the file \"/nowhere/at/all\""));
}
