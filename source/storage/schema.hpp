#pragma once

#include <string>

#include "base/result.hpp"
#include "storage/database.hpp"

namespace couplet::storage {

/// Brings a database up to the version of this program, each step in a transaction of its own; makes the tables of an empty one. The error
/// says what to do: made by a newer version, or by another program. Throws failure.
base::result<bool> bring_up_to_date(database& db, const std::string& shown);

/// Whether it is a database of exactly this version, changing nothing. Throws failure.
base::result<bool> check_version(database& db, const std::string& shown);

}  // namespace couplet::storage
