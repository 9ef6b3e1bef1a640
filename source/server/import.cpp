#include "import.hpp"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>
#include <vector>

#include "base/secret.hpp"
#include "chore_lines.hpp"
#include "no_limit.hpp"
#include "portable_texts.hpp"
#include "sasl/plain.hpp"
#include "storage/portable.hpp"
#include "storage/store.hpp"

namespace couplet::server {

namespace {

constexpr std::uintmax_t max_import_bytes = 1U << 30U;

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

base::result<storage::portable_data> read_data(const std::string& file) {
  const auto document = read_document(file);
  if (!document) return base::error(document.error_text());
  auto data = storage::read_portable(*document, session_texts());
  if (!data) return base::error(file + " (--import): " + data.error_text());
  return data;
}

void derive_missing(storage::portable_user& a, const std::string& secret, bool keep) {
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
    for (auto i = next.fetch_add(1); i < data.users.size(); i = next.fetch_add(1)) {
      if (data.users[i].what.password) derive_missing(data.users[i], secret, keep);
    }
  };
  std::vector<std::thread> others;
  for (unsigned i = 1; i < std::thread::hardware_concurrency(); ++i) others.emplace_back(work);
  work();
  for (auto& t : others) t.join();
}

storage::portable_limits limits_of(const config::options& o) {
  storage::portable_limits most;
  most.offline = {o.messages.max_offline_messages, no_limit_where_0(o.messages.max_offline_bytes)};
  most.archive = {no_limit_where_0(o.messages.max_archive_messages), no_limit_where_0(o.messages.max_archive_bytes)};
  most.text_bytes = o.limits.max_stanza_bytes;
  return most;
}

struct tally {
  std::size_t made = 0, known = 0, without_keys = 0, unarchived = 0;
};

/// Who must not keep what people say does not get it from elsewhere either.
void leave_out_archives(storage::portable_data& data, tally& count) {
  for (auto& u : data.users) {
    count.unarchived += u.archive.empty() ? 0 : 1;
    u.archive.clear();
  }
}

void say_what_was_imported(const config::options& o, const storage::portable_data& data, const tally& count) {
  std::set<std::string> elsewhere;
  for (const auto& u : data.users) {
    const auto domain = u.jid.substr(u.jid.find('@') + 1);
    if (std::find(o.domains.begin(), o.domains.end(), domain) == o.domains.end()) elsewhere.insert(domain);
  }
  for (const auto& domain : elsewhere) say("note: " + domain + " is not among the domains served (--domain)");
  for (const auto& [what, times] : data.unknown)
    say("note: left out, since it is not stored here: " + what + ", " + counted(times, "time", "times"));
  if (count.unarchived != 0)
    say("note: left out, since nothing is archived (--no-archive): " + counted(count.unarchived, "archive", "archives"));
  if (count.known != 0)
    say("note: " + counted(count.known, "account was", "accounts were") + " there already, and stay as they are");
  if (count.without_keys != 0)
    say("note: " + counted(count.without_keys, "user has", "users have") +
        " neither keys nor a password: what is theirs is stored, and waits for an account of that name");
  say(counted(count.made, "account", "accounts") + " imported");
}

/// One change: all of them, or none. `why`: who has too much.
storage::outcome put_all(storage::store& store, const storage::portable_data& data, const storage::portable_limits& most,
                         tally& count, std::string& why) {
  return store.write_now([&](storage::database& db) {
    count.made = count.known = count.without_keys = 0;
    for (const auto& u : data.users) {
      const auto put = storage::put_portable(db, u, most, why);
      if (put == storage::outcome::over_limit) return put;
      ++(put == storage::outcome::exists ? count.known : u.has_credentials() ? count.made : count.without_keys);
    }
    return storage::outcome::done;
  });
}

}  // namespace

int import_users(const config::options& o) {
  auto data = read_data(o.to_do->file);
  if (!data) return refuse(data.error_text());
  storage::store::options where;
  where.folder = o.data;
  auto opened = storage::store::open(std::move(where));
  if (!opened) return refuse(opened.error_text());
  auto& store = **opened;
  std::string secret, why;
  tally count;
  if (!o.messages.archive) leave_out_archives(*data, count);
  auto done = store.write_now([&](storage::database& db) {
    secret = storage::salt_secret(db);
    return storage::outcome::done;
  });
  if (done == storage::outcome::done) {
    derive_all(*data, secret, o.store_passwords);
    done = put_all(store, *data, limits_of(o), count, why);
  }
  if (done == storage::outcome::done) {
    say_what_was_imported(o, *data, count);
    return 0;
  }
  if (done == storage::outcome::over_limit) return refuse(o.to_do->file + " (--import): " + why);
  return refuse("cannot write " + store.file() + " (--data)" +
                (done == storage::outcome::full ? ": there is no place on the disk" : ""));
}

}  // namespace couplet::server
