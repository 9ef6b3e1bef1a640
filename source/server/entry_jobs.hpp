#pragma once

#include <cstdint>

#include "session/storage_request.hpp"
#include "storage/store.hpp"

namespace couplet::server {

/// What a partition asks for of what is stored beside credentials, as a job of a store. What was read goes into `answer`. `now`: milliseconds
/// since 1970, which messages that are kept say. Throws storage::failure.
storage::outcome perform(storage::database& db, const session::storage_request& r, session::storage_answer& answer,
                         std::int64_t now);

/// The outcome in the words of the session manager.
session::storage_outcome told(storage::outcome o) noexcept;

}  // namespace couplet::server
