#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sasl/verdict.hpp"

namespace couplet::sasl {

/// RFC 5802 section 7, client-first-message: views into it.
struct client_first {
  std::string_view gs2_header;  ///< with the comma at its end
  std::string_view flag;        ///< "n", "y", or "p=…"
  std::string_view authzid;     ///< as it stands there; see decode_name()
  std::string_view bare;        ///< the message without the GS2 header
  std::string_view username;    ///< as it stands there
  std::string_view nonce;
};

/// RFC 5802 section 7, client-final-message: views into it.
struct client_final {
  std::string_view without_proof;
  std::string_view channel_binding;  ///< base64
  std::string_view nonce;
  std::string_view proof;  ///< base64
};

/// `out` is changed only where the answer is ok. Attributes that nobody knows are passed over; one that must be understood (m=) never is.
verdict read_client_first(std::string_view message, client_first& out) noexcept;
verdict read_client_final(std::string_view message, client_final& out) noexcept;

/// A name with =2C and =3D taken back. Nothing where an equals sign stands for anything else.
std::optional<std::string> decode_name(std::string_view name);

/// Whether it is what a nonce consists of: printable ASCII but commas, not nothing.
bool is_nonce(std::string_view text) noexcept;

}  // namespace couplet::sasl
