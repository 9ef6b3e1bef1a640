#include "encryption.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "base/log.hpp"
#include "base/secret.hpp"

namespace couplet::server {

namespace {

std::int64_t unix_now() noexcept {
  return std::time(nullptr);
}

base::error cannot_write(const std::string& path) {
  return base::error("cannot write " + path + " (--data): " + std::strerror(errno));
}

/// In one step, and for the owner's eyes only.
base::result<bool> write_privately(const std::string& path, const std::string& text) {
  const auto beside = path + ".tmp";
  const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return cannot_write(path);
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
  ::close(fd);
  if (written && std::rename(beside.c_str(), path.c_str()) == 0) return true;
  auto why = cannot_write(path);
  ::unlink(beside.c_str());
  return why;
}

base::result<bool> make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return true;
  return cannot_write(path);
}

bool covers_all(const tls::certificate& c, const std::vector<std::string>& domains) {
  return std::all_of(domains.begin(), domains.end(), [&](const std::string& d) { return c.covers(d); });
}

void say_whose(const tls::certificate& c, const char* what) {
  std::string names;
  for (const auto& n : c.names()) names.append(names.empty() ? "" : " ").append(n);
  base::log::info(what, {{"names", names}, {"sha256", c.fingerprint_sha256()}, {"until", tls::date_text(c.not_after())}});
}

/// Each once, also where clients and components have the same file.
void say_who_is_left_out(const tls::authorities& some, const tls::authorities& others) {
  for (const auto& why : some.left_out) base::log::warning("an authority is left out", {{"what", why}});
  if (others == some) return;
  for (const auto& why : others.left_out) base::log::warning("an authority is left out", {{"what", why}});
}

}  // namespace

encryption::encryption() : tickets_(std::make_shared<tls::ticket_keys>(unix_now())) {}

void encryption::rotate_ticket_keys() {
  tickets_->rotate(unix_now());
}

base::result<encryption::both> encryption::make(const config::options& o) {
  tls::context_options c;
  c.certificates = o.certificates;
  if (c.certificates.empty()) {
    auto own = self_signed(o);
    if (!own) return base::error(own.error_text());
    say_whose(*own, "a self-signed certificate is used: clients have to be told to trust it");
    c.certificates.push_back(std::move(*own));
  } else {
    for (const auto& each : c.certificates) say_whose(each, "certificate");
  }
  c.tickets = tickets_;
  auto for_components = c;
  say_who_is_left_out(o.client_ca, o.components.ca);
  c.client_ca = o.client_ca;
  for_components.client_ca = o.components.ca;
  const bool same = c.client_ca == for_components.client_ca;
  auto clients = tls::contexts::make(std::move(c));
  if (!clients) return base::error(clients.error_text());
  if (same) return both{*clients, *clients};
  auto components = tls::contexts::make(std::move(for_components));
  if (!components) return base::error(components.error_text());
  return both{std::move(*clients), std::move(*components)};
}

base::result<tls::certificate> encryption::self_signed(const config::options& o) {
  if (!own_.empty() && covers_all(own_.front(), o.domains)) return own_.front();
  const tls::certificate_files files{o.data + "/self-signed.pem", o.data + "/self-signed.key"};
  if (!o.data.empty()) {
    const auto folder = make_folder(o.data);
    if (!folder) return base::error(folder.error_text());
    auto kept = tls::load_certificate(files, unix_now());
    if (kept && covers_all(*kept, o.domains)) return kept;
  }
  auto pair = tls::make_self_signed(o.domains, unix_now());
  if (!pair) return base::error("cannot make a self-signed certificate (--domain): " + pair.error_text());
  if (!o.data.empty()) {
    auto written = write_privately(files.key, pair->key);
    if (written) written = write_privately(files.chain, pair->chain);
    if (!written) return base::error(written.error_text());
  }
  auto made = tls::load_certificate(*pair, "self-signed certificate", unix_now());
  base::wipe(pair->key);
  if (made) own_.assign(1, *made);
  return made;
}

}  // namespace couplet::server
