#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace couplet::tls {

/// What is read of a ClientHello (RFC 8446 section 4.1.2) before the library sees it.
struct client_hello {
  std::string server_name;              ///< SNI (RFC 6066), lower case; empty: none, or one that can be no domain
  bool shares_a_curve = true;           ///< one of ours is among its groups, or it does not say
  bool extended_master_secret = false;  ///< RFC 7627
};

enum class hello_state : std::uint8_t { need_more, whole, malformed };

/// Looks whether `bytes`, the beginning of a connection, hold a whole ClientHello, which may lie in several records, and reads
/// it. `out` is set where the answer is `whole`. Strict about lengths; what it does not know it passes over. Reads no more than
/// is there.
hello_state read_client_hello(std::string_view bytes, client_hello& out);

}  // namespace couplet::tls
