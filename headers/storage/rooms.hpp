#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/store.hpp"

/// Persistent rooms of group chat, for jobs of a store. What their texts and numbers mean is for those who write them. All throw failure.
namespace couplet::storage {

struct room_affiliation {
  room_affiliation() = default;
  room_affiliation(std::string jid_, std::int64_t affiliation_, std::string nick_)
      : jid(std::move(jid_)), affiliation(affiliation_), nick(std::move(nick_)) {}
  std::string jid;
  std::int64_t affiliation = 0;
  std::string nick;
};

struct room {
  std::string jid;
  std::string creator;
  std::string configuration;
  std::string subject;
  std::string subject_nick;
  std::int64_t subject_at = 0;
  std::vector<room_affiliation> affiliations;
};

/// Makes the room, or replaces what is there of it, and each of the affiliations that are given; those that are `nothing` go.
void put_room(database& db, const room& r, std::int64_t nothing);
/// The same, and affiliations that are not given go.
void replace_room(database& db, const room& r, std::int64_t nothing);
/// `missing` where there is none.
outcome remove_room(database& db, std::string_view jid);
void each_room(database& db, const std::function<void(room&& r)>& visit);

}  // namespace couplet::storage
