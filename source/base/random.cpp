#include "base/random.hpp"

#include <sys/random.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace couplet::base {

namespace {

void ask_kernel(unsigned char* at, std::size_t size) {
  while (size != 0) {
    const auto got = getrandom(at, size, 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      throw std::system_error(errno, std::generic_category(), "getrandom");
    }
    at += got;
    size -= static_cast<std::size_t>(got);
  }
}

/// What a thread has in stock, and how much of it is left, from the front. Each byte is given once, and overwritten then.
struct stock {
  unsigned char bytes[256];
  std::size_t left;
};
thread_local stock own_stock{};

}  // namespace

void fill_random(void* memory, std::size_t size) {
  auto* const at = static_cast<unsigned char*>(memory);
  auto& own = own_stock;
  if (size > sizeof own.bytes / 8) return ask_kernel(at, size);
  if (own.left < size) {
    ask_kernel(own.bytes, sizeof own.bytes);
    own.left = sizeof own.bytes;
  }
  own.left -= size;
  std::memcpy(at, own.bytes + own.left, size);
  explicit_bzero(own.bytes + own.left, size);
}

std::uint64_t random_u64() {
  std::uint64_t number = 0;
  fill_random(&number, sizeof number);
  return number;
}

std::string random_hex(std::size_t bytes) {
  constexpr const char* digits = "0123456789abcdef";
  std::string hex(2 * bytes, '\0');
  // The bytes go to the upper half and are spread from the front: each is read before its place is written over.
  fill_random(hex.data() + bytes, bytes);
  for (std::size_t i = 0; i < bytes; ++i) {
    const auto b = static_cast<unsigned char>(hex[bytes + i]);
    hex[2 * i] = digits[b >> 4U];
    hex[2 * i + 1] = digits[b & 15U];
  }
  return hex;
}

std::string random_bytes(std::size_t bytes) {
  std::string filled(bytes, '\0');
  fill_random(filled.data(), bytes);
  return filled;
}

}  // namespace couplet::base
