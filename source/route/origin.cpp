#include "route/origin.hpp"

#include <algorithm>
#include <charconv>

#include "route/client_id.hpp"

namespace couplet::route {

void append(std::string& out, const origin& o) {
  append_hex16(out, o.link);
  ((out += '.') += std::to_string(o.number)) += o.again ? "+" : "";
}

std::optional<origin> parse_origin(std::string_view text) {
  const auto dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto link = parse_hex16(text.substr(0, dot));
  origin o;
  o.link = link.value_or(0);
  text.remove_prefix(dot + 1);
  if (text.ends_with('+')) {
    o.again = 1;
    text.remove_suffix(1);
  }
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
  if (!whole || o.link == 0 || number == 0 || number > (~std::uint64_t{0} >> 1U)) return std::nullopt;
  o.number = number & (~std::uint64_t{0} >> 1U);
  return o;
}

const origins::seen* origins::find(std::uint64_t link) const noexcept {
  const auto found = std::find_if(all_.begin(), all_.end(), [link](const seen& s) { return s.link == link; });
  return found == all_.end() ? nullptr : &*found;
}

/// Few links, the busiest first: a look at the first one is the usual case.
origins::seen& origins::find_or_make(std::uint64_t link) {
  if (auto* const found = const_cast<seen*>(find(link))) return *found;
  if (all_.size() < links) {
    all_.emplace_back();
  } else {
    const auto older = [](const seen& a, const seen& b) { return a.used < b.used; };
    std::iter_swap(std::min_element(all_.begin(), all_.end(), older), all_.end() - 1);
    all_.back() = seen();
  }
  auto& s = all_.back();
  s.link = link;
  s.numbers.assign(window, false);
  return s;
}

void origins::note(const origin& o) {
  auto& s = find_or_make(o.link);
  s.used = ++notes_;
  if (o.number + window <= s.newest) return;
  if (o.number > s.newest) {
    const auto fresh = std::min<std::uint64_t>(o.number - s.newest, window);
    for (std::uint64_t i = 1; i <= fresh; ++i) s.numbers[(o.number - fresh + i) % window] = false;
    if (!s.before.empty()) {
      for (std::uint64_t i = 1; i <= fresh; ++i) s.before[(o.number - fresh + i) % window] = false;
    }
    s.newest = o.number;
  }
  s.numbers[o.number % window] = true;
}

bool origins::has(const origin& o) const noexcept {
  const auto* const s = find(o.link);
  return s != nullptr && o.number <= s->newest && o.number + window > s->newest && s->numbers[o.number % window];
}

void origins::begin_anew() {
  for (auto& s : all_) s.before = s.numbers;
}

bool origins::has_before(const origin& o) const noexcept {
  const auto* const s = find(o.link);
  if (s == nullptr || s->before.empty()) return false;
  return o.number <= s->newest && o.number + window > s->newest && s->before[o.number % window];
}

}  // namespace couplet::route
