#include "storage/rooms.hpp"

#include "fixture.hpp"

using namespace couplet;
using namespace couplet::storage;
using namespace couplet::storage::testing;

namespace {

constexpr std::int64_t nothing = 1;

room example() {
  room r;
  r.jid = "cave@chat.example.org";
  r.creator = "crone@example.org";
  r.configuration = "<x/>";
  r.subject = "fire";
  r.subject_nick = "one";
  r.subject_at = 1'700'000'000;
  r.affiliations.emplace_back("crone@example.org", 4, "");
  r.affiliations.emplace_back("hag@example.org", 2, "hag");
  return r;
}

template <class Change>
outcome changed(store& s, Change&& change) {
  return s.write_now([&](database& db) {
    change(db);
    return outcome::done;
  });
}

/// jid creator configuration subject subject_nick subject_at, then jid=affiliation/nick each.
std::string rooms_in(store& s) {
  std::string all;
  s.read_now([&](database& db) {
    each_room(db, [&](room&& r) {
      all += r.jid + " " + r.creator + " " + r.configuration + " " + r.subject + " " + r.subject_nick + " " +
             std::to_string(r.subject_at);
      for (const auto& a : r.affiliations) all += " " + a.jid + "=" + std::to_string(a.affiliation) + "/" + a.nick;
      all += "\n";
    });
    return outcome::done;
  });
  return all;
}

const std::string head = "cave@chat.example.org crone@example.org <x/> fire one 1700000000";

}  // namespace

TEST_CASE("rooms: what was put is there, also after the next start") {
  const scratch folder;
  {
    auto s = open_store(folder.path());
    CHECK(changed(*s, [](database& db) { put_room(db, example(), nothing); }) == outcome::done);
  }
  auto s = open_store(folder.path());
  CHECK(rooms_in(*s) == head + " crone@example.org=4/ hag@example.org=2/hag\n");
}

TEST_CASE("rooms: put changes those affiliations that are given, replace all") {
  auto s = open_store();
  changed(*s, [](database& db) { put_room(db, example(), nothing); });
  auto r = example();
  r.affiliations.clear();
  r.affiliations.emplace_back("hag@example.org", nothing, "");
  r.affiliations.emplace_back("wicca@example.org", 0, "");
  changed(*s, [&](database& db) { put_room(db, r, nothing); });
  CHECK(rooms_in(*s) == head + " crone@example.org=4/ wicca@example.org=0/\n");
  r.affiliations.erase(r.affiliations.begin());
  changed(*s, [&](database& db) { replace_room(db, r, nothing); });
  CHECK(rooms_in(*s) == head + " wicca@example.org=0/\n");
}

TEST_CASE("rooms: a room goes with its affiliations, and only that one") {
  auto s = open_store();
  auto other = example();
  other.jid = "heath@chat.example.org";
  changed(*s, [&](database& db) {
    put_room(db, example(), nothing);
    put_room(db, other, nothing);
  });
  CHECK(s->write_now([](database& db) { return remove_room(db, "cave@chat.example.org"); }) == outcome::done);
  CHECK(s->write_now([](database& db) { return remove_room(db, "cave@chat.example.org"); }) == outcome::missing);
  CHECK(rooms_in(*s).starts_with("heath@chat.example.org"));
  CHECK(s->read_now([](database& db) {
    return db.number_of("SELECT count(*) FROM room_affiliations") == 2 ? outcome::done : outcome::failed;
  }) == outcome::done);
}
