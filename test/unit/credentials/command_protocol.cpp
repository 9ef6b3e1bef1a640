#include "credentials/command_protocol.hpp"

#include <doctest/doctest.h>

#include <string>

#include "credentials/command_source.hpp"
#include "spawn.hpp"

using namespace couplet;
using namespace couplet::credentials;
using namespace std::string_literals;
using verdict = sasl::answer::verdict;

namespace {

sasl::question question(std::string_view who, std::string password) {
  return sasl::question(*base::jid::parse(who), std::move(password), "192.0.2.1");
}

std::string asked(command_protocol p, const sasl::question& q) {
  std::string out;
  append_question(out, p, q);
  return out;
}

}  // namespace

TEST_CASE("command: a question as a line and as a packet") {
  const auto q = question("romeo@example.net", "se:cr et:");
  CHECK(asked(command_protocol::generic, q) == "auth:romeo:example.net:se:cr et:\n");
  CHECK(asked(command_protocol::ejabberd, q) == "\0\x20"s + "auth:romeo:example.net:se:cr et:");
  const auto longer = asked(command_protocol::ejabberd, question("romeo@example.net", std::string(1000, 'x')));
  CHECK(longer.size() == 2 + 23 + 1000);
  CHECK(longer.substr(0, 2) == "\x03\xff"s);
}

TEST_CASE("command: the question grows in one piece, so that no password is left behind in a smaller one") {
  std::string out;
  append_question(out, command_protocol::ejabberd, question("romeo@example.net", std::string(500, 'x')));
  CHECK(out.capacity() < 2 * out.size());
  const auto* where = out.data();
  out.clear();
  append_question(out, command_protocol::generic, question("romeo@example.net", std::string(500, 'x')));
  CHECK(out.data() == where);
}

TEST_CASE("command: a password that would be two questions, or be cut, is wrong without asking") {
  for (const auto& bad :
       {"a\nauth:juliet:example.net:b"s, "\n"s, "secret\n"s, "secret\r"s, "sec\0ret"s, std::string(16 * 1024 + 1, 'x')}) {
    CHECK(answer_without_asking(question("romeo@example.net", bad)) == verdict::wrong);
  }
  for (const auto& good : {"secret"s, "a:b::c:"s, ":"s, " "s, "\xc3\xa9\xe2\x82\xac"s, "\t"s, std::string(1023, 'x')}) {
    CHECK_FALSE(answer_without_asking(question("romeo@example.net", good)).has_value());
  }
}

TEST_CASE("command: a server's name with colons would be taken apart in the wrong place") {
  CHECK(answer_without_asking(question("romeo@[2001:db8::1]", "secret")) == verdict::unavailable);
}

TEST_CASE("command: answers in lines") {
  const auto read = [](std::string_view bytes) { return read_reply(command_protocol::generic, bytes); };
  CHECK(read("1\n") == reply::right);
  CHECK(read("1\r\n") == reply::right);
  CHECK(read("0\n") == reply::wrong);
  CHECK(read("0\r\n") == reply::wrong);
  for (const char* part : {"", "1", "0", "1\r"}) CHECK(read(part) == reply::incomplete);
  for (const char* bad :
       {"\n", "11\n", " 1\n", "1 \n", "true\n", "OK\n", "1\n1\n", "1\n0", "0\n\n", "\r\n", "-1\n", "xxxxxxxxxxxxxxxx"}) {
    INFO(bad);
    CHECK(read(bad) == reply::garbage);
  }
  CHECK(read("1\0\n"s) == reply::garbage);
}

TEST_CASE("command: answers in packets") {
  const auto read = [](const std::string& bytes) { return read_reply(command_protocol::ejabberd, bytes); };
  CHECK(read("\0\2\0\1"s) == reply::right);
  CHECK(read("\0\2\0\0"s) == reply::wrong);
  for (const auto& part : {""s, "\0"s, "\0\2"s, "\0\2\0"s}) CHECK(read(part) == reply::incomplete);
  for (const auto& bad :
       {"1\n"s, "\0\1\1"s, "\0\2\1"s, "\0\2\0\2"s, "\2\0\1\0"s, "\0\2\0\1\0"s, "\0\2\0\1\0\2\0\1"s, "\0\4\0\0\0\1"s}) {
    CHECK(read(bad) == reply::garbage);
  }
}

TEST_CASE("command: names of the protocols") {
  CHECK(command_protocol_of("generic") == command_protocol::generic);
  CHECK(command_protocol_of("ejabberd") == command_protocol::ejabberd);
  CHECK_FALSE(command_protocol_of("lines").has_value());
}

TEST_CASE("command: words between blanks, and what is wrong with them") {
  using words = std::vector<std::string>;
  CHECK(split_command("/bin/sh") == words{"/bin/sh"});
  CHECK(split_command("  /bin/x --a\t'b c'  $HOME ") == words{"/bin/x", "--a", "'b", "c'", "$HOME"});
  CHECK(split_command(" ").empty());
  CHECK_FALSE(fault_of_command({"/bin/sh", "x"}).has_value());
  CHECK(fault_of_command({}).value() == "expected a program and its arguments");
  CHECK(fault_of_command({"sh"}).value() == "expected an absolute path instead of sh");
  CHECK(fault_of_command({"/nowhere/sh"}).value() == "/nowhere/sh: No such file or directory");
  CHECK(fault_of_command({"/bin"}).value() == "/bin is not a file");
  CHECK(fault_of_command({"/etc/passwd"}).value() == "/etc/passwd may not be executed");
}

TEST_CASE("command: a wrong one is found before anything starts") {
  command_options o;
  o.command = "auth.py";
  CHECK(make_command_source(o).error_text() == "expected an absolute path instead of auth.py");
}
