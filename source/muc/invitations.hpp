#pragma once

#include <string>
#include <string_view>

#include "room.hpp"

namespace couplet::muc {

/// To somebody who was made a member of a room for members only (XEP-0045 section 9.5).
std::string membership_invitation(const room& r, std::string_view from, std::string_view whom, std::string_view reason);

}  // namespace couplet::muc
