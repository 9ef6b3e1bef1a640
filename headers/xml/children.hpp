#pragma once

#include <cstddef>
#include <string_view>

namespace couplet::xml {

/// Behind the element that begins at `begins`, in bytes that a tokenizer has let through.
std::size_t element_ends(std::string_view bytes, std::size_t begins) noexcept;

/// Walks over the elements directly below a stanza's root, in bytes that a tokenizer has let through: one pass, no document, no memory.
///
///   for (child_cursor child(stanza); child.next();) if (child.is("body", xml::ns::client)) ...
///
/// What comes before the current child may be changed meanwhile, but for the stanza's first tag.
class child_cursor {
 public:
  explicit child_cursor(std::string_view stanza) noexcept;
  bool next() noexcept;

  std::string_view local_name() const noexcept { return local_name_; }
  /// Resolved over the child's first tag and the stanza's. The content namespaces count as jabber:client.
  bool is_in(std::string_view uri) const;
  bool is(std::string_view local_name, std::string_view uri) const { return local_name_ == local_name && is_in(uri); }
  /// The value of one of its attributes as written; a null view: there is none.
  std::string_view attribute(std::string_view name) const noexcept;

  /// Where it begins and ends in the stanza.
  std::size_t begins() const noexcept { return begins_; }
  std::size_t ends() const noexcept { return ends_; }
  std::string_view whole() const noexcept { return stanza_.substr(begins_, ends_ - begins_); }
  /// After next() answered false: where the stanza's end tag begins; where it has none, its size.
  std::size_t content_ends() const noexcept { return content_ends_; }

 private:
  std::string_view stanza_;
  std::string_view local_name_, prefix_, first_tag_;
  std::size_t begins_ = 0;
  std::size_t ends_ = 0;
  std::size_t content_ends_ = 0;
};

}  // namespace couplet::xml
