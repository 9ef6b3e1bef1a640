#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace couplet::xml {

/// One attribute of a tag, as written: `value` is what stands between the quotes, references and all.
struct attribute {
  std::string_view name;   ///< with prefix
  std::string_view value;  ///< raw
  std::string_view whole;  ///< name, =, quotes: the piece to leave out when the tag is rewritten
};

/// Walks over the attributes of the first tag of bytes that a tokenizer has let through; checks nothing again.
///
///   for (attribute_cursor c(bytes); c.next();) use(c.current());
class attribute_cursor {
 public:
  explicit attribute_cursor(std::string_view element_bytes) noexcept;
  bool next() noexcept;
  const attribute& current() const noexcept { return current_; }
  /// The element's name as written, prefix included.
  std::string_view name() const noexcept { return name_; }
  /// After next() answered false: where the tag's '>' or '/>' begins, and how many bytes the tag has in all.
  std::size_t close_begins() const noexcept { return close_begins_; }
  std::size_t tag_size() const noexcept { return tag_size_; }
  bool self_closing() const noexcept { return self_closing_; }

 private:
  std::string_view bytes_;
  std::string_view name_;
  attribute current_;
  std::size_t position_ = 0;
  std::size_t close_begins_ = 0;
  std::size_t tag_size_ = 0;
  bool self_closing_ = false;
};

/// The value of an attribute of the first tag, raw; a null view (data() == nullptr) where there is none.
std::string_view find_attribute(std::string_view element_bytes, std::string_view name) noexcept;

/// Decodes the five entities and character references, and turns TAB, LF and CR written as such into spaces, as
/// XML 1.0 section 3.3.3 asks for attribute values. Returns `raw` itself where there is nothing to do, otherwise a view
/// of `scratch`.
std::string_view decode_attribute(std::string_view raw, std::string& scratch);

}  // namespace couplet::xml
