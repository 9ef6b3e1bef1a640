#include "jadc2s_file.hpp"

#include <algorithm>
#include <array>
#include <pugixml.hpp>

#include "base/utf8.hpp"
#include "values.hpp"

namespace couplet::config {

namespace {

constexpr std::size_t max_file_bytes = 1U << 20U;
constexpr std::array<std::string_view, 6> sections{"sm", "local", "local.ssl", "io", "io.connection_limits", "authentication"};

class text_reader {
 public:
  text_reader(const given& file, std::string text) : origin_(jadc2s_origin(file)), text_(std::move(text)) {}

  std::vector<jadc2s_setting> all() {
    take_encoding();
    pugi::xml_document document;
    constexpr unsigned flags = pugi::parse_default | pugi::parse_ws_pcdata | pugi::parse_doctype;
    const auto result = document.load_buffer(text_.data(), text_.size(), flags, pugi::encoding_utf8);
    if (!result) fail(static_cast<std::size_t>(result.offset), std::string("is no XML: ") + result.description());
    const auto root = find_root(document);
    refuse_references();
    settings_.push_back(setting_of(root, jadc2s_root));
    settings_.front().has_children = false;
    add_children(root, "");
    return std::move(settings_);
  }

 private:
  std::size_t line_of(std::size_t offset) const {
    const auto end = text_.begin() + static_cast<std::ptrdiff_t>(std::min(offset, text_.size()));
    return 1 + static_cast<std::size_t>(std::count(text_.begin(), end, '\n'));
  }
  [[noreturn]] void fail(std::size_t offset, const std::string& what) const {
    throw usage_error(origin_ + ":" + std::to_string(line_of(offset)), what);
  }

  /// ISO 8859-1 becomes UTF-8; jadc2s' parser knows it too.
  void take_encoding() {
    const std::string_view text(text_);
    auto declaration = std::string(text.starts_with("<?xml") ? text.substr(0, text.find("?>")) : std::string_view());
    std::transform(declaration.begin(), declaration.end(), declaration.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (declaration.find("iso-8859-1") != std::string::npos) {
      std::string wide;
      for (const char c : text_) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x80) wide += static_cast<char>(0xc0U | byte >> 6U);
        wide += byte >= 0x80 ? static_cast<char>(0x80U | (byte & 0x3fU)) : c;
      }
      text_ = std::move(wide);
    }
    if (!base::is_utf8(text_) || text_.find('\0') != std::string::npos) throw usage_error(origin_, "is not UTF-8 text");
  }

  /// pugixml would leave an unknown entity as it stands, and end a value at a NUL: a secret would be another one then.
  void refuse_references() const {
    for (std::size_t at = 0; (at = text_.find_first_of("<&", at)) != std::string::npos; ++at) {
      const std::string_view rest = std::string_view(text_).substr(at);
      for (const auto& [begin, end] : {std::pair("<!--", "-->"), std::pair("<![CDATA[", "]]>"), std::pair("<?", "?>")})
        if (rest.starts_with(begin)) at = std::min(text_.find(end, at), text_.size() - 1);
      if (rest.front() == '&' && !is_reference(rest.substr(1, rest.find(';') - 1))) fail(at, "has a reference that is not known");
    }
  }
  static bool is_reference(std::string_view name) {
    for (const std::string_view known : {"amp", "lt", "gt", "quot", "apos"})
      if (name == known) return true;
    const bool hexadecimal = name.starts_with("#x");
    if (!hexadecimal && !name.starts_with('#')) return false;
    const auto digits = name.substr(hexadecimal ? 2 : 1);
    const auto* const allowed = hexadecimal ? "0123456789abcdefABCDEF" : "0123456789";
    return digits.size() <= 6 && digits.find_first_not_of(allowed) == std::string_view::npos &&
           digits.find_first_not_of('0') != std::string_view::npos;
  }

  pugi::xml_node find_root(const pugi::xml_document& document) const {
    pugi::xml_node root;
    for (const auto node : document.children()) {
      const auto offset = static_cast<std::size_t>(node.offset_debug());
      if (node.type() == pugi::node_doctype) fail(offset, "has a document type declaration, which is not read");
      if (node.type() != pugi::node_element) continue;
      if (root) fail(offset, "has more than one root element");
      root = node;
    }
    if (root.name() != std::string_view("jadc2s")) {
      fail(static_cast<std::size_t>(root.offset_debug()), "expected <jadc2s>, not " + quoted(root.name()));
    }
    return root;
  }

  jadc2s_setting setting_of(const pugi::xml_node& node, std::string path) const {
    jadc2s_setting s;
    s.path = std::move(path);
    s.line = line_of(static_cast<std::size_t>(node.offset_debug()));
    for (const auto& a : node.attributes()) s.attributes.emplace_back(a.name(), a.value());
    for (const auto child : node.children()) {
      s.has_children = s.has_children || child.type() == pugi::node_element;
      if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) s.text += child.value();
    }
    bool readable = base::is_utf8(s.text);
    for (const auto& [name, value] : s.attributes) readable = readable && base::is_utf8(value);
    if (!readable) fail(static_cast<std::size_t>(node.offset_debug()), "has a reference to no character");
    return s;
  }

  /// Sections are at most two levels deep.
  void add_children(const pugi::xml_node& parent, const std::string& prefix) {
    for (const auto node : parent.children()) {
      if (node.type() != pugi::node_element) continue;
      const auto path = prefix + node.name();
      settings_.push_back(setting_of(node, path));
      if (!is_jadc2s_section(path)) continue;
      settings_.back().has_children = false;
      add_children(node, path + ".");
    }
  }

  std::string origin_;
  std::string text_;
  std::vector<jadc2s_setting> settings_;
};

}  // namespace

bool is_jadc2s_section(std::string_view path) noexcept {
  return std::find(sections.begin(), sections.end(), path) != sections.end();
}

std::string jadc2s_origin(const given& file) {
  const auto safe = quoted(file.text);
  return file.origin + ": " + (safe.size() == file.text.size() + 2 ? file.text : safe);
}

std::vector<jadc2s_setting> read_jadc2s_file(const given& file) {
  return text_reader(file, read_file(file.text, max_file_bytes, file.origin, "the file " + quoted(file.text))).all();
}

}  // namespace couplet::config
