// What stands before a stream that comes through a proxy: however it is cut, the answer is the same, and no byte of
// the client is taken.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "net/proxy_header.hpp"

using namespace couplet;
using net::proxied;
using net::proxy_header;
using status = net::proxy_header::status;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

struct outcome {
  status how = status::need_more;
  std::size_t consumed = 0;
  proxied said;
};

/// Pieces of this size, each a copy of just these bytes: reading past them is then seen by the address sanitizer.
outcome feed(std::string_view all, std::size_t piece) {
  proxy_header header;
  outcome o;
  while (o.how == status::need_more && o.consumed < all.size()) {
    const auto part = all.substr(o.consumed, piece);
    const std::vector<char> copy(part.begin(), part.end());
    std::string_view input(copy.data(), copy.size());
    o.how = header.feed(input);
    o.consumed += copy.size() - input.size();
    require(o.how != status::need_more || input.empty());
    require(header.held_bytes() <= 2 * proxy_header::max_bytes);
  }
  require(o.consumed <= proxy_header::max_bytes);
  require((o.how == status::bad) == !header.fault().empty());
  if (o.how == status::done) o.said = header.result();
  return o;
}

void check_said(const proxied& said) {
  require(said.address.has_value() == (said.whose == proxied::origin::client));
  require(said.address || said.port == 0);
  if (said.address) require(base::ip_address::parse(said.address->to_text()) == said.address);
  net::peer here{"127.0.0.1", 1, true};
  net::apply(said, here);
  require(!here.loopback || said.whose == proxied::origin::own || said.address->is_loopback());
}

/// The whole header, and nothing behind it.
void check_bounds(std::string_view header) {
  const std::string_view last = header.substr(header.size() - 2);
  if (header.front() == 'P') {
    require(header.size() <= proxy_header::max_line_bytes && last == "\r\n" && header.find('\n') == header.size() - 1);
  } else {
    const auto length = static_cast<unsigned char>(header[14]) * 256U + static_cast<unsigned char>(header[15]);
    require(header.size() == 16U + length);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const auto whole = feed(all, size == 0 ? 1 : size);
  for (const std::size_t piece : {1U, 2U, 13U, 100U}) {
    const auto cut = feed(all, piece);
    require(cut.how == whole.how && (cut.how == status::bad || cut.consumed == whole.consumed));
    require(cut.said.whose == whole.said.whose && cut.said.address == whole.said.address && cut.said.port == whole.said.port);
  }
  if (whole.how != status::done) return 0;
  check_said(whole.said);
  check_bounds(all.substr(0, whole.consumed));
  // What follows does not matter.
  const auto alone = feed(all.substr(0, whole.consumed), whole.consumed);
  require(alone.how == status::done && alone.consumed == whole.consumed);
  return 0;
}
