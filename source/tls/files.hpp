#pragma once

#include <string>

#include "base/result.hpp"

namespace couplet::tls {

/// The whole of a small file. The error names it and says why: missing, no file, not allowed, too large.
base::result<std::string> read_file(const std::string& name);

}  // namespace couplet::tls
