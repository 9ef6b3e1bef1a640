#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace couplet::tls::der {

/// The tags (X.690 section 8) that certificates are read for.
enum tag : std::uint8_t {
  boolean = 0x01,
  integer = 0x02,
  bit_string = 0x03,
  octet_string = 0x04,
  object_id = 0x06,
  utf8_string = 0x0c,
  printable_string = 0x13,
  ia5_string = 0x16,
  utc_time = 0x17,
  generalized_time = 0x18,
  sequence = 0x30,
  set = 0x31,
  context = 0x80,              ///< [0] of a simple type; + n for [n]
  context_constructed = 0xa0,  ///< [0] of a compound type or explicit; + n for [n]
};

/// One value: views into what is read.
struct value {
  std::uint8_t tag = 0;
  std::string_view content;
  std::string_view whole;  ///< with tag and length
};

/// Reads one value after the other, strictly: definite lengths in their shortest form that lie within what is there, and one byte
/// for a tag. What it does not know it does not guess at. It never looks beyond its bytes, holds nothing and does not recurse.
class reader {
 public:
  explicit reader(std::string_view bytes) noexcept : rest_(bytes) {}

  bool at_end() const noexcept { return rest_.empty(); }
  /// The next value. Nothing: at the end, or what stands there is none.
  std::optional<value> next() noexcept;
  /// The content of the next value, which must have this tag.
  std::optional<std::string_view> next(std::uint8_t tag) noexcept;
  /// Takes the next value where it has this tag. Nothing, and nothing taken: another one, or the end.
  std::optional<std::string_view> next_if(std::uint8_t tag) noexcept;

 private:
  std::string_view rest_;
};

}  // namespace couplet::tls::der
