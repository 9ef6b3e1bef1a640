#include "service_items.hpp"

#include <vector>

#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::session {
namespace {

bool lies_below(std::string_view name, std::string_view domain) noexcept {
  return name.size() > domain.size() && name.ends_with(domain) && name[name.size() - domain.size() - 1] == '.';
}

/// The served domain that a name belongs to; empty: none.
std::string_view home_of(std::string_view name, const std::vector<std::string>& domains) noexcept {
  std::string_view home;
  for (const auto& domain : domains) {
    if (domain.size() > home.size() && lies_below(name, domain)) home = domain;
  }
  return home;
}

void append_item(std::string& out, std::string_view jid) {
  out += "<item";
  xml::append_attribute(out, "jid", jid);
  out += "/>";
}

}  // namespace

void append_services(std::string& out, const settings& s, std::string_view domain) {
  out += "<query";
  xml::append_attribute(out, "xmlns", xml::ns::disco_items);
  const auto before = out.size();
  out += '>';
  for (const auto& name : s.services) {
    const auto home = home_of(name, s.domains);
    if (home == domain || (home.empty() && domain == s.domains.front())) append_item(out, name);
  }
  if (s.attached) {
    for (const auto& name : s.attached()) {
      if (home_of(name, s.domains) == domain) append_item(out, name);
    }
  }
  if (out.size() != before + 1) return static_cast<void>(out += "</query>");
  out.resize(before);
  out += "/>";
}

}  // namespace couplet::session
