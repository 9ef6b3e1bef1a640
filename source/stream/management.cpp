#include "stream/management.hpp"

#include <charconv>
#include <string_view>
#include <utility>

#include "route/client_id.hpp"
#include "xml/first_tag.hpp"
#include "xml/names.hpp"

namespace couplet::stream::management {
namespace {

constexpr std::pair<std::string_view, verb> names[] = {
    {"enable", verb::enable}, {"enabled", verb::enabled}, {"resume", verb::resume}, {"resumed", verb::resumed},
    {"failed", verb::failed}, {"r", verb::request},       {"a", verb::answer},
};

std::optional<std::uint32_t> number_in(std::string_view text) {
  std::uint32_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

void begin(std::string& out, std::string_view name) {
  (((out += '<') += name) += " xmlns='") += xml::ns::stream_management;
  out += '\'';
}

void append_id(std::string& out, std::string_view attribute, std::uint64_t link) {
  ((out += ' ') += attribute) += "='";
  route::append_hex16(out, link);
  out += '\'';
}

void append_handled(std::string& out, std::uint64_t handled) {
  ((out += " h='") += std::to_string(static_cast<std::uint32_t>(handled))) += '\'';
}

}  // namespace

std::optional<element> read(const xml::element_view& from) {
  if (from.namespace_uri != xml::ns::stream_management) return std::nullopt;
  element e;
  for (const auto& [name, what] : names) {
    if (from.name == name) e.what = what;
  }
  for (xml::attribute_cursor c(from.bytes); c.next();) {
    const auto& a = c.current();
    if (a.name == "id" || a.name == "previd") e.link = route::parse_hex16(a.value).value_or(0);
    if (a.name == "h") e.handled = number_in(a.value);
  }
  return e;
}

bool is_offered(const xml::element_view& header) {
  for (xml::attribute_cursor c(header.bytes); c.next();) {
    if (c.current().name.starts_with("xmlns:") && c.current().value == xml::ns::stream_management) return true;
  }
  return false;
}

void append_enable(std::string& out) {
  begin(out, "enable");
  out += " resume='true'/>";
}

void append_enabled(std::string& out, std::uint64_t link, std::uint64_t seconds) {
  begin(out, "enabled");
  append_id(out, "id", link);
  ((out += " resume='true' max='") += std::to_string(seconds)) += "'/>";
}

void append_resume(std::string& out, std::uint64_t link, std::uint64_t handled) {
  begin(out, "resume");
  append_id(out, "previd", link);
  append_handled(out, handled);
  out += "/>";
}

void append_resumed(std::string& out, std::uint64_t link, std::uint64_t handled) {
  begin(out, "resumed");
  append_id(out, "previd", link);
  append_handled(out, handled);
  out += "/>";
}

void append_failed(std::string& out, std::optional<std::uint64_t> handled) {
  begin(out, "failed");
  if (handled) append_handled(out, *handled);
  out += "><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>";
}

void append_request(std::string& out) {
  begin(out, "r");
  out += "/>";
}

void append_answer(std::string& out, std::uint64_t handled) {
  begin(out, "a");
  append_handled(out, handled);
  out += "/>";
}

std::optional<std::uint64_t> newly_handled(std::uint32_t h, std::uint64_t known, std::uint64_t sent) noexcept {
  const std::uint64_t more = h - static_cast<std::uint32_t>(known);  // modulo 2^32
  const std::uint64_t fresh = more & 0xffffffffU;
  if (fresh > sent - known) return std::nullopt;
  return fresh;
}

}  // namespace couplet::stream::management
