#pragma once

#include <string>

#include "scanner.hpp"
#include "xml/tokenizer.hpp"

namespace couplet::xml {

/// What a tokenizer needs while a part of the stream is under way.
class workspace {
 public:
  scanner scan;
  std::string held;     ///< the part's first bytes, where they came in an earlier input
  element_view view{};  ///< once it is complete
  std::uint32_t max_bytes = 0;
  bool complete = false;

  /// Memory that a workspace keeps while nobody uses it.
  static constexpr std::size_t kept_bytes = 16'384;

  void shrink() {
    held.clear();
    if (held.capacity() > kept_bytes) release(held);
    scan.shrink();
  }
};

}  // namespace couplet::xml
