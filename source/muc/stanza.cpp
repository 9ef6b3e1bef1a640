#include "stanza.hpp"

#include <algorithm>
#include <array>

#include "base/text_pool.hpp"
#include "names.hpp"
#include "xml/first_tag.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::muc {
namespace {

stanza_kind kind_of(std::string_view name) noexcept {
  if (name == "message") return stanza_kind::message;
  if (name == "presence") return stanza_kind::presence;
  return name == "iq" ? stanza_kind::iq : stanza_kind::other;
}

bool is_content_namespace(std::string_view uri) noexcept {
  return uri == xml::ns::client || uri == xml::ns::server || uri == xml::ns::component;
}

/// Whether the content may hold what append_content() drops. A reference could hide the name of a namespace, and no name of an element.
bool needs_a_look(std::string_view inner) noexcept {
  constexpr std::array<std::string_view, 5> signs{"protocol/muc", "stanza-id", "occupant-id", ns::delay, "&#"};
  return std::any_of(signs.begin(), signs.end(), [inner](auto sign) { return inner.find(sign) != std::string_view::npos; });
}

bool is_for_services_only(const xml::element& child, std::string_view room) noexcept {
  const auto uri = child.namespace_uri();
  if (uri == ns::muc || uri == ns::user || uri == ns::occupant_id) return true;
  if (uri == ns::stanza_id) return child.name() == "stanza-id" && child.attribute("by").value_or("") == room;
  return uri == ns::delay && child.attribute("from").value_or("") == room;
}

struct string_writer final : pugi::xml_writer {
  explicit string_writer(std::string& where) : out(where) {}
  void write(const void* bytes, std::size_t size) override { out.append(static_cast<const char*>(bytes), size); }
  std::string& out;
};

std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

void append_padded(std::string& out, int value, std::size_t width) {
  const auto text = std::to_string(value);
  out.append(width - std::min(width, text.size()), '0').append(text);
}

/// Z, or +hh:mm.
std::optional<std::chrono::minutes> read_zone(std::string_view text) {
  if (text == "Z") return std::chrono::minutes(0);
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const auto hours = digits(text, 1, 2);
  const auto minutes = digits(text, 4, 2);
  if (!hours || !minutes) return std::nullopt;
  const auto offset = std::chrono::minutes(*hours * 60 + *minutes);
  return text[0] == '-' ? -offset : offset;
}

}  // namespace

incoming read_stanza(std::string_view xml) {
  incoming in;
  in.xml = xml;
  xml::attribute_cursor cursor(xml);
  in.has_prefix = cursor.name().find(':') != std::string_view::npos;
  in.kind = kind_of(cursor.name());
  std::string scratch;
  bool has_from = false, has_to = false;
  while (cursor.next()) {
    const auto& a = cursor.current();
    if (a.name == "id") {
      in.id = a.whole;
    } else if (a.name == "type") {
      in.type = xml::decode_attribute(a.value, scratch);
    } else if (a.name == "from") {
      if (auto from = base::jid::parse(xml::decode_attribute(a.value, scratch))) in.from = std::move(*from), has_from = true;
    } else if (a.name == "to") {
      const auto text = xml::decode_attribute(a.value, scratch);
      if (auto to = base::jid::parse(text)) in.to = std::move(*to), has_to = true;
      const auto slash = text.find('/');
      in.is_mapped = slash != std::string_view::npos && text.substr(slash + 1) != in.to.resource();
    } else if (a.name != "xmlns" || !is_content_namespace(xml::decode_attribute(a.value, scratch))) {
      in.attributes.append(1, ' ').append(a.whole);
    }
  }
  in.addressed = has_from && has_to;
  if (!cursor.self_closing()) {
    const auto end = xml.rfind("</");
    if (end != std::string_view::npos && end >= cursor.tag_size()) {
      in.inner = xml.substr(cursor.tag_size(), end - cursor.tag_size());
    }
  }
  return in;
}

void append_content(std::string& out, const incoming& in, xml::fragment& document, std::string_view room) {
  if (!needs_a_look(in.inner)) {
    out += in.inner;
    return;
  }
  string_writer writer(out);
  const auto root = document.parse(in.xml, xml::ns::client);
  for (auto child = root.first_child(); child; child = child.next_sibling()) {
    if (is_for_services_only(child, room)) continue;
    child.node().print(writer, "", pugi::format_raw | pugi::format_no_declaration, pugi::encoding_utf8);
  }
}

void append_result_tag(std::string& out, const incoming& request) {
  out += "<iq type='result'";
  if (!request.id.empty()) out.append(1, ' ').append(request.id);
  xml::append_attribute(out, "from", request.to.full());
  xml::append_attribute(out, "to", request.from.full());
}

void send(effects& out, std::string_view name, std::string_view to, std::string_view rest) {
  auto text = base::take_text();
  text.reserve(name.size() + to.size() + rest.size() + 6);
  text.append(1, '<').append(name).append(" to='").append(to).append(rest);
  out.stanzas.push_back(std::move(text));
}

std::string stamp_of(time_point when) {
  using namespace std::chrono;
  const auto day = floor<days>(when);
  const year_month_day date(day);
  const auto second = floor<seconds>(when - day);
  const hh_mm_ss time(second);
  std::string out;
  append_padded(out, static_cast<int>(date.year()), 4);
  out += '-';
  append_padded(out, static_cast<int>(static_cast<unsigned>(date.month())), 2);
  out += '-';
  append_padded(out, static_cast<int>(static_cast<unsigned>(date.day())), 2);
  out += 'T';
  append_padded(out, static_cast<int>(time.hours().count()), 2);
  out += ':';
  append_padded(out, static_cast<int>(time.minutes().count()), 2);
  out += ':';
  append_padded(out, static_cast<int>(time.seconds().count()), 2);
  return out + 'Z';
}

std::optional<time_point> read_stamp(std::string_view text) {
  using namespace std::chrono;
  const auto y = digits(text, 0, 4), mo = digits(text, 5, 2), d = digits(text, 8, 2);
  const auto h = digits(text, 11, 2), mi = digits(text, 14, 2), s = digits(text, 17, 2);
  if (!y || !mo || !d || !h || !mi || !s || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
      text[16] != ':')
    return std::nullopt;
  const year_month_day date(year(*y), month(static_cast<unsigned>(*mo)), day(static_cast<unsigned>(*d)));
  if (!date.ok() || *h > 23 || *mi > 59 || *s > 60) return std::nullopt;
  auto rest = text.substr(19);
  milliseconds fraction(0);
  if (rest.starts_with('.')) {
    const auto end = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
    const auto thousandths = std::string(rest.substr(1, end - 1)) + "00";
    fraction = milliseconds(digits(thousandths, 0, 3).value_or(0));
    rest = rest.substr(end);
  }
  const auto zone = read_zone(rest);
  if (!zone) return std::nullopt;
  return time_point(sys_days(date)) + hours(*h) + minutes(*mi) + seconds(*s) + fraction - *zone;
}

std::string escaped(std::string_view text) {
  std::string out;
  xml::append_attribute_value(out, text);
  return out;
}

std::size_t characters_in(std::string_view text) noexcept {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace couplet::muc
