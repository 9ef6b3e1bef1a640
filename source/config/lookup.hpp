#pragma once

#include <string_view>
#include <vector>

#include "settings.hpp"

namespace couplet::config {

/// The values of a flag that is a list; none where it was not given.
const std::vector<given>& list_of(const settings& all, std::string_view name);
/// The value of a flag that is given once; nullptr: it was not. Throws usage_error where it was given more often.
const given* one_of(const settings& all, std::string_view name);
bool is_on(const settings& all, std::string_view name);

}  // namespace couplet::config
