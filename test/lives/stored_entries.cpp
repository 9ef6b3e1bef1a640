// What partitions ask of the storage: in order for each account, and on the disk when it is said to be.

#include "stored_entries.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <future>
#include <string>

using namespace couplet;
using session::change_entries;
using session::entry_change;
using session::read_entries;
using session::storage_outcome;
using storage::entry_kind;
using verb = session::entry_change::verb;

namespace {

constexpr auto dora = "dora@example.org";

/// A shard, a store in memory, and what comes out, one word for each answer.
class desk {
 public:
  explicit desk(storage::store::options o = {}) : store(open(std::move(o))), shard(0), entries(*store, shard, listener()) {}

  void ask(const std::string& owner, session::storage_request::work what, const route::trace& cause = {}) {
    session::storage_request r(owner, std::move(what));
    r.number = ++asked_;
    entries.work_on(std::move(r), cause);
  }
  void put(const std::string& value, const std::string& owner = dora, entry_kind kind = entry_kind::vcard) {
    ask(owner, change_entries(entry_change(verb::put, kind, "", value)));
  }
  void get(const std::string& owner = dora) { ask(owner, read_entries(entry_kind::vcard, "")); }
  /// Runs until all are answered.
  std::string answers() {
    shard.io().restart();
    if (told_ != asked_) shard.run();
    return std::exchange(log, {});
  }

  std::unique_ptr<storage::store> store;
  net::shard shard;
  std::string log;
  std::function<void(std::uint64_t)> then;
  server::stored_entries entries;

 private:
  static std::unique_ptr<storage::store> open(storage::store::options o) {
    auto opened = storage::store::open(std::move(o));
    REQUIRE(opened.ok());
    return std::move(*opened);
  }
  server::stored_entries::answered listener() {
    return [this](std::uint64_t number, session::storage_answer&& a, const route::trace&) {
      log += std::to_string(number);
      if (a.outcome == storage_outcome::full) log += " full";
      if (a.outcome == storage_outcome::over_limit) log += " over";
      if (a.outcome == storage_outcome::unavailable) log += " unavailable";
      for (const auto& e : a.entries) log += "=" + e.value;
      for (const auto& m : a.messages) {
        log += "=" + m.stanza;
        if (m.origin.is_known()) route::append(log, m.origin);
      }
      for (const auto& m : a.page.messages) log += "=" + m.id;
      log += ' ';
      if (then) then(number);
      if (++told_ == asked_) shard.stop();
    };
  }
  std::uint64_t asked_ = 0, told_ = 0;
};

/// A folder that is gone afterwards: there reads have a thread of their own.
class scratch {
 public:
  scratch() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
  ~scratch() { std::filesystem::remove_all(path); }
  std::string path = "/tmp/couplet-entries-XXXXXX";
};

storage::store::options in(const std::string& folder) {
  storage::store::options o;
  o.folder = folder;
  return o;
}

}  // namespace

TEST_CASE("stored entries: who asks after a change sees it, and before it does not") {
  const scratch folder;
  for (const std::string& where : {std::string(), folder.path}) {
    desk d(in(where));
    d.get();
    d.put("one");
    d.get();
    d.get();
    d.put("two");
    d.put("three");
    d.get();
    CHECK(d.answers() == "1 2 3=one 4=one 5 6 7=three ");
    CHECK(d.shard.lives().inside() == 0);
  }
}

TEST_CASE("stored entries: one account does not wait for another's change") {
  const scratch folder;
  desk d(in(folder.path));
  std::promise<void> go_on;
  auto held = go_on.get_future();
  // The disk does not come to an end with this.
  d.store->write(
      [&held](storage::database&) {
        held.wait();
        return storage::outcome::done;
      },
      [](storage::outcome) {});
  d.put("one");
  d.get();
  d.get("emil@example.org");
  d.then = [&go_on](std::uint64_t number) {
    if (number == 3) go_on.set_value();
  };
  CHECK(d.answers() == "3 1 2=one ");
}

