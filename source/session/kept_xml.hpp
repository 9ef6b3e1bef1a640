#pragma once

#include "xml/standalone.hpp"

/// Parts of stanzas that are kept, and come back in other stanzas.
namespace couplet::session {

using xml::stand_alone;

}  // namespace couplet::session
