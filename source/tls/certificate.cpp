#include "tls/certificate.hpp"

#include <algorithm>

#include "content.hpp"
#include "domain_names.hpp"
#include "files.hpp"
#include "pem.hpp"
#include "x509.hpp"

namespace couplet::tls {

certificate::certificate(std::shared_ptr<const content> c) noexcept : content_(std::move(c)) {}

const std::vector<std::string>& certificate::names() const noexcept {
  return content_->names;
}

bool certificate::covers(std::string_view domain) const {
  const auto has = [this](const std::string& name) {
    return !name.empty() && std::find(content_->names.begin(), content_->names.end(), name) != content_->names.end();
  };
  const auto ascii = ascii_domain(domain);
  return has(ascii) || has(wildcard_for(ascii));
}

std::int64_t certificate::not_after() const noexcept {
  return content_->not_after;
}

std::string certificate::fingerprint_sha256() const {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text;
  for (const char c : sha256(content_->der)) {
    const auto byte = static_cast<unsigned char>(c);
    if (!text.empty()) text += ':';
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

std::string_view certificate::server_end_point() const noexcept {
  return content_->server_end_point;
}

const std::string& certificate::file() const noexcept {
  return content_->file;
}

namespace {

std::vector<std::string> names_of(const x509& parsed) {
  std::vector<std::string> names;
  for (const auto& name : parsed.names.dns_names) names.push_back(ascii_domain(name));
  for (const auto& address : parsed.names.addresses) names.push_back(address);
  if (!parsed.has_alternative_names) names.push_back(ascii_domain(parsed.common_name));
  names.erase(std::remove(names.begin(), names.end(), std::string()), names.end());
  return names;
}

bool is_key(const pem_block& block) {
  return block.label.ends_with("PRIVATE KEY");
}

bool is_encrypted(const pem_block& block) {
  return block.label.starts_with("ENCRYPTED") || block.body.find("Proc-Type: 4,ENCRYPTED") != std::string_view::npos;
}

/// The certificates of a chain file. Empty: `why` says what is wrong.
std::string take_chain(const std::string& text, certificate::content& out) {
  const auto blocks = read_pem(text);
  if (blocks.empty()) return " is not in PEM";
  for (const auto& block : blocks) {
    if (block.label != "CERTIFICATE") continue;
    auto der = decode_pem(block);
    if (der.empty()) return " has a certificate that is not valid base64";
    if (out.der.empty()) out.der = std::move(der);
    out.chain_pem.append(block.whole).append(1, '\n');
  }
  return out.der.empty() ? " has no certificate in it" : "";
}

std::string take_key(const std::string& text, certificate::content& out) {
  const auto blocks = read_pem(text);
  if (blocks.empty()) return " is not in PEM";
  const auto key = std::find_if(blocks.begin(), blocks.end(), is_key);
  if (key == blocks.end()) return " has no private key in it";
  if (is_encrypted(*key)) return " has a private key that is encrypted: it must be stored without a password";
  out.key_pem.assign(key->whole).append(1, '\n');
  return "";
}

/// What is wrong with the certificate itself; empty: nothing.
std::string take_certificate(std::int64_t now, certificate::content& out) {
  const auto parsed = read_x509(out.der);
  if (!parsed) return " has a certificate that is not valid";
  out.key_bits = parsed->key_bits;
  out.names = names_of(*parsed);
  out.not_after = parsed->not_after;
  out.server_end_point = end_point_hash(out.der, parsed->hash);
  if (out.names.empty()) return " has a certificate without any domain in it";
  const auto whose = " has a certificate (" + out.names.front() + ") that ";
  if (now > parsed->not_after) return whose + "expired on " + date_text(parsed->not_after);
  if (now < parsed->not_before) return whose + "is not valid before " + date_text(parsed->not_before);
  return "";
}

base::result<certificate> take_pair(const std::string& chain, const std::string& key, const certificate_files& shown,
                                    std::int64_t now) {
  const auto out = std::make_shared<certificate::content>();
  out->file = shown.chain;
  out->key_file = shown.key;
  auto wrong = take_chain(chain, *out);
  if (wrong.empty()) wrong = take_certificate(now, *out);
  if (!wrong.empty()) return base::error(shown.chain + wrong);
  wrong = take_key(key, *out);
  if (!wrong.empty()) return base::error(shown.key + wrong);
  if (!make_context(*out, wrong)) return base::error(wrong);
  return certificate(std::shared_ptr<const certificate::content>(out));
}

}  // namespace

base::result<certificate> load_certificate(const certificate_files& files, std::int64_t now_unix) {
  start_library();
  auto chain = read_file(files.chain);
  if (!chain) return base::error(chain.error_text());
  auto key = read_file(files.key);
  // What is wrong with the certificate is said first, also where there is no key.
  auto loaded = take_pair(*chain, key ? *key : std::string(), files, now_unix);
  wipe(*chain);  // there may be a key in it, too
  if (!key && (loaded || loaded.error_text().starts_with(files.key + ' '))) return base::error(key.error_text());
  if (key) wipe(*key);
  return loaded;
}

base::result<certificate> load_certificate(const pem_pair& pair, const std::string& shown_as, std::int64_t now_unix) {
  start_library();
  return take_pair(pair.chain, pair.key, {shown_as, shown_as}, now_unix);
}

}  // namespace couplet::tls
