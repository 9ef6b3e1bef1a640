#include "xml/first_tag.hpp"

#include <algorithm>

#include "characters.hpp"
#include "references.hpp"

namespace couplet::xml {
namespace {

constexpr byte_set after_tag_name(" \t\r\n/>");
constexpr byte_set after_attribute_name(" \t\r\n=");
constexpr byte_set normalized_in_value("&\t\r\n");

std::size_t skip_blanks(std::string_view bytes, std::size_t from) noexcept {
  while (from < bytes.size() && (class_of(bytes[from]) & is_blank) != 0) ++from;
  return from;
}

}  // namespace

attribute_cursor::attribute_cursor(std::string_view element_bytes) noexcept : bytes_(element_bytes) {
  if (!bytes_.starts_with('<')) {
    bytes_ = {};
    return;
  }
  position_ = after_tag_name.find(bytes_, 1);
  name_ = bytes_.substr(1, position_ - 1);
}

bool attribute_cursor::next() noexcept {
  if (tag_size_ != 0) return false;
  const std::size_t size = bytes_.size();
  const std::size_t name_begins = skip_blanks(bytes_, position_);
  if (name_begins == size || bytes_[name_begins] == '>' || bytes_[name_begins] == '/') {
    close_begins_ = position_ = name_begins;
    self_closing_ = bytes_.substr(position_).starts_with("/>");
    tag_size_ = std::min(position_ + (self_closing_ ? 2 : 1), size);
    current_ = {};
    return false;
  }
  const std::size_t name_ends = after_attribute_name.find(bytes_, name_begins);
  const std::size_t equals = skip_blanks(bytes_, name_ends);
  const std::size_t opening = std::min(skip_blanks(bytes_, equals + 1), size);
  // The bounds are for bytes that no tokenizer has seen: what they say is then of no use, but it ends.
  const std::size_t closing = opening == size ? size : std::min(bytes_.find(bytes_[opening], opening + 1), size);
  const std::size_t value_begins = std::min(opening + 1, closing);
  position_ = std::min(closing + 1, size);
  current_.name = bytes_.substr(name_begins, name_ends - name_begins);
  current_.value = bytes_.substr(value_begins, closing - value_begins);
  current_.whole = bytes_.substr(name_begins, position_ - name_begins);
  return true;
}

std::string_view find_attribute(std::string_view element_bytes, std::string_view name) noexcept {
  for (attribute_cursor c(element_bytes); c.next();)
    if (c.current().name == name) return c.current().value;
  return {};
}

std::string_view decode_attribute(std::string_view raw, std::string& scratch) {
  std::size_t at = normalized_in_value.find(raw, 0);
  if (at == raw.size()) return raw;
  scratch.clear();
  std::size_t copied = 0;
  for (; at < raw.size(); at = normalized_in_value.find(raw, at)) {
    scratch.append(raw, copied, at - copied);
    if (raw[at] == '&') {
      const reference r = read_reference(raw.substr(at));
      if (r.size == 0) {  // never in checked bytes; an ampersand that is none of ours stays one
        scratch += raw[at++];
      } else {
        append_utf8(scratch, r.code);
        at += r.size;
      }
    } else {
      at += raw.substr(at).starts_with("\r\n") ? 2 : 1;  // a line end is one character (section 2.11), then a space
      scratch += ' ';
    }
    copied = at;
  }
  scratch.append(raw, copied);
  return scratch;
}

}  // namespace couplet::xml
