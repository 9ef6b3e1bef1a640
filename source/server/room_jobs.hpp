#pragma once

#include <optional>

#include "muc/service.hpp"
#include "storage/rooms.hpp"
#include "storage/store.hpp"

/// What group chat has to keep, as jobs of a store.
namespace couplet::server {

storage::room to_storage(muc::stored_room&& r);
/// Nothing where an affiliation is none that this version knows.
std::optional<muc::stored_room> from_storage(storage::room&& r);

/// Throws storage::failure.
storage::outcome perform(storage::database& db, muc::storage_request::kind what, const storage::room& r);

/// The outcome in the words of group chat.
muc::stored told_to_rooms(storage::outcome o) noexcept;

}  // namespace couplet::server
