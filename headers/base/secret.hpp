#pragma once

#include <string>

namespace couplet::base {

/// Overwrites a secret that is no longer needed, all of the memory that the text has, and empties it. Also a text that was moved away
/// from: a short one stays behind in it.
void wipe(std::string& secret) noexcept;

}  // namespace couplet::base
