#include "server/chores.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "chore_lines.hpp"
#include "import.hpp"
#include "portable_texts.hpp"
#include "storage/portable.hpp"
#include "storage/store.hpp"

namespace couplet::server {

namespace {

int back_up(const config::options& o) {
  const auto made = storage::back_up(o.data, o.to_do->file);
  if (!made) return refuse(made.error_text());
  say("the database is in " + o.to_do->file);
  return 0;
}

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

int export_users(const config::options& o) {
  auto db = storage::open_for_reading(o.data);
  if (!db) return refuse(db.error_text());
  target out(o.to_do->file);
  std::size_t count = 0;
  try {
    (*db)->execute("BEGIN");  // all of it as it is at one moment
    count = storage::write_portable(**db, session_texts(), [&out](std::string_view text) { out.write(text); });
  } catch (const storage::failure& why) {
    return refuse("cannot read " + storage::file_in(o.data) + " (--data): " + why.what());
  }
  if (!out.finish()) return refuse("cannot write " + o.to_do->file + " (--export): " + out.why());
  say(counted(count, "user", "users") + " exported");
  return 0;
}

}  // namespace

int do_chore(const config::options& o) {
  switch (o.to_do->what) {
    case config::chore::kind::backup: return back_up(o);
    case config::chore::kind::export_accounts: return export_users(o);
    case config::chore::kind::import_accounts: break;
  }
  return import_users(o);
}

}  // namespace couplet::server
