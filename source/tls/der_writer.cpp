#include "der_writer.hpp"

#include "der.hpp"
#include "times.hpp"

namespace couplet::tls::der {

namespace {

void append_length(std::string& out, std::size_t length) {
  if (length < 0x80) {
    out += static_cast<char>(length);
    return;
  }
  std::string digits;
  for (; length != 0; length >>= 8U) digits.insert(digits.begin(), static_cast<char>(length & 0xffU));
  out += static_cast<char>(0x80U | digits.size());
  out += digits;
}

}  // namespace

std::string write(std::uint8_t tag, std::string_view content) {
  std::string out(1, static_cast<char>(tag));
  append_length(out, content.size());
  out += content;
  return out;
}

std::string write(std::uint8_t tag, std::initializer_list<std::string_view> values) {
  std::string content;
  for (const auto value : values) content += value;
  return write(tag, content);
}

std::string write_bits(std::string_view bytes) {
  constexpr std::string_view no_bits_unused("\0", 1);
  return write(bit_string, {no_bits_unused, bytes});
}

std::string write_time(std::int64_t unix_time) {
  const auto digits = time_digits(unix_time);
  return digits < "2050" ? write(utc_time, std::string_view(digits).substr(2)) : write(generalized_time, digits);
}

std::string write_extension(std::string_view object_id_content, bool critical, std::string_view content) {
  return write(sequence, {write(object_id, object_id_content), critical ? write(boolean, "\xff") : std::string(),
                          write(octet_string, content)});
}

}  // namespace couplet::tls::der
