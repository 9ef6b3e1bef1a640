#pragma once

#include "xml/children.hpp"

namespace couplet::session {

using xml::child_cursor;

}  // namespace couplet::session
