#include <future>
#include <vector>

#include "fixture.hpp"

using namespace couplet;
using namespace couplet::storage;
using namespace couplet::storage::testing;

namespace {

/// Keeps the thread of changes busy until release().
class blocker {
 public:
  explicit blocker(store& s) {
    const auto began = std::make_shared<std::promise<void>>();
    auto is_busy = began->get_future();
    REQUIRE(s.write(
        [began, release = release_](database&) {
          began->set_value();
          release->get_future().wait();
          return outcome::missing;
        },
        [](outcome) {}));
    is_busy.wait();
  }
  ~blocker() { release(); }
  void release() {
    if (!std::exchange(done_, true)) release_->set_value();
  }

 private:
  std::shared_ptr<std::promise<void>> release_ = std::make_shared<std::promise<void>>();
  bool done_ = false;
};

}  // namespace

TEST_CASE("store: what was answered is there after the next start, in files that only the owner reads") {
  const scratch folder;
  const auto data = folder.path("data");
  {
    auto s = open_store(data);
    CHECK(make(*s, "alice@example.org") == outcome::done);
    CHECK(names_in(*s) == "alice@example.org ");
    CHECK(mode_of(data) == 0700);
    for (const char* const name : {"couplet.db", "couplet.db-wal", "couplet.db-shm", "couplet.lock"}) {
      CAPTURE(name);
      CHECK(mode_of(data + "/" + name) == 0600);
    }
  }
  CHECK(names_in(*open_store(data)) == "alice@example.org ");
}

TEST_CASE("store: a file that others may read is closed to them") {
  const scratch folder;
  open_store(folder.path());
  ::chmod(file_in(folder.path()).c_str(), 0644);
  open_store(folder.path());
  CHECK(mode_of(file_in(folder.path())) == 0600);
}

TEST_CASE("store: changes are done and answered in order, those that wait in one transaction") {
  const scratch folder;
  auto s = open_store(folder.path());
  std::string log;
  const auto all_answered = std::make_shared<std::promise<void>>();
  std::vector<std::int64_t> seen;
  {
    blocker busy(*s);
    for (int i = 0; i < 5; ++i) {
      const auto jid = std::string(1, static_cast<char>('a' + i)) + "@example.org";
      REQUIRE(s->write(
          [&, jid](database& db) {
            // The second connection does not see it yet: it is committed with the others.
            seen.push_back(open_for_reading(folder.path()).value()->number_of("SELECT count(*) FROM accounts"));
            return make_account(db, jid, some_credentials("x"));
          },
          [&log, all_answered, i](outcome o) {
            log += std::to_string(i) + (o == outcome::done ? "+" : "-");
            if (i == 4) all_answered->set_value();
          }));
    }
  }
  all_answered->get_future().wait();
  CHECK(log == "0+1+2+3+4+");
  CHECK(seen == std::vector<std::int64_t>{0, 0, 0, 0, 0});
  CHECK(names_in(*s) == "a@example.org b@example.org c@example.org d@example.org e@example.org ");
}

TEST_CASE("store: a change that fails alone is undone alone") {
  auto s = open_store();
  std::vector<std::future<outcome>> answers;
  const auto hand_in = [&](store::job what) {
    auto told = std::make_shared<std::promise<outcome>>();
    answers.push_back(told->get_future());
    REQUIRE(s->write(std::move(what), [told](outcome o) { told->set_value(o); }));
  };
  {
    blocker busy(*s);
    hand_in([](database& db) { return make_account(db, "alice@example.org", some_credentials("a")); });
    hand_in([](database& db) {
      make_account(db, "half@example.org", some_credentials("h"));
      return outcome::missing;
    });
    hand_in([](database& db) {
      make_account(db, "half@example.org", some_credentials("h"));
      db.execute("INSERT INTO accounts (jid) VALUES ('half@example.org')");
      return outcome::done;
    });
    hand_in([](database& db) -> outcome {
      make_account(db, "half@example.org", some_credentials("h"));
      throw std::runtime_error("a bug");
    });
    hand_in([](database& db) { return make_account(db, "bob@example.org", some_credentials("b")); });
  }
  std::string log;
  for (auto& a : answers) log += std::to_string(static_cast<int>(a.get()));
  CHECK(log == "02550");
  CHECK(names_in(*s) == "alice@example.org bob@example.org ");
}