TEST_CASE("stored entries: all steps of a change or none; a limit is told") {
  desk d;
  change_entries both(entry_change(verb::put, entry_kind::vcard, "", "new"));
  both.steps.emplace_back(verb::put, entry_kind::private_xml, "k", "0123456789");
  both.most.bytes = 14;
  d.put("old");
  d.ask(dora, both);
  both.most.bytes = 13;
  both.steps[0].value = "newer";
  d.ask(dora, both);
  d.get();
  CHECK(d.answers() == "1 2 3 over 4=new ");
  change_entries removal(entry_change(verb::remove, entry_kind::vcard, ""));
  removal.steps.emplace_back(verb::remove, entry_kind::vcard, "not there");
  removal.steps.emplace_back(verb::remove_prefix, entry_kind::private_xml, "");
  removal.most.bytes = 0;
  d.ask(dora, removal);
  d.ask(dora, read_entries({entry_kind::vcard, entry_kind::private_xml}));
  CHECK(d.answers() == "5 6 ");
}

TEST_CASE("stored entries: messages that wait, page by page, until they have arrived; all goes with the account") {
  desk d;
  for (const char* const text : {"one", "two", "three"}) d.ask(dora, session::append_offline(text));
  session::append_offline much(std::string(50, 'x'));
  much.most.bytes = 60;
  d.ask(dora, much);
  d.ask(dora, session::read_offline{0, 6});
  d.ask(dora, session::read_offline{2, 6});
  d.ask(dora, session::remove_offline{2});
  d.ask(dora, session::remove_offline{2});
  d.ask(dora, session::read_offline());
  CHECK(d.answers() == "1 2 3 4 over 5=one=two 6=three 7 8 9=three ");
  d.put("card");
  d.ask(dora, session::remove_everything());
  d.get();
  d.ask(dora, session::read_offline());
  CHECK(d.answers() == "10 11 12 13 ");
}

TEST_CASE("stored entries: a message that comes a second time, since its c2s cannot know that it is kept, waits once") {
  desk d;
  session::append_offline kept("<message/>");
  kept.archived.emplace();
  kept.archived->id = "first";
  kept.archived->with = "emil@example.org";
  kept.archived->stanza = "<message/>";
  route::trace cause;
  cause.origin = {0xABC, 4711, 0};
  d.ask(dora, kept, cause);
  cause.origin.again = 1;
  kept.archived->id = "second";
  d.ask(dora, kept, cause);
  d.ask(dora, session::append_offline("<message>by itself</message>"));
  d.ask(dora, session::read_offline());
  d.ask(dora, session::read_archive_ends());
  CHECK(d.answers() == "1 2 3 4=<message/>0000000000000abc.4711=<message>by itself</message> 5=first=first ");
}

TEST_CASE("stored entries: what a store refuses is answered in its turn") {
  storage::store::options o;
  o.waiting = 1;
  desk d(o);
  std::promise<void> go_on;
  auto held = go_on.get_future();
  std::promise<void> begun;
  d.store->write(
      [&](storage::database&) {
        begun.set_value();
        held.wait();
        return storage::outcome::done;
      },
      [](storage::outcome) {});
  begun.get_future().wait();
  d.put("one");
  d.put("two");
  d.put("three", "emil@example.org");
  d.then = [&go_on](std::uint64_t number) {
    if (number == 3) go_on.set_value();
  };
  CHECK(d.answers() == "3 full 1 2 full ");
  d.store->stop();
  d.get();
  CHECK(d.answers() == "4 full ");
}

TEST_CASE("stored entries: a question out of an answer") {
  desk d;
  d.then = [&d](std::uint64_t number) {
    if (number == 1) {
      d.put("one");
      d.get();
    }
  };
  d.get();
  CHECK(d.answers() == "1 2 3=one ");
}
