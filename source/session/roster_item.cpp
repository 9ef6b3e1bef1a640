#include "roster_item.hpp"

#include <optional>

#include "base/jid.hpp"
#include "xml/writer.hpp"

namespace couplet::session {
namespace {

bool is_true(std::optional<std::string_view> value) noexcept {
  return value == "true" || value == "1";
}

}  // namespace

roster_item::roster_item(std::string_view jid, std::string_view name, const std::vector<std::string>& groups)
    : jid_size_(static_cast<std::uint16_t>(jid.size())), name_size_(static_cast<std::uint16_t>(name.size())) {
  auto size = jid.size() + 1 + name.size();
  for (const auto& g : groups) size += 1 + g.size();
  text_.reserve(size);
  text_.append(jid).append(1, '\0').append(name);
  for (const auto& g : groups) text_.append(1, '\0').append(g);
}

void roster_item::append_to(std::string& out) const {
  out += "<item";
  xml::append_attribute(out, "jid", jid());
  if (!name().empty()) xml::append_attribute(out, "name", name());
  xml::append_attribute(out, "subscription", name_of(standing_.state));
  if (has_out(standing_.state)) out += " ask='subscribe'";
  if (standing_.approved) out += " approved='true'";
  auto rest = std::string_view(text_).substr(jid_size_ + 1U + name_size_);
  out += rest.empty() ? "/>" : ">";
  if (rest.empty()) return;
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const auto group = rest.substr(0, rest.find('\0'));
    out += "<group>";
    xml::append_text(out, group);
    out += "</group>";
    rest.remove_prefix(group.size());
  }
  out += "</item>";
}

roster_item roster_item::read(const xml::element& item, std::string_view prepared) {
  const auto written = item.attribute("jid").value_or("");
  const bool is_known = !prepared.empty() && written == prepared;
  const auto jid = is_known ? std::nullopt : base::jid::parse(written);
  if (!is_known && !jid) return {};
  std::vector<std::string> groups;
  for (auto g = item.first_child(); g; g = g.next_sibling()) {
    if (g.is("group", item.namespace_uri())) groups.push_back(g.text());
  }
  roster_item read_one(is_known ? prepared : jid->bare(), item.attribute("name").value_or(""), groups);
  const auto state = state_named(item.attribute("subscription").value_or(""), item.attribute("ask") == "subscribe");
  read_one.set_subscription(standing(state, is_true(item.attribute("approved"))));
  return read_one;
}

}  // namespace couplet::session
