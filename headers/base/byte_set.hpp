#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace couplet::base {

/// A set of bytes to search for: several times as fast as find_first_of, which looks through the set for each byte.
class byte_set {
 public:
  constexpr explicit byte_set(std::string_view members) noexcept {
    for (const char c : members) contains_[static_cast<unsigned char>(c)] = true;
  }
  /// Where the first of them stands from `from` on; the size of the text where there is none.
  constexpr std::size_t find(std::string_view text, std::size_t from = 0) const noexcept {
    while (from < text.size() && !contains_[static_cast<unsigned char>(text[from])]) ++from;
    return from < text.size() ? from : text.size();
  }
  /// Whether the text has one of them.
  constexpr bool any_in(std::string_view text) const noexcept { return find(text) != text.size(); }

 private:
  std::array<bool, 256> contains_{};
};

}  // namespace couplet::base
