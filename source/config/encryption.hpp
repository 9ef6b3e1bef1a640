#pragma once

#include "settings.hpp"

namespace couplet::config {

/// What has to do with TLS: certificates are read and checked here, so that --check-config finds what is wrong with them.
void read_encryption(const settings& all, options& o);

}  // namespace couplet::config
