#include "stream/errors.hpp"

#include <doctest/doctest.h>

namespace couplet::stream {
namespace {

using base::close_reason;

TEST_CASE("errors: a stream error for every reason that has a condition, nothing for the others") {
  for (std::size_t i = 0; i < base::close_reason_count; ++i) {
    const auto reason = static_cast<close_reason>(i);
    const auto& row = base::describe(reason);
    CAPTURE(std::string(row.name));
    std::string out;
    append_stream_error(out, reason);
    if (row.condition.empty()) {
      CHECK(out.empty());
      continue;
    }
    CHECK(out.starts_with("<stream:error><" + std::string(row.condition) + " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"));
    CHECK(out.ends_with("</stream:error>"));
    CHECK((out.find("<text ") != std::string::npos) == !row.text.empty());
  }
}

TEST_CASE("errors: every fault of the tokenizer has a reason of its own kind") {
  CHECK(reason_of(xml::fault::not_well_formed) == close_reason::not_well_formed);
  CHECK(reason_of(xml::fault::restricted_xml) == close_reason::restricted_xml);
  CHECK(reason_of(xml::fault::unsupported_encoding) == close_reason::unsupported_encoding);
  CHECK(reason_of(xml::fault::too_big) == close_reason::element_too_big);
  CHECK(reason_of(xml::fault::too_deep) == close_reason::element_too_complex);
  CHECK(reason_of(xml::fault::too_many_attributes) == close_reason::element_too_complex);
  CHECK(reason_of(xml::fault::too_many_children) == close_reason::element_too_complex);
  CHECK(reason_of(xml::fault::none) == close_reason::internal_error);
}

std::string stanza_error(std::string_view request, std::string_view condition, std::string_view text = {}) {
  std::string out;
  append_stanza_error(out, request, condition, text);
  return out;
}

TEST_CASE("errors: a stanza error turns the ends around and echoes no child") {
  CHECK(stanza_error("<iq type='set' id='x' to='b@c' from='a@c/r'><query><password>secret</password></query></iq>",
                     "not-allowed") ==
        "<iq type='error' id='x' from='b@c' to='a@c/r'><error code='405' type='cancel'>"
        "<not-allowed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
  CHECK(stanza_error("<message><body>hi</body></message>", "bad-request") ==
        "<message type='error'><error code='400' type='modify'>"
        "<bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
}

TEST_CASE("errors: a stanza error keeps quotes and drops prefixes") {
  CHECK(stanza_error("<c:iq xmlns:c='jabber:client' id=\"it's\" to = \"o'neil@c\"/>", "bad-request", "a < b") ==
        "<iq type='error' id=\"it's\" from = \"o'neil@c\"><error code='400' type='modify'>"
        "<bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
        "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>a &lt; b</text></error></iq>");
}

TEST_CASE("errors: an unknown condition is written as undefined-condition") {
  CHECK(stanza_error("<iq/>", "<evil/>") ==
        "<iq type='error'><error code='500' type='cancel'>"
        "<undefined-condition xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
}

}  // namespace
}  // namespace couplet::stream
