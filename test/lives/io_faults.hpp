#pragma once

#include <cstddef>

namespace couplet::lives {

/// Makes the n-th recv or send of this thread fail from now on (1: the next one), as a broken connection does; 0: none.
/// The program is linked with --wrap, so the product knows nothing of it.
void fail_io(std::size_t nth) noexcept;
/// How many there were since the last fail_io.
std::size_t io_count() noexcept;

}  // namespace couplet::lives
