#include "pem.hpp"

#include "base/base64.hpp"
#include "library.hpp"

namespace couplet::tls {

namespace {

constexpr std::string_view begin_mark = "-----BEGIN ";
constexpr std::string_view end_mark = "-----END ";
constexpr std::string_view dashes = "-----";
constexpr std::size_t line_size = 64;

}  // namespace

std::vector<pem_block> read_pem(std::string_view text) {
  std::vector<pem_block> blocks;
  for (std::size_t at = 0;;) {
    const auto begin = text.find(begin_mark, at);
    if (begin == std::string_view::npos) return blocks;
    const auto label_begin = begin + begin_mark.size();
    const auto label_end = text.find(dashes, label_begin);
    if (label_end == std::string_view::npos) return blocks;
    pem_block block;
    block.label = text.substr(label_begin, label_end - label_begin);
    const auto body_begin = label_end + dashes.size();
    const auto last_line = std::string(end_mark) + std::string(block.label) + std::string(dashes);
    const auto body_end = text.find(last_line, body_begin);
    if (body_end == std::string_view::npos) return blocks;
    block.body = text.substr(body_begin, body_end - body_begin);
    at = body_end + last_line.size();
    block.whole = text.substr(begin, at - begin);
    blocks.push_back(block);
  }
}

std::string decode_pem(const pem_block& block) {
  std::string digits;
  digits.reserve(block.body.size());
  for (const char c : block.body) {
    if (c != '\n' && c != '\r' && c != ' ' && c != '\t') digits += c;
  }
  auto bytes = base::base64_decode(digits);
  wipe(digits);
  return bytes ? std::move(*bytes) : std::string();
}

std::string write_pem(std::string_view label, std::string_view bytes) {
  auto digits = base::base64_encode(bytes);
  std::string pem;
  pem.reserve(digits.size() + digits.size() / line_size + 2 * label.size() +
              64);  // grows never: no copy of a secret stays behind
  pem.append(begin_mark).append(label).append(dashes).append(1, '\n');
  for (std::size_t at = 0; at < digits.size(); at += line_size) pem.append(digits, at, line_size).append(1, '\n');
  pem.append(end_mark).append(label).append(dashes).append(1, '\n');
  wipe(digits);
  return pem;
}

}  // namespace couplet::tls
