#include "storage/store.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <future>
#include <utility>

#include "folder.hpp"
#include "lane.hpp"
#include "schema.hpp"

namespace couplet::storage {

namespace {

constexpr const char* in_memory = ":memory:";

/// Why it can't be used, in one line that says what to do.
base::error explain(const failure& why, const std::string& path) {
  switch (why.code) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return base::error(path + " (--data) is damaged: " + why.what() +
                         ". Put a backup in its place, or move it away to start without accounts");
    case SQLITE_FULL: return base::error("there is no place for " + path + " (--data): " + why.what());
    case SQLITE_BUSY: return base::error(path + " (--data) is in use by another program: " + why.what());
    default: return base::error("cannot use " + path + " (--data): " + why.what());
  }
}

std::unique_ptr<database> open_to_write(const std::string& path) {
  auto db = std::make_unique<database>(path);
  // FULL: a commit is on the disk before it is answered. NORMAL would lose the last ones with the power.
  db->execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 16777216");
  return db;
}

void limit_memory(database& db, std::size_t bytes) {
  const auto page = static_cast<std::size_t>(db.number_of("PRAGMA page_size"));
  db.execute(("PRAGMA max_page_count = " + std::to_string(std::max<std::size_t>(bytes / page, 1))).c_str());
}

outcome wait_for(const std::function<bool(store::answer)>& hand_in) {
  // Shared: whoever sets the value may still be in it when the one who waited has left.
  const auto told = std::make_shared<std::promise<outcome>>();
  auto result = told->get_future();
  if (!hand_in([told](outcome o) { told->set_value(o); })) return outcome::busy;
  return result.get();
}

}  // namespace

std::string file_in(const std::string& folder) {
  return folder + "/couplet.db";
}

struct store::parts {
  descriptor lock;
  std::string file;
  std::unique_ptr<lane>
      reads;  ///< null: they go among the changes, as in memory, where a second connection would see another database
  std::unique_ptr<lane> changes;  ///< goes last: closing it writes what is in the log into the database
};

store::store(std::unique_ptr<parts> p) : parts_(std::move(p)) {}

store::~store() {
  parts_->changes->stop();
  parts_->reads.reset();
  parts_->changes.reset();
}

base::result<std::unique_ptr<store>> store::open(options o) {
  auto p = std::make_unique<parts>();
  p->file = o.folder.empty() ? in_memory : file_in(o.folder);
  if (!o.folder.empty()) {
    const auto prepared = prepare_file(o.folder);
    if (!prepared) return base::error(prepared.error_text());
    auto lock = lock_folder(o.folder);
    if (!lock) return base::error(lock.error_text());
    p->lock = std::move(*lock);
  }
  try {
    auto writer = open_to_write(p->file);
    if (o.folder.empty()) limit_memory(*writer, o.memory_bytes);
    const auto ready = bring_up_to_date(*writer, p->file);
    if (!ready) return base::error(ready.error_text());
    std::unique_ptr<database> reader;
    if (!o.folder.empty()) {
      reader = std::make_unique<database>(p->file);
      reader->execute("PRAGMA query_only = ON");
    }
    p->changes = std::make_unique<lane>(lane::kind::changes, std::move(writer), o, "storage");
    if (reader) p->reads = std::make_unique<lane>(lane::kind::reads, std::move(reader), o, "storage reads");
  } catch (const failure& why) {
    return explain(why, p->file);
  }
  return std::unique_ptr<store>(new store(std::move(p)));
}

bool store::write(job what, answer done, std::size_t bytes) {
  return parts_->changes->take(std::move(what), std::move(done), bytes);
}

bool store::read(job what, answer done, std::size_t bytes) {
  auto& where = parts_->reads ? *parts_->reads : *parts_->changes;
  return where.take(std::move(what), std::move(done), bytes);
}

outcome store::write_now(job what) {
  return wait_for([&](answer done) { return write(std::move(what), std::move(done)); });
}

outcome store::read_now(job what) {
  return wait_for([&](answer done) { return read(std::move(what), std::move(done)); });
}

void store::stop() noexcept {
  parts_->changes->stop();
  if (parts_->reads) parts_->reads->stop();
}

const std::string& store::file() const noexcept {
  return parts_->file;
}

base::result<std::unique_ptr<database>> open_for_reading(const std::string& folder) {
  const auto path = file_in(folder);
  try {
    auto db = std::make_unique<database>(path);
    db->execute("PRAGMA query_only = ON");
    const auto fits = check_version(*db, path);
    if (!fits) return base::error(fits.error_text());
    return db;
  } catch (const failure& why) {
    return explain(why, path);
  }
}

}  // namespace couplet::storage
