#include "sasl/encoding.hpp"

#include "base/base64.hpp"

namespace couplet::sasl {

std::optional<std::string> decode_message(profile p, std::string_view text) {
  if (p == profile::classic && text == "=") return std::string();
  return base::base64_decode(text);
}

}  // namespace couplet::sasl
