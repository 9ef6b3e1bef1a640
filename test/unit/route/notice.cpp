#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "oracle.hpp"
#include "recordings.hpp"
#include "route/codec.hpp"

using namespace couplet;
using namespace couplet::route;

namespace {

const std::string update =
    "<update xmlns='http://amessage.info/protocol/connectionstate'><jid>a@b/c</jid><login/><ip>127.0.0.1</ip></update>";

std::string written(const message& m) {
  std::string out;
  append(out, m);
  return out;
}

std::string plain(std::string_view attributes, std::string_view inside) {
  return "<message " + std::string(attributes) + ">" + std::string(inside) + "</message>";
}

}  // namespace

TEST_CASE("notice: every recorded one is read, and those of jadc2s are written back byte for byte") {
  std::size_t read = 0;
  std::size_t same = 0;
  for (const std::string& file : test::recording_files()) {
    for (const test::recorded_element& e : test::read_recording(file).elements) {
      const auto got = parse_notice(e.bytes);
      CAPTURE(e.bytes);
      CHECK(test::meaning_of_notice(e.bytes) == (got ? test::meaning_of_message(*got) : "refused"));
      if (!got) continue;
      ++read;
      if (e.bytes.starts_with("<message to=")) CHECK(written(*got) == e.bytes);
      same += written(*got) == e.bytes ? 1U : 0U;
    }
  }
  CHECK(read > 60);
  CHECK(same > 50);
}

TEST_CASE("notice: addresses are escaped, and read back") {
  for (const char* nasty : {"a@b/'\"&<>", "a@b/\xC3\xA4 \xF0\x9F\x98\x80", "a@b/&amp;]]>", "d.e/</message>"}) {
    const message m = notice(address(std::string(nasty)), address(std::string(nasty)), update);
    const auto got = parse_notice(written(m));
    REQUIRE(got.has_value());
    CHECK(*got == m);
    CHECK(test::meaning_of_notice(written(m)) == test::meaning_of_message(m));
  }
}

TEST_CASE("notice: what is none") {
  const std::string both = "to='x.y' from='n@c'";
  CHECK(parse_notice(plain(both, update)).has_value());
  CHECK(parse_notice(plain(both, " \n" + update + " ")).has_value());
  for (const auto& other : {
           plain("to='x.y'", update),
           plain("from='n@c'", update),
           plain(both + " type='error'", update),
           plain(both + " type='chat'", update),
           plain(both, ""),
           plain(both, "<body>hi</body>"),
           plain(both, update + "<body>hi</body>"),
           plain(both, "text" + update),
           plain(both, "<update><jid>a@b/c</jid></update>"),
           plain(both, "<update xmlns='urn:other'/>"),
           plain(both, "<other xmlns='http://amessage.info/protocol/connectionstate'/>"),
           plain(both, "<x><update xmlns='http://amessage.info/protocol/connectionstate'/></x>"),
           std::string("<message to='x.y' from='n@c'/>"),
           "<presence " + both + ">" + update + "</presence>",
           "<route " + both + ">" + update + "</route>",
       }) {
    CAPTURE(other);
    CHECK_FALSE(parse_notice(other).has_value());
  }
}

TEST_CASE("notice: what the update relies on comes along") {
  const auto got = parse_notice(
      "<message xmlns:p='urn:p' to='x.y' from='n@c'><update xmlns='http://amessage.info/protocol/connectionstate'>"
      "<p:more/></update></message>");
  REQUIRE(got.has_value());
  CHECK(std::get<notice>(*got).xml.find("xmlns:p='urn:p'") != std::string::npos);
}

TEST_CASE("notice: it is never bounced, and one that comes back is written as it is") {
  message m = notice(address(std::string("n@c")), address(std::string("x.y")), update);
  const message before = m;
  message answer;
  CHECK_FALSE(bounce(m, answer));
  CHECK(m == before);
  const std::string error = "<message type='error' to='n@c' from='x.y'><error type='cancel'/></message>";
  CHECK(written(notice(address(), address(std::string("n@c")), error, true)) == error);
  CHECK_FALSE(parse_notice(error).has_value());
}
