#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace couplet::tls {

/// The certificates of those who may stand behind what the other side shows, read and checked.
struct authorities {
  std::string file;                     ///< where they were read from; empty: nobody is asked for a certificate
  std::string pem;                      ///< the certificates, and nothing else that the file has in it
  std::vector<std::string> left_out{};  ///< a line for each that can't be used, as an error would say it

  bool empty() const noexcept { return file.empty(); }
  bool operator==(const authorities&) const = default;
};

/// Reads and checks a PEM file with one or more of them. `now_unix`: seconds since 1970. The error is one line that names the file and says what is
/// wrong with it: missing, unreadable, too large, no certificate in it, none that is an authority's and valid today (the first one's
/// name, and the date). Where some are good the others are left out: when an authority has a new certificate, both are in the file, and the old one
/// expires first.
base::result<authorities> load_authorities(const std::string& file, std::int64_t now_unix);

}  // namespace couplet::tls
