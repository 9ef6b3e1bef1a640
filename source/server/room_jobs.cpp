#include "room_jobs.hpp"

#include <utility>

namespace couplet::server {

storage::room to_storage(muc::stored_room&& r) {
  storage::room s;
  s.jid = std::move(r.jid);
  s.creator = std::move(r.creator);
  s.configuration = std::move(r.configuration);
  s.subject = std::move(r.subject);
  s.subject_nick = std::move(r.subject_nick);
  s.subject_at = r.subject_at;
  for (auto& a : r.affiliations)
    s.affiliations.emplace_back(std::move(a.jid), static_cast<std::int64_t>(a.what), std::move(a.nick));
  return s;
}

std::optional<muc::stored_room> from_storage(storage::room&& r) {
  muc::stored_room s;
  s.jid = std::move(r.jid);
  s.creator = std::move(r.creator);
  s.configuration = std::move(r.configuration);
  s.subject = std::move(r.subject);
  s.subject_nick = std::move(r.subject_nick);
  s.subject_at = r.subject_at;
  for (auto& a : r.affiliations) {
    if (a.affiliation < 0 || a.affiliation > static_cast<std::int64_t>(muc::affiliation::owner)) return std::nullopt;
    s.affiliations.emplace_back(std::move(a.jid), static_cast<muc::affiliation>(a.affiliation), std::move(a.nick));
  }
  return s;
}

storage::outcome perform(storage::database& db, muc::storage_request::kind what, const storage::room& r) {
  using kind = muc::storage_request::kind;
  constexpr auto nothing = static_cast<std::int64_t>(muc::affiliation::none);
  if (what == kind::remove) {
    storage::remove_room(db, r.jid);  // one that is not there is gone as well
  } else if (what == kind::replace) {
    storage::replace_room(db, r, nothing);
  } else {
    storage::put_room(db, r, nothing);
  }
  return storage::outcome::done;
}

muc::stored told_to_rooms(storage::outcome o) noexcept {
  if (o == storage::outcome::done) return muc::stored::done;
  return o == storage::outcome::full || o == storage::outcome::busy ? muc::stored::full : muc::stored::failed;
}

}  // namespace couplet::server
