#include "stream/management.hpp"

#include <doctest/doctest.h>

using namespace couplet;
namespace management = stream::management;

namespace {

std::optional<management::element> read(std::string_view name, std::string_view bytes, std::string_view ns = "urn:xmpp:sm:3") {
  xml::element_view e;
  e.name = name;
  e.namespace_uri = ns;
  e.bytes = bytes;
  return management::read(e);
}

}  // namespace

TEST_CASE("management: what is written is read") {
  std::string text;
  management::append_enabled(text, 0xab, 60);
  CHECK(text == "<enabled xmlns='urn:xmpp:sm:3' id='00000000000000ab' resume='true' max='60'/>");
  CHECK(read("enabled", text)->what == management::verb::enabled);
  CHECK(read("enabled", text)->link == 0xab);
  text.clear();
  management::append_resume(text, 0xab, 7);
  CHECK(text == "<resume xmlns='urn:xmpp:sm:3' previd='00000000000000ab' h='7'/>");
  CHECK(read("resume", text)->link == 0xab);
  CHECK(read("resume", text)->handled == 7);
  text.clear();
  management::append_answer(text, (std::uint64_t{5} << 32U) + 9);
  CHECK(text == "<a xmlns='urn:xmpp:sm:3' h='9'/>");
  CHECK(read("a", text)->what == management::verb::answer);
}

TEST_CASE("management: other namespaces are not ours; what has no meaning in ours is known to be so") {
  CHECK_FALSE(read("a", "<a/>", "jabber:client").has_value());
  CHECK(read("x", "<x/>")->what == management::verb::unknown);
  for (const auto* bad : {"<a h=''/>", "<a h='-1'/>", "<a h='4294967296'/>", "<a h='1 '/>", "<a h='x'/>", "<a/>"}) {
    CAPTURE(bad);
    CHECK_FALSE(read("a", bad)->handled.has_value());
  }
  for (const auto* bad : {"<resume previd=''/>", "<resume previd='ab'/>", "<resume previd='00000000000000AB'/>"}) {
    CAPTURE(bad);
    CHECK(read("resume", bad)->link == 0);
  }
}

TEST_CASE("management: counts go on beyond 2^32") {
  constexpr std::uint64_t round = std::uint64_t{1} << 32U;
  CHECK(management::newly_handled(5, 3, 7) == 2);
  CHECK(management::newly_handled(3, 3, 7) == 0);
  CHECK(management::newly_handled(7, 3, 7) == 4);
  CHECK_FALSE(management::newly_handled(8, 3, 7).has_value());
  CHECK_FALSE(management::newly_handled(2, 3, 7).has_value());
  CHECK(management::newly_handled(1, round - 2, round + 5) == 3);
  CHECK_FALSE(management::newly_handled(6, round - 2, round + 5).has_value());
}
