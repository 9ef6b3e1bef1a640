#include "server/chores.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>
#include <vector>

#include "base/secret.hpp"
#include "sasl/plain.hpp"
#include "storage/portable.hpp"
#include "storage/store.hpp"

namespace couplet::server {

namespace {

constexpr std::uintmax_t max_import_bytes = 1U << 30U;

void say(const std::string& line) {
  std::fprintf(stderr, "couplet: %s\n", line.c_str());
}

int refuse(const std::string& why) {
  say(why);
  return 1;
}

std::string counted(std::size_t n, const char* one, const char* many) {
  return std::to_string(n) + " " + (n == 1 ? one : many);
}

int back_up(const config::options& o) {
  const auto made = storage::back_up(o.data, o.to_do->file);
  if (!made) return refuse(made.error_text());
  say("the database is in " + o.to_do->file);
  return 0;
}

// ---- export ---------------------------------------------------------------------------------------------------------

/// Where an export goes: a file that appears when it is complete (mode 0600: keys are in it), or standard output.
class target {
 public:
  explicit target(const std::string& file) : file_(file), beside_(file == "-" ? std::string() : file + ".tmp") {
    fd_ = beside_.empty() ? STDOUT_FILENO : ::open(beside_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    good_ = fd_ >= 0 && (beside_.empty() || ::fchmod(fd_, 0600) == 0);
    if (!good_) why_ = std::strerror(errno);
  }
  ~target() {
    if (beside_.empty()) return;
    if (fd_ >= 0) ::close(fd_);
    if (!done_) ::unlink(beside_.c_str());
  }
  target(const target&) = delete;
  target& operator=(const target&) = delete;

  void write(std::string_view text) {
    while (good_ && !text.empty()) {
      const auto written = ::write(fd_, text.data(), text.size());
      good_ = written > 0 || errno == EINTR;
      if (!good_) why_ = std::strerror(errno);
      if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  bool finish() {
    if (!good_ || beside_.empty()) return good_;
    done_ = ::fsync(fd_) == 0 && std::rename(beside_.c_str(), file_.c_str()) == 0;
    if (!done_) why_ = std::strerror(errno);
    return done_;
  }
  const std::string& why() const noexcept { return why_; }

 private:
  std::string file_, beside_, why_;
  int fd_ = -1;
  bool good_ = false, done_ = false;
};

int export_accounts(const config::options& o) {
  auto db = storage::open_for_reading(o.data);
  if (!db) return refuse(db.error_text());
  target out(o.to_do->file);
  std::size_t count = 0;
  try {
    (*db)->execute("BEGIN");  // all of it as it is at one moment
    count = static_cast<std::size_t>(storage::count_accounts(**db));
    storage::write_portable(**db, [&out](std::string_view text) { out.write(text); });
  } catch (const storage::failure& why) {
    return refuse("cannot read " + storage::file_in(o.data) + " (--data): " + why.what());
  }
  if (!out.finish()) return refuse("cannot write " + o.to_do->file + " (--export): " + out.why());
  say(counted(count, "account", "accounts") + " exported");
  return 0;
}

// ---- import ---------------------------------------------------------------------------------------------------------

base::result<std::string> read_document(const std::string& file) {
  std::error_code failed;
  const auto bytes = std::filesystem::file_size(file, failed);
  if (failed) return base::error("cannot read " + file + " (--import): " + failed.message());
  if (bytes > max_import_bytes) return base::error(file + " (--import) is larger than a GiB: take it apart");
  std::string text(bytes, '\0');
  std::ifstream in(file, std::ios::binary);
  if (!in.read(text.data(), static_cast<std::streamsize>(bytes))) return base::error("cannot read " + file + " (--import)");
  return text;
}

void derive_missing(storage::portable_account& a, const std::string& secret, bool keep) {
  auto prepared = sasl::prepare_password(*a.what.password);
  for (std::size_t k = 0; k < a.what.keys.size(); ++k) {
    const auto hash = static_cast<sasl::scram_hash>(k);
    if (a.what.keys[k]) continue;
    a.what.keys[k] = sasl::derive_keys(hash, prepared, sasl::salt_for(secret, hash, a.jid), sasl::default_iterations);
  }
  base::wipe(prepared);
  if (keep) return;
  base::wipe(*a.what.password);
  a.what.password.reset();
}

/// Passwords of the document become keys, on all cores: each takes tens of milliseconds.
void derive_all(storage::portable_data& data, const std::string& secret, bool keep) {
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (auto i = next.fetch_add(1); i < data.accounts.size(); i = next.fetch_add(1)) {
      if (data.accounts[i].what.password) derive_missing(data.accounts[i], secret, keep);
    }
  };
  std::vector<std::thread> others;
  for (unsigned i = 1; i < std::thread::hardware_concurrency(); ++i) others.emplace_back(work);
  work();
  for (auto& t : others) t.join();
}

struct tally {
  std::size_t made = 0, known = 0;
};

void say_what_was_imported(const config::options& o, const storage::portable_data& data, const tally& count) {
  std::set<std::string> elsewhere;
  for (const auto& a : data.accounts) {
    const auto domain = a.jid.substr(a.jid.find('@') + 1);
    if (std::find(o.domains.begin(), o.domains.end(), domain) == o.domains.end()) elsewhere.insert(domain);
  }
  for (const auto& domain : elsewhere) say("note: " + domain + " is not among the domains served (--domain)");
  for (const auto& [what, times] : data.unknown)
    say("note: left out, since it is not stored here: " + what + ", " + counted(times, "time", "times"));
  if (count.known != 0)
    say("note: " + counted(count.known, "account was", "accounts were") + " there already, and stay as they are");
  say(counted(count.made, "account", "accounts") + " imported");
}

int import_accounts(const config::options& o) {
  const auto document = read_document(o.to_do->file);
  if (!document) return refuse(document.error_text());
  auto data = storage::read_portable(*document);
  if (!data) return refuse(o.to_do->file + " (--import): " + data.error_text());
  storage::store::options where;
  where.folder = o.data;
  auto opened = storage::store::open(std::move(where));
  if (!opened) return refuse(opened.error_text());
  auto& store = **opened;
  std::string secret;
  auto done = store.write_now([&](storage::database& db) {
    secret = storage::salt_secret(db);
    return storage::outcome::done;
  });
  if (done == storage::outcome::done) {
    derive_all(*data, secret, o.store_passwords);
    tally count;
    // One change: all of them, or none.
    done = store.write_now([&](storage::database& db) {
      for (const auto& a : data->accounts)
        ++(storage::make_account(db, a.jid, a.what) == storage::outcome::done ? count.made : count.known);
      return storage::outcome::done;
    });
    if (done == storage::outcome::done) say_what_was_imported(o, *data, count);
  }
  if (done == storage::outcome::done) return 0;
  return refuse("cannot write " + store.file() + " (--data)" +
                (done == storage::outcome::full ? ": there is no place on the disk" : ""));
}

}  // namespace

int do_chore(const config::options& o) {
  switch (o.to_do->what) {
    case config::chore::kind::backup: return back_up(o);
    case config::chore::kind::export_accounts: return export_accounts(o);
    case config::chore::kind::import_accounts: break;
  }
  return import_accounts(o);
}

}  // namespace couplet::server
