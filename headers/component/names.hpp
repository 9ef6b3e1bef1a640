#pragma once

#include <string>
#include <string_view>

#include "component/options.hpp"

namespace couplet::component {

/// The secret of a prepared name: its own entry's, else that of the wildcard `*.DOMAIN` with the longest DOMAIN that the name is below.
/// nullptr: nobody may have that name.
const std::string* find_secret(const secret_map& names, std::string_view name);

}  // namespace couplet::component
