#include "world.hpp"

// Persistent rooms: nobody is told that something lasts before it does.

namespace couplet::muc {
namespace {

using namespace testing;
using kind = storage_request::kind;

settings with_storage() {
  auto s = example();
  s.stored = true;
  return s;
}

struct lasting : world {
  lasting() : world(with_storage()) {
    join("crone/desk", "#cave/one");
    REQUIRE(configure("crone/desk", "#cave", {{"persistentroom", "1"}, {"roomname", "Cave"}}).empty());
    REQUIRE(requests.size() == 1);
  }
};

TEST_CASE("stored: a room is there when it is on the disk, and not before") {
  lasting w;
  CHECK(w.requests[0].what == kind::replace);
  CHECK(w.join("hag/pda", "#cave/two") == lines{"hag/pda <- presence:error #cave/two !item-not-found"});
  stored_room kept;
  CHECK(w.stored(&kept) == lines{"crone/desk <- iq:result #cave"});
  CHECK(kept.jid == "cave@chat.example.org");
  CHECK(kept.creator == "crone@example.org");
  REQUIRE(kept.affiliations.size() == 1);
  CHECK(kept.affiliations[0].jid == "crone@example.org");
  CHECK(kept.affiliations[0].what == affiliation::owner);
  CHECK(w.join("hag/pda", "#cave/two").size() == 4);
}

TEST_CASE("stored: what could not be stored has not happened") {
  struct row {
    muc::stored outcome;
    const char* condition;
  };
  for (const auto& r : {row{muc::stored::full, "resource-constraint"}, row{muc::stored::failed, "internal-server-error"}}) {
    lasting w;
    CHECK(w.stored(nullptr, r.outcome) == lines{"crone/desk <- iq:error #cave !" + std::string(r.condition)});
    CHECK(contains(w.last[0], "id='q1'"));
    CHECK(w.join("hag/pda", "#cave/two") == lines{"hag/pda <- presence:error #cave/two !item-not-found"});  // still locked
    w.leave("crone/desk", "#cave/one");
    CHECK(w.machine().room_count() == 0);  // and not persistent
  }
}

TEST_CASE("stored: one change at a time, and the others in their order behind it") {
  lasting w;
  w.stored();
  w.join("hag/pda", "#cave/two");
  CHECK(w.admin("crone/desk", "#cave", "<item affiliation='member' jid='hag@example.org' nick='hag'/>").empty());
  CHECK(w.admin("crone/desk", "#cave", "<item affiliation='admin' jid='hag@example.org'/>").empty());
  CHECK(w.owner("crone/desk", "#cave", "<destroy/>").empty());
  CHECK(w.requests.size() == 1);
  CHECK(w.says("hag/pda", "#cave", "still here").size() == 2);
  stored_room kept;
  CHECK(w.stored(&kept) == lines{"crone/desk <- iq:result #cave",
                                 "crone/desk <- presence #cave/two member/participant jid=hag/pda actor=one",
                                 "hag/pda <- presence #cave/two member/participant jid=hag/pda actor=one 110"});
  REQUIRE(kept.affiliations.size() == 1);
  CHECK(kept.affiliations[0].nick == "hag");
  REQUIRE(w.requests.size() == 1);
  CHECK(w.requests[0].what == kind::put);
  CHECK(w.stored(&kept).front() == "crone/desk <- iq:result #cave");
  CHECK(kept.affiliations[0].what == affiliation::admin);
  CHECK(kept.affiliations[0].nick == "hag");  // kept
  REQUIRE(w.requests.size() == 1);
  CHECK(w.requests[0].what == kind::remove);
  CHECK(w.stored().size() == 3);
  CHECK(w.machine().room_count() == 0);
}

TEST_CASE("stored: what waits is bounded, and answered when the room goes") {
  lasting w;
  w.stored();
  for (int i = 0; i < 65; ++i) CHECK(w.owner("crone/desk", "#cave", "<destroy/>").empty());
  CHECK(w.owner("crone/desk", "#cave", "<destroy/>") == lines{"crone/desk <- iq:error #cave !resource-constraint"});
  const auto told = w.stored();
  REQUIRE(told.size() == 66);
  CHECK(told[0] == "crone/desk <- iq:result #cave");
  CHECK(told[65] == "crone/desk <- iq:error #cave !item-not-found");
}

TEST_CASE("stored: a room that has become temporary is forgotten, and so is a destroyed one") {
  lasting w;
  w.stored();
  CHECK(w.configure("crone/desk", "#cave", {{"persistentroom", "0"}}).empty());
  CHECK(w.requests[0].what == kind::remove);
  CHECK(w.stored().front() == "crone/desk <- iq:result #cave");
  CHECK(w.admin("crone/desk", "#cave", "<item affiliation='member' jid='a@example.org'/>") ==
        lines{"crone/desk <- iq:result #cave"});
  CHECK(w.requests.empty());
}

TEST_CASE("stored: an empty room stays while it is on its way to the disk") {
  lasting w;
  w.leave("crone/desk", "#cave/one");
  CHECK(w.machine().room_count() == 1);
  w.stored();
  CHECK(w.machine().room_count() == 1);
}

TEST_CASE("stored: subjects are kept without anybody waiting, invitations into rooms for members with somebody") {
  lasting w;
  w.stored();
  CHECK(w.message("crone/desk", "#cave", "<subject>fire</subject>").size() == 1);
  REQUIRE(w.requests.size() == 1);
  CHECK(w.requests[0].number == 0);
  CHECK(w.requests[0].room.subject == "fire");
  CHECK(w.requests[0].room.subject_at == 1'700'000'000);
  w.requests.clear();
  w.configure("crone/desk", "#cave", {{"membersonly", "1"}});
  w.stored();
  const std::string invite = "<x xmlns='http://jabber.org/protocol/muc#user'><invite to='hag@example.org'/></x>";
  CHECK(w.message("crone/desk", "#cave", invite, "").empty());
  CHECK(w.stored() == lines{"hag <- message #cave invite"});
}

TEST_CASE("stored: what was kept makes the same room again") {
  lasting w;
  stored_room kept;
  w.stored(&kept);
  w.configure("crone/desk", "#cave",
              {{"membersonly", "1"},
               {"passwordprotectedroom", "1"},
               {"roomsecret", "c&amp;d"},
               {"allowpm", "none"},
               {"presencebroadcast", "moderator"},
               {"maxusers", "7"},
               {"muc#maxhistoryfetch", "3"}});
  w.stored(&kept);
  kept.affiliations.emplace_back("crone@example.org", affiliation::owner, "");
  kept.affiliations.emplace_back("hag@example.org", affiliation::member, "hag");
  kept.subject = "fire";
  kept.subject_nick = "one";
  w.owner("crone/desk", "#cave", "", "get");
  const auto form = w.last[0];

  world again(with_storage());
  auto foreign = kept;
  foreign.jid = "cave@elsewhere.net";
  CHECK_FALSE(again.machine().add_stored_room(std::move(foreign)));
  auto broken = kept;
  broken.configuration = "<x/>";
  CHECK_FALSE(again.machine().add_stored_room(std::move(broken)));
  auto copy = kept;
  CHECK(again.machine().add_stored_room(std::move(copy)));
  CHECK_FALSE(again.machine().add_stored_room(std::move(kept)));  // twice
  again.owner("crone/desk", "#cave", "", "get");
  CHECK(again.last[0] == form);
  CHECK(again.join("wicca/x", "#cave/hag").front() == "wicca/x <- presence:error #cave/hag !registration-required");
  const auto told = again.join("hag/pda", "#cave/hag", "<password>c&amp;d</password>");
  CHECK(told.back().starts_with("hag/pda <- message:groupchat #cave/one subject=fire"));
}

TEST_CASE("stored: an account that is no more loses what it was, behind a change that is on its way") {
  lasting w;
  w.stored();
  w.admin("crone/desk", "#cave", "<item affiliation='admin' jid='hag@example.org' nick='hag'/>");
  w.stored();
  CHECK(w.admin("crone/desk", "#cave", "<item affiliation='member' jid='cat@example.org'/>").empty());
  effects out;
  w.machine().on_account_removed("hag@example.org", out);
  CHECK(out.to_storage.empty());
  CHECK(w.stored() == lines{"crone/desk <- iq:result #cave"});
  REQUIRE(w.requests.size() == 1);
  REQUIRE(w.requests[0].room.affiliations.size() == 1);
  CHECK(w.requests[0].room.affiliations[0].jid == "hag@example.org");
  CHECK(w.requests[0].room.affiliations[0].what == affiliation::none);
  // It is not asked for by anybody: nobody is answered, and it is made even where it could not be stored.
  CHECK(w.stored(nullptr, muc::stored::failed).empty());
  w.admin("crone/desk", "#cave", "<item affiliation='admin'/>", "get");
  CHECK_FALSE(contains(w.last.at(0), "hag@example.org"));
}

}  // namespace
}  // namespace couplet::muc
