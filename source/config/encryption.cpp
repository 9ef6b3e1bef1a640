#include "encryption.hpp"

#include <sys/stat.h>

#include <ctime>

#include "lookup.hpp"
#include "values.hpp"

namespace couplet::config {

namespace {

bool is_folder(const std::string& path) noexcept {
  struct stat about {};
  return ::stat(path.c_str(), &about) == 0 && S_ISDIR(about.st_mode);
}

/// Whether the one file that an error is about is the key's. Where the two are not a pair it is about both.
bool is_about_key(const std::string& error, const tls::certificate_files& files) {
  return files.key != files.chain && error.starts_with(files.key + ' ') && !error.ends_with(' ' + files.chain);
}

/// A certificate's file and, in the same order, its key's; a folder has both in it.
void read_certificates(const settings& all, options& o) {
  const std::int64_t now = std::time(nullptr);
  const auto& keys = list_of(all, "tls-key");
  std::size_t next_key = 0;
  for (const auto& g : list_of(all, "tls-cert")) {
    std::vector<tls::certificate_files> pairs;
    const given* key = nullptr;
    if (is_folder(g.text)) {
      auto found = tls::scan_folder(g.text);
      if (!found) throw usage_error(g.origin, found.error_text());
      pairs = std::move(*found);
    } else {
      // One key for all, or one for each; without any, each file has its own in it.
      if (!keys.empty() && next_key == keys.size())
        throw usage_error(g.origin, "has no --tls-key; give one for each --tls-cert, or none");
      if (!keys.empty()) key = &keys[next_key++];
      pairs.push_back({g.text, key == nullptr ? g.text : key->text});
    }
    for (const auto& files : pairs) {
      auto loaded = tls::load_certificate(files, now);
      if (!loaded) {
        const bool of_key = key != nullptr && is_about_key(loaded.error_text(), files);
        throw usage_error(of_key ? key->origin : g.origin, loaded.error_text());
      }
      o.certificates.push_back(std::move(*loaded));
    }
  }
  if (next_key < keys.size()) throw usage_error(keys[next_key].origin, "belongs to no --tls-cert FILE");
}

}  // namespace

tls::authorities read_authorities(const given& g) {
  if (g.text.empty()) throw usage_error(g.origin, "expected the name of a file");
  auto loaded = tls::load_authorities(g.text, std::time(nullptr));
  if (!loaded) throw usage_error(g.origin, loaded.error_text());
  return std::move(*loaded);
}

void read_encryption(const settings& all, options& o) {
  o.allow_plaintext = is_on(all, "allow-plaintext");
  o.require_tls = is_on(all, "require-tls");
  if (o.allow_plaintext && o.require_tls) throw usage_error(one_of(all, "require-tls")->origin, "contradicts allow-plaintext");
  read_certificates(all, o);
  if (const given* const g = one_of(all, "tls-client-ca")) {
    o.client_ca = read_authorities(*g);
  }
  if (const given* const g = one_of(all, "data")) {
    if (g->text.empty()) throw usage_error(g->origin, "expected the name of a folder");
    o.data = g->text;
  }
  o.store_passwords = is_on(all, "store-passwords");
  const bool default_port = !o.certificates.empty() && !all.contains("listen-tls") && !is_on(all, "no-clients");
  if (default_port && !all.contains("listen")) o.tls_listeners.emplace_back("::", std::uint16_t{5223});
}

}  // namespace couplet::config
