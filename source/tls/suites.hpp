#pragma once

#include <cstdint>
#include <string_view>

namespace couplet::tls {

/// A cipher suite that is spoken here.
struct suite {
  std::uint16_t id;       ///< as in the ClientHello
  std::string_view name;  ///< at IANA
  std::uint16_t bits;     ///< of its key
};

/// Null: none of ours.
const suite* find_suite(unsigned id) noexcept;

/// All of them in the library's words, the preferred one first.
extern const char* const suite_list;

}  // namespace couplet::tls
