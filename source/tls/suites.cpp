#include "suites.hpp"

#include <algorithm>
#include <array>

namespace couplet::tls {

namespace {

constexpr std::array<suite, 9> suites{{
    {0x1301, "TLS_AES_128_GCM_SHA256", 128},
    {0x1302, "TLS_AES_256_GCM_SHA384", 256},
    {0x1303, "TLS_CHACHA20_POLY1305_SHA256", 256},
    {0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", 128},
    {0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", 256},
    {0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", 128},
    {0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", 256},
    {0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", 256},
    {0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", 256},
}};

}  // namespace

const suite* find_suite(unsigned id) noexcept {
  const auto found = std::find_if(suites.begin(), suites.end(), [id](const suite& s) { return s.id == id; });
  return found == suites.end() ? nullptr : &*found;
}

const char* const suite_list =
    "TLS13-AES128-GCM-SHA256:TLS13-AES256-GCM-SHA384:TLS13-CHACHA20-POLY1305-SHA256:"
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

}  // namespace couplet::tls
