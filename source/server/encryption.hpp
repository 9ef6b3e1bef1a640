#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "config/options.hpp"
#include "tls/context.hpp"

namespace couplet::server {

/// The server's certificates: those that were given, or one that it signs itself. Tickets outlive a reload, since their keys stay here.
/// On one thread at a time, but for rotate_ticket_keys(): from any.
class encryption {
 public:
  using contexts = std::shared_ptr<const tls::contexts>;
  /// The same certificates for both; each has its own authority for those that the others show.
  struct both {
    contexts clients;
    contexts components;
  };

  encryption();

  /// What connections are made with from now on. The error is one line that names the file. A self-signed certificate is made once;
  /// in `o.data` it is kept from one start to the next, and made anew where it has expired or a domain is missing in it.
  base::result<both> make(const config::options& o);

  /// To be called about once a minute.
  void rotate_ticket_keys();

 private:
  base::result<tls::certificate> self_signed(const config::options& o);

  std::shared_ptr<tls::ticket_keys> tickets_;
  std::vector<tls::certificate> own_;  ///< made in memory, if at all
};

}  // namespace couplet::server