TEST_CASE("store: what waits is bounded by number and by bytes; what was refused is not called") {
  store::options o;
  o.waiting = 2;
  o.bytes = 100;
  auto opened = store::open(std::move(o));
  REQUIRE(opened.ok());
  auto s = std::move(*opened);
  const auto nothing = [](database&) { return outcome::done; };
  std::atomic<int> answered{0};
  const auto count = [&](outcome) { ++answered; };
  {
    blocker busy(*s);
    CHECK(s->write(nothing, count, 1'000));  // alone it may be large
    CHECK_FALSE(s->write(nothing, count, 1));
    CHECK_FALSE(s->write(nothing, count, 0));
  }
  while (answered != 1) std::this_thread::yield();
  {
    blocker busy(*s);
    CHECK(s->write(nothing, count, 60));
    CHECK_FALSE(s->write(nothing, count, 41));
    CHECK(s->write(nothing, count, 40));
    CHECK_FALSE(s->write(nothing, count));
  }
  s.reset();
  CHECK(answered == 3);
}

TEST_CASE("store: at the end what was taken is done, and nothing new is taken") {
  const scratch folder;
  auto s = open_store(folder.path());
  outcome told = outcome::failed;
  {
    blocker busy(*s);
    CHECK(s->write([](database& db) { return make_account(db, "late@example.org", some_credentials("x")); },
                   [&](outcome o) { told = o; }));
    s->stop();
    CHECK_FALSE(s->write([](database&) { return outcome::done; }, [](outcome) {}));
    CHECK(s->read_now([](database&) { return outcome::done; }) == outcome::busy);
  }
  s.reset();
  CHECK(told == outcome::done);
  CHECK(names_in(*open_store(folder.path())) == "late@example.org ");
}

TEST_CASE("store: a read does not wait for changes, and changes nothing") {
  const scratch folder;
  auto s = open_store(folder.path());
  CHECK(make(*s, "alice@example.org") == outcome::done);
  const blocker busy(*s);
  CHECK(names_in(*s) == "alice@example.org ");
  CHECK(s->read_now([](database& db) { return make_account(db, "bob@example.org", some_credentials("x")); }) == outcome::failed);
  CHECK(names_in(*s) == "alice@example.org ");
}

TEST_CASE("backup: a whole database in one file, also while the original is in use") {
  const scratch folder;
  auto s = open_store(folder.path("data"));
  CHECK(make(*s, "alice@example.org") == outcome::done);
  const auto file = folder.path("copy.db");
  std::ofstream(file) << "what stood here before";
  REQUIRE(back_up(folder.path("data"), file).ok());
  CHECK(mode_of(file) == 0600);
  CHECK(make(*s, "bob@example.org") == outcome::done);
  for (const char* const left : {".tmp", ".tmp-wal", ".tmp-shm", "-wal", "-shm", "-journal"}) {
    CAPTURE(left);
    CHECK_FALSE(std::filesystem::exists(file + left));
  }
  // It is put in the place of a database.
  std::filesystem::create_directory(folder.path("other"));
  std::filesystem::rename(file, file_in(folder.path("other")));
  auto other = open_store(folder.path("other"));
  CHECK(names_in(*other) == "alice@example.org ");
  CHECK(make(*other, "carol@example.org") == outcome::done);
}

TEST_CASE("backup: what can't be done is said, and leaves nothing behind") {
  const scratch folder;
  const auto missing = back_up(folder.path("nowhere"), folder.path("copy.db"));
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error_text().find("No such file") != std::string::npos);
  open_store(folder.path());
  const auto no_place = back_up(folder.path(), folder.path("no/such/copy.db"));
  REQUIRE_FALSE(no_place.ok());
  CHECK(no_place.error_text() == "cannot write the backup " + folder.path("no/such/copy.db") + ": No such file or directory");
  CHECK_FALSE(std::filesystem::exists(folder.path("copy.db")));
}
