#pragma once

#include "config/options.hpp"
#include "settings.hpp"

namespace couplet::config {

/// What has to do with TLS: certificates are read and checked here, so that --check-config finds what is wrong with them.
void read_encryption(const settings& all, options& o);
/// A file with authorities' certificates, likewise.
tls::authorities read_authorities(const given& g);

}  // namespace couplet::config
