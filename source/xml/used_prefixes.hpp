#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "xml/tokenizer.hpp"

namespace couplet::xml {

/// Which of a header's prefixes some bytes use. In one pass: a colon costs a search among those that are not found yet, and with the last
/// of them found it is over.
class used_prefixes {
 public:
  /// `header` outlives it. Prefixes that need no declaration elsewhere (none, xml, stream) are not looked for.
  explicit used_prefixes(const std::vector<prefix_declaration>& header);

  /// Marks the prefixes that stand before a colon somewhere in the bytes: some may be in a text only, which does no harm.
  void look_through(std::string_view bytes);
  /// `index`: in the header.
  bool contains(std::size_t index) const { return used_[index]; }
  /// Comparisons of a prefix so far, for tests of what this costs.
  std::size_t comparisons() const noexcept { return comparisons_; }

 private:
  void mark(std::string_view prefix);

  const std::vector<prefix_declaration>& header_;
  std::vector<std::size_t> sorted_;  ///< of the header, by prefix: those looked for
  std::vector<bool> used_;
  std::size_t left_ = 0;  ///< not found yet
  std::size_t comparisons_ = 0;
};

}  // namespace couplet::xml
