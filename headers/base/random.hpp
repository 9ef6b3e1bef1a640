#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace couplet::base {

/// From the kernel's generator (getrandom), as all of these. Up to 32 bytes come from a stock of the thread's, for which the kernel is asked
/// once for 256 of them. Throws std::system_error where the kernel has none. Not in a child between its fork and its exec: it would draw
/// what its parent draws.
void fill_random(void* memory, std::size_t size);

std::uint64_t random_u64();

/// `bytes` random bytes as lower-case hexadecimal, twice as many characters: stream ids, resources, nonces.
std::string random_hex(std::size_t bytes);

/// The bytes themselves: salts, keys.
std::string random_bytes(std::size_t bytes);

}  // namespace couplet::base
