#include "notices.hpp"

#include <utility>

#include "delivery.hpp"
#include "route/client_id.hpp"
#include "xml/writer.hpp"

namespace couplet::session {

void on_notice(core& c, route::notice&& m, effects& out) {
  auto xml = base::take_text();
  xml += "<message";
  xml::append_attribute(xml, "to", m.to.text);
  xml += " from='";
  xml::append_attribute_value(xml, c.options.domains.front());
  xml += '/';
  if (m.from.is_local()) {
    route::append_hex16(xml, m.from.handle);
  } else {
    xml::append_attribute_value(xml, m.from.text);
  }
  xml.append("'>").append(m.xml).append("</message>");
  for (auto* text : {&m.from.text, &m.to.text, &m.xml}) base::give_text(std::move(*text));
  route_stanza(c, std::move(xml), out);
}

bool is_returned_notice(const stanza_head& head, const stanza_address& to) noexcept {
  if (head.kind != stanza_kind::message || head.type != stanza_type::error || to.has_node()) return false;
  return to.resource().find('@') != std::string_view::npos || route::parse_hex16(to.resource()).has_value();
}

void take_returned_notice(core& c, std::string&& xml, const stanza_head& head, const stanza_address& to, effects& out) {
  const auto c2s_id = to.resource();
  if (c2s_id.find('@') == std::string_view::npos) {
    ++c.returned_notices;
    return ignore(std::move(xml));
  }
  route::address client(base::take_short_text(c2s_id));
  std::string value;
  xml::append_attribute_value(value, c2s_id);
  xml.replace(static_cast<std::size_t>(head.to.data() - xml.data()), head.to.size(), value);
  out.to_c2s.emplace_back(std::in_place_type<route::notice>, route::address(), std::move(client), std::move(xml), true);
}

}  // namespace couplet::session
