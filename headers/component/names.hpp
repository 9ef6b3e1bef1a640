#pragma once

#include <string>
#include <string_view>

#include "component/options.hpp"

namespace couplet::component {

/// The entry that says most of a prepared name: its own, else the wildcard `*.DOMAIN` with the longest DOMAIN that the name is below.
/// end(): nobody may have that name.
secret_map::const_iterator find_entry(const secret_map& names, std::string_view name);

/// The secret in that entry; nullptr: there is none.
const std::string* find_secret(const secret_map& names, std::string_view name);

}  // namespace couplet::component
