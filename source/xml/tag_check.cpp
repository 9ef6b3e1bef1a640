#include <algorithm>

#include "scanner.hpp"
#include "xml/first_tag.hpp"
#include "xml/names.hpp"

namespace couplet::xml {
namespace {

constexpr std::size_t compared_pairwise = 12;  ///< attributes; more are sorted
constexpr std::size_t kept_records = 1024;     ///< of attributes and the like, in a workspace that nobody uses
constexpr std::size_t kept_scratch_bytes = 4096;

bool is_declaration(std::string_view prefix, std::string_view local) noexcept {
  return prefix == "xmlns" || (prefix.empty() && local == "xmlns");
}

bool is_server_name(std::string_view uri) noexcept {
  return uri == ns::server || uri == ns::component;
}

}  // namespace

/// A start tag is complete, its '>' included.
scanner::step scanner::finish_tag(bool self_closing) {
  const std::uint32_t outer_bindings = namespaces_.size();
  if (!check_tag()) return malformed();
  if (open_.empty()) {
    first_tag_size_ = position_;
    first_name_ = tag_;
    self_closing_ = self_closing;
    if (kind_ == kind::header) return self_closing ? malformed() : step::done;  // a stream of nothing is none
    if (self_closing) return step::done;
  } else if (self_closing) {
    namespaces_.leave(base_, outer_bindings);
  }
  if (!self_closing) open_.push_back({tag_.begin, tag_.end - tag_.begin, outer_bindings});
  mode_ = mode::text;
  return step::go;
}

/// An end tag is complete. The outermost declarations stay in force for view().
scanner::step scanner::finish_close() {
  if (open_.size() <= 1) return step::done;
  namespaces_.leave(base_, open_.back().bindings);
  open_.pop_back();
  mode_ = mode::text;
  return step::go;
}

/// Namespaces in XML 1.0, sections 3 to 6, for the tag under way.
bool scanner::check_tag() {
  for (const attribute_place& a : attributes_)
    if (is_declaration(prefix_of(a.name), local_of(a.name)) && !declare(a)) return false;
  if (tag_.colon != 0 || open_.empty()) {
    std::uint32_t number = 0;
    const std::string_view uri = resolve(prefix_of(tag_), number);
    if (uri.data() == nullptr) return false;
    if (open_.empty()) {
      first_binding_ = number;
      outer_uri_ = number == 0 ? uri : std::string_view{};
    }
  }
  return attributes_.empty() || !has_duplicates();
}

bool scanner::declare(const attribute_place& a) {
  const std::string_view prefix = a.name.colon == 0 ? std::string_view{base_, 0} : local_of(a.name);
  const std::string_view raw = piece(a.value_begin, a.value_end);
  const std::string_view uri = a.decode ? decode_attribute(raw, scratch_) : raw;
  if (prefix == "xmlns" || (prefix == "xml") != (uri == ns::xml) || uri == ns::xmlns) return false;
  if (!prefix.empty() && uri.empty()) return false;
  if (is_server_name(uri)) declares_server_namespace_ = true;
  namespaces_.declare(base_, prefix, uri, a.decode);
  return true;
}

/// Whether two attributes have one expanded name (section 6.3), or one has a prefix that nobody declared. The namespaces that
/// append_with_client_namespace makes one count as one already: what passes here must be well-formed after it, too.
bool scanner::has_duplicates() {
  expanded_.clear();
  for (const attribute_place& a : attributes_) {
    expanded_name name{{}, local_of(a.name)};
    if (a.name.colon != 0) {
      const std::string_view prefix = prefix_of(a.name);
      std::uint32_t number = 0;
      name.uri = prefix == "xmlns" ? ns::xmlns : resolve(prefix, number);
      if (name.uri.data() == nullptr) return true;
      if (is_server_name(name.uri)) name.uri = ns::client;
    }
    expanded_.push_back(name);
  }
  if (expanded_.size() > compared_pairwise) {
    std::sort(expanded_.begin(), expanded_.end());
    return std::adjacent_find(expanded_.begin(), expanded_.end()) != expanded_.end();
  }
  for (std::size_t i = 1; i < expanded_.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (expanded_[i].local == expanded_[j].local && expanded_[i].uri == expanded_[j].uri) return true;
  return false;
}

/// The namespace of a prefix, and the number of its declaration inside the part (0: outside of it); a null view where there is none.
std::string_view scanner::resolve(std::string_view prefix, std::uint32_t& number) {
  number = namespaces_.find(base_, prefix);
  if (number != 0) return namespaces_.uri(base_, number);
  if (prefix == "xml") return ns::xml;
  const std::string_view uri = header_->find(prefix);
  if (uri.data() != nullptr && !prefix.empty() && !(prefix == "stream" && uri == ns::stream)) uses_header_prefixes_ = true;
  return uri;
}

element_view scanner::view(const char* base) const noexcept {
  element_view v{};
  v.bytes = {base, position_};
  if (kind_ == kind::footer || kind_ == kind::declaration) return v;
  v.first_tag_size = first_tag_size_;
  v.prefix = prefix_of(first_name_);
  v.name = local_of(first_name_);
  v.namespace_uri = first_binding_ == 0 ? outer_uri_ : namespaces_.uri(base, first_binding_);
  v.self_closing = self_closing_;
  v.declares_server_namespace = declares_server_namespace_;
  v.uses_header_prefixes = uses_header_prefixes_;
  return v;
}

void scanner::keep_header(const char* base, header_scope& into) const {
  into.set_root_name({base + first_name_.begin, first_name_.end - first_name_.begin});
  for (std::uint32_t number = 1; number <= namespaces_.size(); ++number) {
    const std::string_view prefix = namespaces_.prefix(base, number);
    if (prefix != "xml") into.declare(prefix, namespaces_.uri(base, number));
  }
  into.finish();
}

void scanner::shrink() {
  if (attributes_.capacity() > kept_records) release(attributes_);
  if (expanded_.capacity() > kept_records) release(expanded_);
  if (scratch_.capacity() > kept_scratch_bytes) release(scratch_);
  namespaces_.clear();
  namespaces_.shrink();
}

}  // namespace couplet::xml
