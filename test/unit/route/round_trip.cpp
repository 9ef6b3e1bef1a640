#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "oracle.hpp"
#include "route/codec.hpp"
#include "xml/tokenizer.hpp"
#include "xml/writer.hpp"

using namespace couplet;
using namespace couplet::route;

namespace {

using verb = session_control::verb;

/// Random messages: everything that a message may hold, drawn with a liking for what is hard to write.
class generator {
 public:
  explicit generator(unsigned seed) : random_(seed) {}

  message next() {
    switch (below(7)) {
      case 0: return auth(end(), end(), element());
      case 1: return session_start(end(), end(), maybe_element());
      case 2: return session_started(end(), end(), maybe_element());
      case 3: return stanza(maybe_end(), end(), maybe_element());
      case 4: return failure(maybe_end(), end(), below(2) == 0 ? "" : text(), maybe_element());
      case 5: return command();
      default: return controlled_stanza(maybe_end(), end(), below(2) == 0 ? "" : text(), text(), element());
    }
  }

 private:
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }

  template <std::size_t N>
  std::string one_of(const char* const (&of)[N]) {
    return of[below(N)];
  }

  std::string text() {
    static const char* const pieces[] = {
        "a",        "alice@localhost/home", "'",     "\"",  "&",       "<", ">", "]]>", "\t", "\n", "\r", "  ",
        "\xC3\xA4", "\xF0\x9F\x98\x80",     "&amp;", "sc:", "</route>"};
    std::string all = one_of(pieces);
    for (std::size_t more = below(4); more != 0; --more) all += one_of(pieces);
    return all;
  }

  address end() { return address(text()); }
  address maybe_end() { return below(8) == 0 ? address() : end(); }
  std::string maybe_element() { return below(4) == 0 ? std::string() : element(); }

  message command() {
    session_control c(end(), end(), static_cast<verb>(below(9)));
    for (std::string* field : {&c.target, &c.id, &c.c2s, &c.sm, &c.failed})
      if (below(2) == 0) *field = text();
    return c;
  }

  std::string quoted(std::string_view value) {
    std::string all;
    xml::append_attribute_value(all, value);
    return below(2) == 0 ? "'" + all + "'" : '"' + all + '"';
  }

  /// Well-formed with its namespaces; relies on nothing outside.
  std::string element(std::size_t depth = 0) {
    static const char* const names[] = {"message", "iq", "presence", "body", "session", "route", "sc"};
    static const char* const bindings[] = {" xmlns:p='urn:p'", " xmlns:sc='urn:not-that'", " xmlns:sc0=\"urn:neither\"",
                                           " xmlns:sc='http://jabberd.jabberstudio.org/ns/session/1.0' sc:needed=''"};
    std::string name = one_of(names);
    std::string tag = "<" + name;
    if (below(3) == 0) tag += one_of(bindings);
    if (below(3) == 0) tag += " xmlns=" + quoted("jabber:client");
    for (std::size_t n = below(3); n != 0; --n)
      tag += (below(2) == 0 ? " " : "\n\t") + ("a" + std::to_string(n)) + "=" + quoted(text());
    if (below(4) == 0) tag += " sm='no' c2s = \">\"";
    if (depth > 3 || below(4) == 0) return tag + (below(2) == 0 ? "/>" : " />");
    tag += ">";
    for (std::size_t n = below(4); n != 0; --n) {
      switch (below(4)) {
        case 0: tag += "<![CDATA[</" + name + "><x>&]]>"; break;
        case 1: xml::append_text(tag, text()); break;
        case 2: tag += "<p:x xmlns:p='urn:x' p:y=\"/>\"><sc:z xmlns:sc='u'/></p:x>"; break;
        default: tag += element(depth + 1); break;
      }
    }
    return tag + "</" + name + ">";
  }

  std::mt19937 random_;
};

std::string written(const message& m) {
  std::string out;
  append(out, m);
  return out;
}

writer writer_of(const message& m) {
  return std::holds_alternative<session_started>(m) ? writer::manager : writer::c2s;
}

}  // namespace

TEST_CASE("what is written is read back: 20,000 random messages, through the tokenizer") {
  generator next(20'260'101);
  xml::workspace_pool pool;
  const xml::tokenizer_limits limits;
  xml::tokenizer tokens(pool, limits);
  std::string_view header = "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'>";
  REQUIRE(tokens.next(header) == xml::token::header);
  for (int n = 0; n != 20'000; ++n) {
    const message m = next.next();
    const std::string bytes = written(m);
    CAPTURE(bytes);
    std::string_view input = bytes;
    REQUIRE(tokens.next(input) == xml::token::element);
    REQUIRE(input.empty());
    CHECK(tokens.element().bytes == bytes);
    const auto got = parse(tokens.element().bytes, writer_of(m));
    REQUIRE_MESSAGE(got.ok(), (got.ok() ? "" : got.error_text()));
    CHECK(got.value() == m);
  }
}

TEST_CASE("what is written means the same to somebody else") {
  generator next(7);
  for (int n = 0; n != 5'000; ++n) {
    const message m = next.next();
    const std::string bytes = written(m);
    CAPTURE(bytes);
    CHECK(test::meaning_of_bytes(bytes, writer_of(m)) == test::meaning_of_message(m));
  }
}

TEST_CASE("several messages are written one behind the other") {
  std::string out;
  const message a = session_start(address(std::string("c")), address(std::string("s")));
  const message b = stanza(address(std::string("c")), address(std::string("s")), "<presence/>");
  append(out, a);
  append(out, b);
  CHECK(out == "<route from='c' to='s' type='session'/><route from='c' to='s'><presence/></route>");
}
