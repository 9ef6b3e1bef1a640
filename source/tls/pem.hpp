#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace couplet::tls {

/// One block of a PEM text (RFC 7468): views into it.
struct pem_block {
  std::string_view label;  ///< "CERTIFICATE"
  std::string_view body;   ///< between the two lines: base64 with line ends, and whatever head fields old formats have
  std::string_view whole;  ///< with the two lines
};

/// All blocks of a text; what stands between them is passed over. A block that has no end is none.
std::vector<pem_block> read_pem(std::string_view text);

/// The bytes of a block without head fields; empty: not base64.
std::string decode_pem(const pem_block& block);

std::string write_pem(std::string_view label, std::string_view bytes);

}  // namespace couplet::tls
