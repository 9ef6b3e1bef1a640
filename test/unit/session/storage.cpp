// How the duties of the session manager ask the storage.

#include "core.hpp"
#include "world.hpp"

using namespace couplet;
using namespace couplet::session;
using namespace couplet::session::testing;

namespace {

constexpr auto dora = "dora@example.org";

storage_continuation note(std::string& log, const std::string& name) {
  return [&log, name](core&, storage_answer&& a, effects&) {
    log += name + (a.outcome == storage_outcome::full ? " full " : " done ");
  };
}

}  // namespace

TEST_CASE("storage questions: each is answered once, with what it asked for") {
  core c(example(), 0, 1);
  effects out;
  std::string log;
  ask(c, dora, read_offline(), note(log, "first"), out);
  ask(c, dora, change_entries(entry_change(entry_change::verb::put, storage::entry_kind::vcard, "", "x")), note(log, "second"),
      out);
  REQUIRE(out.to_entries.size() == 2);
  CHECK_FALSE(is_change(out.to_entries[0]));
  CHECK(is_change(out.to_entries[1]));
  CHECK(out.to_entries[1].owner == dora);
  CHECK(c.questions.size() == 2);
  effects later;
  for (const auto number : {out.to_entries[1].number, out.to_entries[1].number, std::uint64_t{77}, out.to_entries[0].number}) {
    on_storage_answer(c, number, storage_answer(), later);
  }
  CHECK(log == "second done first done ");
  CHECK(c.questions.size() == 0);
}

TEST_CASE("storage questions: bounded by number; what is too much is refused at once, and there is place again afterwards") {
  core c(example(), 0, 1);
  effects out;
  std::string log, last;
  for (std::size_t i = 0; i < storage_questions::most; ++i) ask(c, dora, read_offline(), note(log, "x"), out);
  CHECK(log.empty());
  ask(c, dora, read_offline(), note(last, "one more"), out);
  CHECK(last == "one more full ");
  CHECK(out.to_entries.size() == storage_questions::most);
  on_storage_answer(c, out.to_entries[0].number, storage_answer(), out);
  ask(c, dora, read_offline(), note(last, "again"), out);
  CHECK(last == "one more full ");
  CHECK(out.to_entries.size() == storage_questions::most + 1);
}

TEST_CASE("storage questions: bounded by bytes; one alone may be larger") {
  core c(example(), 0, 1);
  effects out;
  std::string log;
  const std::string huge(storage_questions::most_bytes, 'x');
  ask(c, dora, append_offline(huge), note(log, "huge"), out);
  CHECK(log.empty());
  ask(c, dora, append_offline("small"), note(log, "small"), out);
  CHECK(log == "small full ");
  on_storage_answer(c, out.to_entries[0].number, storage_answer(), out);
  ask(c, dora, append_offline("small"), note(log, "small"), out);
  CHECK(log == "small full huge done ");
}

TEST_CASE("storage questions: what is stored of an account goes with it") {
  world w(example(true));
  w.account(dora);
  w.starts("dora", "dora@example.org/home");
  w.storage.answer(
      storage_request(dora, change_entries(entry_change(entry_change::verb::put, storage::entry_kind::vcard, "", "x"))));
  w.storage.answer(storage_request("emil@example.org",
                                   change_entries(entry_change(entry_change::verb::put, storage::entry_kind::vcard, "", "y"))));
  const auto log = w.says("dora", "<iq type='set' id='r'><query xmlns='jabber:iq:register'><remove/></query></iq>");
  REQUIRE(log.size() == 2);
  CHECK(w.storage.entry(dora, storage::entry_kind::vcard) == "(none)");
  CHECK(w.storage.entry("emil@example.org", storage::entry_kind::vcard) == "y");
}

TEST_CASE(
    "storage questions: what is stored of a guest goes with its last session; of those whose accounts are elsewhere it stays") {
  const std::string guest = "0f8fad5b-d9cb-469f-a165-70867728950e@example.org";
  for (const bool elsewhere : {false, true}) {
    auto s = example();
    s.guests = true;
    s.accounts_elsewhere = elsewhere;
    world w(s);
    const std::string name = elsewhere ? dora : guest;
    w.starts("g", name + "/1");
    w.storage.answer(
        storage_request(name, change_entries(entry_change(entry_change::verb::put, storage::entry_kind::vcard, "", "x"))));
    w.gone("g");
    CHECK(w.storage.entries() == (elsewhere ? 1 : 0));
  }
}
