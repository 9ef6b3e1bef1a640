#include "broadcast.hpp"

#include "blocking.hpp"
#include "delivery.hpp"
#include "xml/writer.hpp"

namespace couplet::session {
namespace {

std::string with_to(std::string_view presence, std::string_view to) {
  auto xml = base::take_text();
  append_with_to(xml, presence, to);
  return xml;
}

void send_here(core& c, std::string_view presence, std::string_view jid, effects& out) {
  const auto* const owner = c.accounts.find(jid);
  if (owner == nullptr || owner->second.session_count == 0) return;
  c.sessions.each_of(*owner, [&](const session& s) {
    if (s.available()) push(c, s, with_to(presence, jid), out);
  });
}

}  // namespace

void append_with_to(std::string& out, std::string_view xml, std::string_view to) {
  const auto after_name = xml.find_first_of(" \t\r\n/>");
  out.append(xml.substr(0, after_name));
  xml::append_attribute(out, "to", to);
  out.append(xml.substr(after_name));
}

void send_presence(core& c, std::string_view presence, std::string_view jid, effects& out) {
  if (c.blocks.any() && is_cut(c, read_head(presence).from, jid)) return;
  const auto at = jid.find('@');
  const auto domain = at == std::string_view::npos ? jid : jid.substr(at + 1);
  if (!c.serves(domain)) {
    if (c.options.other_domains) out.to_others.push_back(with_to(presence, jid));
    return;
  }
  if (at == std::string_view::npos) return;  // the server itself has no use for it
  const auto partition = partition_of(jid, c.partitions);
  if (partition == c.partition) return send_here(c, presence, jid, out);
  out.to_partitions.emplace_back(partition, with_to(presence, jid));
}

void send_to_subscribers(core& c, const contacts& known, std::string_view presence, effects& out) {
  for (const auto& item : known.items()) {
    if (has_from(item.subscription().state)) send_presence(c, presence, item.jid(), out);
  }
}

std::string unavailable_presence(const session& s, std::string_view why) {
  auto xml = base::take_text();
  xml += "<presence from='";
  xml::append_attribute_value(xml, s.bare());
  xml += '/';
  xml::append_attribute_value(xml, s.resource);
  xml += "' type='unavailable'";
  if (why.empty()) {
    xml += "/>";
  } else {
    xml += "><status>";
    xml::append_text(xml, why);
    xml += "</status></presence>";
  }
  return xml;
}

}  // namespace couplet::session
