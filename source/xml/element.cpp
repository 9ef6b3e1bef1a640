#include "xml/element.hpp"

#include "xml/names.hpp"

namespace couplet::xml {
namespace {

struct split_name {
  std::string_view prefix;
  std::string_view local;
};

split_name split(std::string_view qualified) noexcept {
  const std::size_t colon = qualified.find(':');
  if (colon == std::string_view::npos) return {{}, qualified};
  return {qualified.substr(0, colon), qualified.substr(colon + 1)};
}

/// Whether the attribute declares `prefix` (empty: the default namespace).
bool declares(std::string_view attribute_name, std::string_view prefix) noexcept {
  if (!attribute_name.starts_with("xmlns")) return false;
  attribute_name.remove_prefix(5);
  if (prefix.empty()) return attribute_name.empty();
  return attribute_name.starts_with(':') && attribute_name.substr(1) == prefix;
}

pugi::xml_node skip_to_element(pugi::xml_node node) noexcept {
  while (node && node.type() != pugi::node_element) node = node.next_sibling();
  return node;
}

}  // namespace

std::string_view element::name() const noexcept {
  return split(node_.name()).local;
}

std::string_view element::namespace_uri() const noexcept {
  const std::string_view prefix = split(node_.name()).prefix;
  if (prefix == "xml") return ns::xml;
  for (pugi::xml_node n = node_; n.type() == pugi::node_element; n = n.parent())
    for (pugi::xml_attribute a = n.first_attribute(); a; a = a.next_attribute())
      if (declares(a.name(), prefix)) return a.value();
  if (prefix.empty()) return outer_namespace_;
  return prefix == "stream" ? ns::stream : std::string_view{};
}

bool element::is(std::string_view local_name, std::string_view uri) const noexcept {
  return name() == local_name && !node_.empty() && namespace_uri() == uri;
}

std::optional<std::string_view> element::attribute(const char* name) const noexcept {
  const pugi::xml_attribute found = node_.attribute(name);
  if (!found) return std::nullopt;
  return found.value();
}

std::string element::text() const {
  std::string joined;
  for (const pugi::xml_node n : node_.children())
    if (n.type() == pugi::node_pcdata || n.type() == pugi::node_cdata) joined += n.value();
  return joined;
}

element element::first_child() const noexcept {
  return {skip_to_element(node_.first_child()), outer_namespace_};
}

element element::next_sibling() const noexcept {
  return {skip_to_element(node_.next_sibling()), outer_namespace_};
}

element element::child(std::string_view local_name, std::string_view uri) const noexcept {
  for (element c = first_child(); c; c = c.next_sibling())
    if (c.is(local_name, uri)) return c;
  return {};
}

element fragment::parse(std::string_view bytes, std::string_view outer_namespace) {
  // The encoding is named, so that pugixml guesses nothing; blanks are kept, because a body of blanks is a body.
  const auto parsed =
      document_.load_buffer(bytes.data(), bytes.size(), pugi::parse_default | pugi::parse_ws_pcdata, pugi::encoding_utf8);
  if (!parsed) return {};
  return {document_.document_element(), outer_namespace};
}

}  // namespace couplet::xml
