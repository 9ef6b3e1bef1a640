#pragma once

#include "settings.hpp"

namespace couplet::config {

/// Which mechanisms of SASL are offered. After accounts, back ends, encryption, the session manager and administration. Throws usage_error
/// where one that is named cannot be offered, or one is missing that another flag asks for.
void read_mechanisms(const settings& all, options& o);

}  // namespace couplet::config
