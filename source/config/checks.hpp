#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "config/options.hpp"
#include "settings.hpp"

namespace couplet::config {

/// Whether it is one of the domains served; `domain` is prepared.
bool serves(const options& o, std::string_view domain) noexcept;

// What does not fit together; each throws usage_error.

void check_account(const options& o, const account& a, const std::string& origin);
/// `origin_of`: of the account with that index.
void check_accounts_differ(const options& o, const std::function<std::string(std::size_t index)>& origin_of);
/// Flags that exclude or need each other; fills in the component listener's default.
void check_together(const settings& all, options& o, bool no_clients);

}  // namespace couplet::config
