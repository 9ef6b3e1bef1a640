#pragma once

#include <memory>

#include "base/result.hpp"
#include "credentials/options.hpp"
#include "credentials/source.hpp"

namespace couplet::credentials {

/// A source that asks such programs. They are started with the first question, run on, and are started again where they end, fail or take
/// too long; meanwhile the answer is `unavailable`. They end with this process, however it ends.
///
/// What they write to standard error goes to our log, line by line; of a flood some is left out. They inherit our
/// environment but for what begins with COUPLET_, which may be secrets, and no other descriptor.
///
/// The error is that of fault_of().
base::result<std::unique_ptr<source>> make_command_source(command_options o);

}  // namespace couplet::credentials
