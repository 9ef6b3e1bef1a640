#include "sasl/verdict.hpp"

namespace couplet::sasl {

std::string_view condition_of(verdict v) noexcept {
  switch (v) {
    case verdict::ok: return {};
    case verdict::malformed:
    case verdict::too_long:
    case verdict::unknown_extension:
    case verdict::wrong_flag: return "malformed-request";
    case verdict::bad_name:
    case verdict::downgraded:
    case verdict::unknown_binding:
    case verdict::wrong_binding:
    case verdict::wrong_nonce:
    case verdict::wrong_proof:
    case verdict::no_identity: return "not-authorized";
    case verdict::foreign_authzid:
    case verdict::ambiguous_identity: return "invalid-authzid";
  }
  return "malformed-request";
}

}  // namespace couplet::sasl
