#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "base/base64.hpp"
#include "base/digest.hpp"
#include "script.hpp"

namespace couplet::transcript {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::size_t least_digits = 16;  // what is random has 64 bits at least

/// A pattern is literal text and {expressions} in turn. Takes the next of them off; `literal` tells which.
std::string_view take_part(std::string_view& pattern, bool& literal) {
  literal = !pattern.starts_with('{');
  const auto end = literal ? pattern.find('{') : pattern.find('}');
  if (!literal && end == std::string_view::npos) throw std::runtime_error("'{' without '}'");
  const auto part = literal ? pattern.substr(0, end) : pattern.substr(1, end - 1);
  pattern.remove_prefix(literal ? part.size() : end + 1);
  return part;
}

std::size_t number(std::string_view digits, int base) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc() || end != digits.data() + digits.size())
    throw std::runtime_error("not a number: " + std::string(digits));
  return value;
}

/// The name that an expression gives a value to; empty: it names none.
std::string_view name_in(std::string_view part) {
  for (const std::string_view word : {"number ", "any "})
    if (part.starts_with(word)) return part.substr(word.size());
  return part.find(' ') == std::string_view::npos ? part : std::string_view();
}

/// What stands at the front of `actual` for an expression with a new name; empty: nothing that fits.
std::string_view value_at(std::string_view part, std::string_view actual) {
  if (part.starts_with("number ")) return actual.substr(0, actual.find_first_not_of("0123456789"));
  if (part.starts_with("any ")) return actual.substr(0, actual.find_first_of("'<"));
  const auto digits = actual.substr(0, actual.find_first_not_of(hex_digits));
  return digits.size() < least_digits ? std::string_view() : digits;
}

char to_upper(char digit) {
  return digit >= 'a' && digit <= 'f' ? static_cast<char>(digit - 'a' + 'A') : digit;
}

std::string with_zeros(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool zero = text.substr(i, 2) == "\\0";
    bytes += zero ? '\0' : text[i];
    if (zero) ++i;
  }
  return bytes;
}

}  // namespace

std::string variables::fill(std::string_view pattern) const {
  std::string bytes;
  while (!pattern.empty()) {
    bool literal = false;
    const auto part = take_part(pattern, literal);
    const auto blank = part.find(' ');
    const auto word = part.substr(0, blank);
    const auto rest = blank == std::string_view::npos ? std::string_view() : part.substr(blank + 1);
    if (literal) {
      bytes += part;
    } else if (word == "base64") {
      bytes += base::base64_encode(with_zeros(rest));
    } else if (word == "byte") {
      bytes += static_cast<char>(number(rest, 16));
    } else if (word == "number" || word == "any") {
      bytes += fill('{' + std::string(rest) + '}');
    } else if (word == "times") {  // {times 2000 a}
      const auto gap = rest.find(' ');
      for (auto n = number(rest.substr(0, gap), 10); n != 0; --n) bytes += rest.substr(gap + 1);
    } else if (word == "sha1" || word == "SHA1") {  // {sha1 id secret}: over the value of id and the word secret
      const auto gap = rest.find(' ');
      auto digest = base::sha1_hex(fill('{' + std::string(rest.substr(0, gap)) + '}'), rest.substr(gap + 1));
      if (word == "SHA1") std::transform(digest.begin(), digest.end(), digest.begin(), to_upper);
      bytes += digest;
    } else {
      const auto found = values_.find(part);
      if (found == values_.end()) throw std::runtime_error("no value yet for {" + std::string(part) + '}');
      bytes += found->second;
    }
  }
  return bytes;
}

std::optional<std::size_t> variables::match(std::string_view pattern, std::string_view actual) {
  const auto size = actual.size();
  while (!pattern.empty()) {
    bool literal = false;
    const auto before = pattern;
    const auto part = take_part(pattern, literal);
    if (const auto name = literal ? std::string_view() : name_in(part); !name.empty() && !values_.contains(name)) {
      const auto value = value_at(part, actual);
      if (value.empty()) return std::nullopt;
      values_.emplace(name, value);
      actual.remove_prefix(value.size());
      continue;
    }
    const auto expected = fill(before.substr(0, before.size() - pattern.size()));
    if (!actual.starts_with(expected)) return std::nullopt;
    actual.remove_prefix(expected.size());
  }
  return size - actual.size();
}

}  // namespace couplet::transcript
