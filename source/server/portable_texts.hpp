#pragma once

#include "storage/portable.hpp"

namespace couplet::server {

/// The session manager's words for what is stored, for documents of XEP-0227.
storage::portable_texts session_texts();

}  // namespace couplet::server
