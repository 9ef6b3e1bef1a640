#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace couplet::session {

/// SipHash-1-3 under a key that this process drew from the kernel: who chooses names from outside can't choose names that
/// collide. The same for all threads of the process.
std::uint64_t seeded_hash(std::string_view text) noexcept;

/// For tables that are searched by view.
struct seeded_hasher {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return static_cast<std::size_t>(seeded_hash(text)); }
};

}  // namespace couplet::session
