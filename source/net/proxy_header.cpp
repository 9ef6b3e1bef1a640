#include "net/proxy_header.hpp"

#include <algorithm>

#include "proxy_versions.hpp"

namespace couplet::net {

namespace {

using namespace std::string_view_literals;

constexpr auto line_begin = "PROXY "sv;
constexpr auto block_begin = "\r\n\r\n\0\r\nQUIT\n"sv;

/// `text` begins with `whole`, or is its beginning.
bool fits(std::string_view text, std::string_view whole) noexcept {
  return text.starts_with(whole.substr(0, text.size()));
}

}  // namespace

void apply(const proxied& said, peer& who) {
  if (said.whose == proxied::origin::own) return;
  const bool here = said.address && said.address->is_loopback();
  who.loopback = who.loopback && here;
  if (!said.address) return;
  who.address = said.address->to_text();
  who.port = said.port;
}

proxy_header::status proxy_header::feed(std::string_view& input) {
  while (!input.empty()) {
    const auto part = input.substr(0, next_step());
    held_.append(part);
    input.remove_prefix(part.size());
    const auto found = look();
    if (found != status::need_more) return found;
  }
  return status::need_more;
}

/// How many bytes may be taken before looking again: no more than surely belong to the header.
std::size_t proxy_header::next_step() const noexcept {
  if (held_.size() < line_begin.size() || held_.front() == line_begin.front()) return 1;
  return (held_.size() < block_head_bytes ? block_head_bytes : block_bytes(held_)) - held_.size();
}

proxy_header::status proxy_header::look() {
  const std::string_view all = held_;
  if (fits(all.substr(0, line_begin.size()), line_begin)) return look_at_line();
  if (fits(all.substr(0, block_begin.size()), block_begin)) return look_at_block();
  return bad("there is no PROXY header");
}

proxy_header::status proxy_header::look_at_line() {
  if (held_.back() != '\n') {
    return held_.size() < max_line_bytes ? status::need_more : bad("the line of a PROXY header has no end");
  }
  const auto wrong = read_proxy_line(held_, result_);
  return wrong.empty() ? status::done : bad(wrong);
}

proxy_header::status proxy_header::look_at_block() {
  if (held_.size() <= block_begin.size()) return status::need_more;
  auto wrong = check_block_head(std::string_view(held_).substr(0, block_head_bytes));
  if (!wrong.empty()) return bad(wrong);
  if (held_.size() < block_head_bytes || held_.size() < block_bytes(held_)) return status::need_more;
  wrong = read_proxy_block(held_, result_);
  return wrong.empty() ? status::done : bad(wrong);
}

proxy_header::status proxy_header::bad(std::string_view why) noexcept {
  fault_ = why;
  return status::bad;
}

}  // namespace couplet::net
