#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace couplet::base {

/// From the kernel's generator (getrandom), as all of these: one system call, up to 256 bytes. Throws std::system_error where the kernel
/// has none.
void fill_random(void* memory, std::size_t size);

std::uint64_t random_u64();

/// `bytes` random bytes as lower-case hexadecimal, twice as many characters: stream ids, resources, nonces.
std::string random_hex(std::size_t bytes);

/// The bytes themselves: salts, keys.
std::string random_bytes(std::size_t bytes);

}  // namespace couplet::base
