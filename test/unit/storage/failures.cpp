#include <sqlite3.h>

#include "base/log.hpp"
#include "fixture.hpp"

using namespace couplet;
using namespace couplet::storage;
using namespace couplet::storage::testing;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

void change_file(const std::string& folder, const char* sql) {
  database(file_in(folder)).execute(sql);
}

std::string lines;
void keep_line(std::string_view line) {
  (lines += line) += '\n';
}

/// Keeps the log's lines while it lives. The store logs on its own thread, before it answers.
struct log_kept {
  log_kept() {
    lines.clear();
    base::log::set_sink(keep_line);
  }
  ~log_kept() { base::log::set_sink(nullptr); }
};

}  // namespace

TEST_CASE("failures: a folder that is none, or can't be made") {
  const scratch folder;
  std::ofstream(folder.path("file")) << "x";
  CHECK(refusal(folder.path("file")) == "cannot write " + folder.path("file") + "/couplet.db (--data): Not a directory");
  CHECK(refusal(folder.path("no/such")) == "cannot write " + folder.path("no/such") + " (--data): No such file or directory");
}

TEST_CASE("failures: one Couplet at a time; its end, however it comes, lets the next one in") {
  const scratch folder;
  auto s = open_store(folder.path());
  CHECK(refusal(folder.path()) == folder.path() + " (--data) is in use by another Couplet (process " +
                                      std::to_string(::getpid()) + "): stop that one, or name another folder");
  s.reset();
  open_store(folder.path());
}

TEST_CASE("failures: a database of a newer Couplet is left alone") {
  const scratch folder;
  open_store(folder.path());
  change_file(folder.path(), "PRAGMA user_version = 99");
  const auto before = bytes_of(file_in(folder.path()));
  const auto why = refusal(folder.path());
  CHECK(contains(why, "was made by a newer Couplet (version 99 of the tables"));
  CHECK(contains(why, "use that one, or put back a backup of before"));
  CHECK(bytes_of(file_in(folder.path())) == before);
  CHECK(contains(back_up(folder.path(), folder.path("copy")).error_text(), "newer Couplet"));
}

TEST_CASE("failures: a database of another program is left alone") {
  const scratch folder;
  std::ofstream(file_in(folder.path())).close();
  change_file(folder.path(), "CREATE TABLE theirs (x)");
  CHECK(contains(refusal(folder.path()), "is a database of another program: move it away, or name another folder"));
  CHECK(database(file_in(folder.path())).number_of("SELECT count(*) FROM sqlite_schema") == 1);
}

TEST_CASE("failures: a damaged file is said to be damaged, wherever it is") {
  const scratch folder;
  {
    auto s = open_store(folder.path());
    for (int i = 0; i < 200; ++i) CHECK(make(*s, std::to_string(i) + "@example.org") == outcome::done);
  }
  const auto whole = bytes_of(file_in(folder.path()));
  SUBCASE("at the beginning") {
    std::ofstream(file_in(folder.path())) << std::string(4'096, 'x') << whole.substr(4'096);
    const auto why = refusal(folder.path());
    CHECK(contains(why, "is damaged: file is not a database"));
    CHECK(contains(why, "Put a backup in its place, or move it away"));
  }
  SUBCASE("in the tables: the schema is fine, reading is not") {
    std::ofstream(file_in(folder.path())) << whole.substr(0, 8'192) << std::string(whole.size() - 8'192, 'x');
    const log_kept log;
    auto s = open_store(folder.path());
    CHECK(s->read_now([](database& db) {
      each_account(db, [](std::string_view) {});
      return outcome::done;
    }) == outcome::failed);
    CHECK(make(*s, "new@example.org") == outcome::failed);
    CHECK(contains(lines, "database disk image is malformed"));
  }
}

TEST_CASE("failures: a full disk refuses all of the transaction, keeps what was there, and works again when there is place") {
  const scratch folder;
  const log_kept log;
  auto s = open_store(folder.path());
  CHECK(make(*s, "first@example.org") == outcome::done);
  CHECK(s->write_now([](database& db) {
    db.number_of("PRAGMA max_page_count = 1");  // as many as there are
    return outcome::done;
  }) == outcome::done);
  int made = 0;
  while (made < 1'000 && make(*s, std::to_string(made) + "@example.org") == outcome::done) ++made;
  CHECK(made < 100);
  CHECK(make(*s, "second@example.org") == outcome::full);
  CHECK(make(*s, "second@example.org") == outcome::full);
  CHECK(s->read_now([&](database& db) {
    CHECK(db.number_of("SELECT count(*) FROM accounts") == made + 1);
    return outcome::done;
  }) == outcome::done);
  CHECK(s->write_now([](database& db) {
    db.number_of("PRAGMA max_page_count = 1000000");
    return outcome::done;
  }) == outcome::done);
  CHECK(make(*s, "second@example.org") == outcome::done);
  CHECK(contains(names_in(*s), "second@example.org"));
  // Said once, and once more when it was over.
  CHECK(contains(lines, "the storage does not work: what needs it is refused until it does"));
  CHECK(lines.find("does not work") == lines.rfind("does not work"));
  CHECK(contains(lines, "the storage works again"));
}
