#pragma once

#include <optional>
#include <pugixml.hpp>
#include <string>
#include <string_view>

namespace couplet::xml {

/// A namespace-aware look at a pugixml node of a fragment. Small, copied freely; valid as long as its document.
class element {
 public:
  element() = default;
  element(pugi::xml_node node, std::string_view outer_namespace) noexcept : node_(node), outer_namespace_(outer_namespace) {}

  explicit operator bool() const noexcept { return !node_.empty(); }
  pugi::xml_node node() const noexcept { return node_; }

  std::string_view name() const noexcept;           ///< local name
  std::string_view namespace_uri() const noexcept;  ///< resolved over the ancestors, then the stream's default
  bool is(std::string_view local_name, std::string_view uri) const noexcept;

  /// The value of an attribute without prefix, decoded; nothing where there is none.
  std::optional<std::string_view> attribute(const char* name) const noexcept;
  /// All character data directly below, joined.
  std::string text() const;

  element first_child() const noexcept;   ///< child elements only
  element next_sibling() const noexcept;  ///< elements only
  /// The first child element of that name in that namespace; in the element's own namespace where none is given.
  element child(std::string_view local_name, std::string_view uri) const noexcept;
  element child(std::string_view local_name) const noexcept { return child(local_name, namespace_uri()); }

 private:
  pugi::xml_node node_;
  std::string_view outer_namespace_;  ///< what an element without any declaration belongs to
};

/// A pugixml document that is used again and again, one for each thread: from one parse to the next it holds
/// pugixml's memory page (32 KiB).
class fragment {
 public:
  /// Parses `bytes`, which a tokenizer has let through. `outer_namespace`: the stream's default namespace; its storage must
  /// outlive the element (a constant of xml::ns does). The element holds until the next parse.
  /// An empty element where pugixml refuses, which is a bug of the tokenizer.
  element parse(std::string_view bytes, std::string_view outer_namespace);

 private:
  pugi::xml_document document_;
};

}  // namespace couplet::xml
