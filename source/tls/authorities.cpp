#include "tls/authorities.hpp"

#include <new>

#include "base/log.hpp"
#include "files.hpp"
#include "library.hpp"
#include "pem.hpp"
#include "tls/certificate.hpp"
#include "trust.hpp"
#include "x509.hpp"

namespace couplet::tls {

namespace {

/// What is wrong with one of them; empty: nothing.
std::string check(const pem_block& block, WOLFSSL_CTX* trial, std::int64_t now) {
  std::string whose = " has a certificate ";
  if (const auto parsed = read_x509(decode_pem(block))) {
    if (!parsed->common_name.empty()) {
      whose += '(';
      base::log::append_escaped(whose, parsed->common_name);
      whose += ") ";
    }
    if (now > parsed->not_after) return whose + "that expired on " + date_text(parsed->not_after);
    if (now < parsed->not_before) return whose + "that is not valid before " + date_text(parsed->not_before);
  }
  return trust(trial, std::string(block.whole) + '\n') ? "" : whose + "that is no authority's, or not valid";
}

/// What is wrong with the file as a whole; empty: nothing.
std::string take_blocks(const std::string& text, std::int64_t now, authorities& out) {
  const context_ptr trial(wolfSSL_CTX_new(wolfSSLv23_server_method()));
  if (!trial) throw std::bad_alloc();
  for (const auto& block : read_pem(text)) {
    if (block.label != "CERTIFICATE") continue;
    auto wrong = check(block, trial.get(), now);
    if (wrong.empty()) {
      out.pem.append(block.whole).append(1, '\n');
    } else {
      out.left_out.push_back(out.file + wrong);
    }
  }
  if (!out.pem.empty()) return {};
  return out.left_out.empty() ? out.file + " has no certificate in it" : out.left_out.front();
}

}  // namespace

bool trust(WOLFSSL_CTX* context, const std::string& pem) {
  return wolfSSL_CTX_load_verify_buffer(context, bytes_of(pem), static_cast<long>(pem.size()), WOLFSSL_FILETYPE_PEM) ==
         WOLFSSL_SUCCESS;
}

base::result<authorities> load_authorities(const std::string& file, std::int64_t now_unix) {
  start_library();
  auto text = read_file(file);
  if (!text) return base::error(text.error_text());
  authorities found;
  found.file = file;
  const auto wrong = take_blocks(*text, now_unix, found);
  wipe(*text);  // there may be a key in it, too
  if (!wrong.empty()) return base::error(wrong);
  return found;
}

}  // namespace couplet::tls
