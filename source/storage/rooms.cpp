#include "storage/rooms.hpp"

#include <map>

namespace couplet::storage {

namespace {

void remove_affiliations(database& db, std::string_view room_jid) {
  query q(db, "DELETE FROM room_affiliations WHERE room = ?");
  q.bind(room_jid).run();
}

void put_affiliation(database& db, std::string_view room_jid, const room_affiliation& a, std::int64_t nothing) {
  if (a.affiliation == nothing) {
    query gone(db, "DELETE FROM room_affiliations WHERE room = ? AND jid = ?");
    gone.bind(room_jid).bind(a.jid).run();
    return;
  }
  query q(db, "INSERT OR REPLACE INTO room_affiliations (room, jid, affiliation, nick) VALUES (?, ?, ?, ?)");
  q.bind(room_jid).bind(a.jid).bind(a.affiliation).bind(a.nick).run();
}

}  // namespace

void put_room(database& db, const room& r, std::int64_t nothing) {
  query q(
      db,
      "INSERT OR REPLACE INTO rooms (jid, creator, configuration, subject, subject_nick, subject_at) VALUES (?, ?, ?, ?, ?, ?)");
  q.bind(r.jid).bind(r.creator).bind(r.configuration).bind(r.subject).bind(r.subject_nick).bind(r.subject_at).run();
  for (const auto& a : r.affiliations) put_affiliation(db, r.jid, a, nothing);
}

void replace_room(database& db, const room& r, std::int64_t nothing) {
  remove_affiliations(db, r.jid);
  put_room(db, r, nothing);
}

outcome remove_room(database& db, std::string_view jid) {
  remove_affiliations(db, jid);
  query q(db, "DELETE FROM rooms WHERE jid = ?");
  q.bind(jid).run();
  return db.changes() == 0 ? outcome::missing : outcome::done;
}

void each_room(database& db, const std::function<void(room&& r)>& visit) {
  std::map<std::string, std::vector<room_affiliation>, std::less<>> affiliations;
  query of_rooms(db, "SELECT room, jid, affiliation, nick FROM room_affiliations");
  while (of_rooms.next()) {
    affiliations[std::string(of_rooms.text(0))].emplace_back(std::string(of_rooms.text(1)), of_rooms.number(2),
                                                             std::string(of_rooms.text(3)));
  }
  query q(db, "SELECT jid, creator, configuration, subject, subject_nick, subject_at FROM rooms ORDER BY jid");
  while (q.next()) {
    room r;
    r.jid = q.text(0);
    r.creator = q.text(1);
    r.configuration = q.text(2);
    r.subject = q.text(3);
    r.subject_nick = q.text(4);
    r.subject_at = q.number(5);
    if (const auto found = affiliations.find(r.jid); found != affiliations.end()) r.affiliations = std::move(found->second);
    visit(std::move(r));
  }
}

}  // namespace couplet::storage
