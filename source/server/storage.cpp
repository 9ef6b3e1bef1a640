// What lasts longer than the process, at the start: the database is opened, and the names of its accounts are given to the partitions.

#include "base/log.hpp"
#include "house.hpp"
#include "storage/archive.hpp"
#include "storage/entries.hpp"

namespace couplet::server {

namespace {

/// The store has said in the log what SQLite says.
std::string cannot_use(const storage::store& s, storage::outcome why) {
  if (why == storage::outcome::full) return "there is no place on the disk for " + s.file() + " (--data)";
  return "cannot use " + s.file() +
         " (--data), and the log says why. Put a backup in its place, or move it away to start without accounts";
}

}  // namespace

/// With an embedded session manager. Without a folder it is in memory: what is stored beside accounts takes one way.
std::optional<std::string> server::house::open_storage() {
  if (options_.manager) return std::nullopt;
  storage::store::options o;
  o.folder = options_.data;
  auto opened = storage::store::open(std::move(o));
  if (!opened) return opened.error_text();
  store_ = std::move(*opened);
  if (options_.data.empty()) return std::nullopt;
  const auto written = store_->write_now([this](storage::database& db) {
    process_secret_ = storage::salt_secret(db);
    return storage::outcome::done;
  });
  if (written == storage::outcome::done) return std::nullopt;
  return cannot_use(*store_, written);
}

/// Names only: what an account's logins are checked against is read when somebody logs in.
std::optional<std::string> server::house::load_accounts() {
  if (!store_ || options_.data.empty()) return std::nullopt;
  long long served = 0, others = 0;
  const auto read = store_->read_now([&](storage::database& db) {
    storage::each_account(db, [&](std::string_view jid) {
      const auto place = session::partition_of(jid, static_cast<std::uint32_t>(partitions_.size()));
      ++(partitions_[place]->add_stored_account(jid) ? served : others);
    });
    storage::each_archive_preferences(db, [&](std::string_view jid, std::string_view text) {
      partitions_[session::partition_of(jid, static_cast<std::uint32_t>(partitions_.size()))]->set_archive_preferences(jid, text);
    });
    storage::each_blocked(db, [&](std::string_view owner, std::string_view jid) {
      partitions_[session::partition_of(owner, static_cast<std::uint32_t>(partitions_.size()))]->add_blocked(owner, jid);
    });
    return storage::outcome::done;
  });
  if (read != storage::outcome::done) return cannot_use(*store_, read);
  base::log::info("accounts are stored", {{"file", store_->file()}, {"accounts", served}});
  if (others != 0)
    base::log::warning("accounts of domains that are not served stay where they are stored", {{"accounts", others}});
  return std::nullopt;
}

/// Rooms of names that are not served now stay where they are.
std::optional<std::string> server::house::load_rooms() {
  if (options_.data.empty() || !group_chat_) return std::nullopt;
  long long served = 0, others = 0;
  const auto read = store_->read_now([&](storage::database& db) {
    storage::each_room(db, [&](storage::room&& r) { ++(group_chat_->add_stored_room(std::move(r)) ? served : others); });
    return storage::outcome::done;
  });
  if (read != storage::outcome::done) return cannot_use(*store_, read);
  if (served != 0) base::log::info("rooms are stored", {{"rooms", served}});
  if (others != 0) base::log::warning("rooms that are not served stay where they are stored", {{"rooms", others}});
  return std::nullopt;
}

}  // namespace couplet::server
