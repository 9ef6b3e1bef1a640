#include "der.hpp"

namespace couplet::tls::der {

namespace {

constexpr std::uint8_t high_tag = 0x1f;

std::size_t byte_at(std::string_view text, std::size_t i) noexcept {
  return static_cast<unsigned char>(text[i]);
}

/// The length that stands at the second byte, and how many bytes it takes itself. False: none, or not the shortest form.
bool read_length(std::string_view text, std::size_t& length, std::size_t& size) noexcept {
  if (text.size() < 2) return false;
  const std::size_t first = byte_at(text, 1);
  if (first < 0x80) {
    length = first;
    size = 1;
    return true;
  }
  const std::size_t count = first & 0x7fU;
  // Three bytes: 16 MiB, more than anything that is read here.
  if (count == 0 || count > 3 || text.size() < 2 + count || byte_at(text, 2) == 0) return false;
  length = 0;
  for (std::size_t i = 0; i < count; ++i) length = length << 8U | byte_at(text, 2 + i);
  size = 1 + count;
  return length >= 0x80;
}

}  // namespace

std::optional<value> reader::next() noexcept {
  std::size_t length = 0;
  std::size_t length_size = 0;
  if (!read_length(rest_, length, length_size)) return std::nullopt;
  const auto begin = 1 + length_size;
  if ((byte_at(rest_, 0) & high_tag) == high_tag || length > rest_.size() - begin) return std::nullopt;
  value v;
  v.tag = static_cast<std::uint8_t>(byte_at(rest_, 0));
  v.content = rest_.substr(begin, length);
  v.whole = rest_.substr(0, begin + length);
  rest_.remove_prefix(begin + length);
  return v;
}

std::optional<std::string_view> reader::next(std::uint8_t tag) noexcept {
  const auto v = next();
  if (!v || v->tag != tag) return std::nullopt;
  return v->content;
}

std::optional<std::string_view> reader::next_if(std::uint8_t tag) noexcept {
  if (rest_.empty() || byte_at(rest_, 0) != tag) return std::nullopt;
  return next(tag);
}

}  // namespace couplet::tls::der
