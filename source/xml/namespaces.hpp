#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace couplet::xml {

/// Gives back the memory of a container; assigning {} keeps it.
template <class container>
void release(container& c) {
  container().swap(c);
}

/// The namespace declarations in scope inside one element, the innermost last. Prefixes and names are kept as places in the
/// element's bytes, which may move in memory while the element is unfinished.
///
/// Finding a prefix takes constant time however many are declared: a table with a seed of this process, because the prefixes are
/// the peer's choice.
class namespace_scope {
 public:
  /// Nothing declared. Keeps its memory for the next element.
  void clear() noexcept;
  /// Gives back what is more than an ordinary element needs.
  void shrink();

  /// Declares the prefix (a part of `base`) as `uri`, which is a part of `base` too, or a text of its own if `decoded`.
  void declare(const char* base, std::string_view prefix, std::string_view uri, bool decoded);
  /// How many declarations there are; leave() forgets the later ones.
  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(bindings_.size()); }
  void leave(const char* base, std::uint32_t size) noexcept;

  /// The number of the innermost declaration of the prefix, counted from 1; 0: none.
  std::uint32_t find(const char* base, std::string_view prefix) const noexcept;
  /// The name that declaration `number` gives; holds until the next declare().
  std::string_view uri(const char* base, std::uint32_t number) const noexcept;
  /// The prefix of declaration `number`.
  std::string_view prefix(const char* base, std::uint32_t number) const noexcept;

 private:
  struct binding {
    std::uint32_t prefix_begin;
    std::uint32_t prefix_size;
    std::uint32_t uri_begin;  ///< in the element's bytes, or in decoded_
    std::uint32_t uri_size;
    std::uint32_t older : 31;  ///< the next binding of the same bucket, counted from 1
    std::uint32_t decoded : 1;
  };

  std::vector<binding> bindings_;
  std::string decoded_;
  std::array<std::uint32_t, 64> newest_{};  ///< for each bucket the latest binding, counted from 1
};

}  // namespace couplet::xml
