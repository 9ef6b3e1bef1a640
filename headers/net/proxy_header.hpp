#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ip_network.hpp"
#include "net/peer.hpp"

namespace couplet::net {

/// What a proxy says about a connection that it made to us.
struct proxied {
  enum class origin : std::uint8_t {
    own,      ///< the proxy speaks for itself, as for a health check (v2: LOCAL)
    unknown,  ///< it speaks for somebody, and does not say who (UNKNOWN, UNSPEC, datagrams, a Unix-domain socket of its own)
    client    ///< it speaks for this address
  };
  origin whose = origin::own;
  std::optional<base::ip_address> address;  ///< of a client
  std::uint16_t port = 0;
};

/// Who is at the other end, according to a proxy: a client's address takes the place of the proxy's. What came through a proxy
/// counts as loopback only where the proxy and the client are both on this machine; of an unknown client nobody knows where it
/// is.
void apply(const proxied& said, peer& who);

/// Reads the header that a proxy puts before everything else (PROXY protocol, version 1 in text and 2 in binary, as haproxy's
/// doc/proxy-protocol.txt defines them). The first bytes tell the version.
///
/// Whoever is believed here chooses the address that logs, limits and bans go by. So it is for the caller to use it for
/// connections from configured networks only, there always (a connection without a header is `bad`), and not to look at what
/// follows before it is done; to a peer that is `bad` nothing is answered.
class proxy_header {
 public:
  enum class status : std::uint8_t { need_more, done, bad };

  /// The longest header, in bytes. Version 1 has 107 at most; version 2 has 16 to 232 and may carry more (TLVs: names, TLS facts,
  /// a client's certificate), up to 64 KiB: four are room for what haproxy sends, and little to hold for a peer that never ends.
  static constexpr std::size_t max_bytes = 4096;
  static constexpr std::size_t max_line_bytes = 107;

  /// Takes off the front of `input` what belongs to the header, and never more: what is left when it is done is the client's. Not
  /// to be called again after done or bad.
  status feed(std::string_view& input);

  /// Precondition: done.
  const proxied& result() const noexcept { return result_; }
  /// Why it is bad, for the log: a constant. Empty: it is not.
  std::string_view fault() const noexcept { return fault_; }
  /// Memory held while more is needed.
  std::size_t held_bytes() const noexcept { return held_.capacity(); }

 private:
  status look();
  status look_at_line();
  status look_at_block();
  std::size_t next_step() const noexcept;
  status bad(std::string_view why) noexcept;

  std::string held_;  ///< the header so far
  proxied result_;
  std::string_view fault_;
};

}  // namespace couplet::net
