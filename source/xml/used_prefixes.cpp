#include "used_prefixes.hpp"

#include <algorithm>

#include "characters.hpp"
#include "xml/names.hpp"

namespace couplet::xml {

namespace {

bool is_wanted(const prefix_declaration& d) noexcept {
  return !d.prefix.empty() && d.prefix != "xml" && !(d.prefix == "stream" && d.namespace_uri == ns::stream);
}

/// The bytes in which a prefix may stand: letters, digits and so on, and anything beyond ASCII.
bool may_be_in_name(char c) noexcept {
  return (class_of(c) & in_name) != 0 || static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

used_prefixes::used_prefixes(const std::vector<prefix_declaration>& header) : header_(header), used_(header.size()) {
  for (std::size_t i = 0; i < header.size(); ++i) {
    if (is_wanted(header[i])) sorted_.push_back(i);
  }
  std::sort(sorted_.begin(), sorted_.end(), [&](std::size_t a, std::size_t b) { return header[a].prefix < header[b].prefix; });
  left_ = sorted_.size();
}

void used_prefixes::look_through(std::string_view bytes) {
  for (std::size_t colon = bytes.find(':'); left_ != 0 && colon != std::string_view::npos; colon = bytes.find(':', colon + 1)) {
    std::size_t begin = colon;
    while (begin > 0 && may_be_in_name(bytes[begin - 1])) --begin;
    if (begin != colon) mark(bytes.substr(begin, colon - begin));
  }
}

void used_prefixes::mark(std::string_view prefix) {
  const auto found = std::lower_bound(sorted_.begin(), sorted_.end(), prefix, [this](std::size_t i, std::string_view wanted) {
    ++comparisons_;
    return header_[i].prefix < wanted;
  });
  if (found == sorted_.end() || header_[*found].prefix != prefix || used_[*found]) return;
  used_[*found] = true;
  --left_;
}

}  // namespace couplet::xml
