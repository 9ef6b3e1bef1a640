#include "route/client_id.hpp"

namespace couplet::route {
namespace {

constexpr std::size_t run_digits = 8;
constexpr std::size_t handle_digits = 16;

void append_hex(std::string& out, std::uint64_t value, std::size_t digits) {
  for (std::size_t left = digits; left != 0; --left) out += "0123456789abcdef"[(value >> (4 * (left - 1))) & 0xFU];
}

/// Lower case only: one id has one spelling, so that equal ids are equal bytes everywhere.
std::optional<std::uint64_t> parse_hex(std::string_view text, std::size_t digits) {
  if (text.size() != digits) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      value = (value << 4U) | static_cast<std::uint64_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      value = (value << 4U) | static_cast<std::uint64_t>(c - 'a' + 10);
    } else {
      return std::nullopt;
    }
  }
  return value;
}

}  // namespace

std::string client_node(std::uint32_t run, std::uint64_t handle) {
  std::string node;
  node.reserve(run_digits + handle_digits);
  append_client_node(node, run, handle);
  return node;
}

void append_client_node(std::string& out, std::uint32_t run, std::uint64_t handle) {
  append_hex(out, run, run_digits);
  append_hex(out, handle, handle_digits);
}

std::optional<std::uint64_t> parse_client_node(std::string_view node, std::uint32_t run) {
  if (node.size() != run_digits + handle_digits) return std::nullopt;
  const auto of_run = parse_hex(node.substr(0, run_digits), run_digits);
  const auto handle = parse_hex(node.substr(run_digits), handle_digits);
  if (!of_run || *of_run != run || !handle) return std::nullopt;
  if (client_id::unpack(*handle).generation == 0) return std::nullopt;
  return handle;
}

std::string hex16(std::uint64_t handle) {
  std::string text;
  text.reserve(handle_digits);
  append_hex16(text, handle);
  return text;
}

void append_hex16(std::string& out, std::uint64_t handle) {
  append_hex(out, handle, handle_digits);
}

std::optional<std::uint64_t> parse_hex16(std::string_view text) {
  return parse_hex(text, handle_digits);
}

}  // namespace couplet::route
