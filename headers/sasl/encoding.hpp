#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace couplet::sasl {

/// How XMPP carries SASL: two profiles that differ in how they write a message of no bytes.
enum class profile : std::uint8_t {
  classic,  ///< RFC 6120 section 6.4: "=", since an empty <auth/> has no initial response at all
  sasl2,    ///< XEP-0388 section 2.2: an empty element; what is not there has no element
};

/// The bytes of a message from an element's text. Nothing: not base64, the condition is incorrect-encoding. In an empty classic <auth/>
/// there is no message, so it does not belong here; an empty <response/> is one of no bytes in both profiles.
std::optional<std::string> decode_message(profile p, std::string_view text);

}  // namespace couplet::sasl
