#include "hello.hpp"

#include "../../../source/tls/pem.hpp"
#include "peer.hpp"
// After the library's options.
#include <wolfssl/wolfcrypt/random.h>
#include <wolfssl/wolfcrypt/rsa.h>

#include <array>
#include <stdexcept>

namespace couplet::tls::test {

std::string number(std::size_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(value >> (8U * static_cast<unsigned>(i)) & 0xffU);
  return text;
}

std::string extension(int type, std::string_view content) {
  return number(static_cast<std::size_t>(type), 2) + number(content.size(), 2) + std::string(content);
}

std::string server_name_extension(std::string_view name) {
  const auto entry = std::string(1, '\0') + number(name.size(), 2) + std::string(name);
  return extension(0, number(entry.size(), 2) + entry);
}

std::string groups_extension(const std::vector<int>& groups) {
  std::string list;
  for (const int group : groups) list += number(static_cast<std::size_t>(group), 2);
  return extension(10, number(list.size(), 2) + list);
}

std::string usual_extensions() {
  return groups_extension({23, 29}) + extension(13, std::string_view("\x00\x04\x04\x03\x04\x01", 6)) +
         extension(11, std::string_view("\x01\x00", 2));
}

std::string hello_message(const hello_fields& fields) {
  std::string suites;
  for (const int suite : fields.suites) suites += number(static_cast<std::size_t>(suite), 2);
  std::string body = number(static_cast<std::size_t>(fields.version), 2) + std::string(32, 'r') + std::string(1, '\0');
  body += number(suites.size(), 2) + suites + std::string("\x01\x00", 2);
  if (!fields.extensions.empty()) body += number(fields.extensions.size(), 2) + fields.extensions;
  return "\x01" + number(body.size(), 3) + body;
}

std::string record(int type, std::string_view content) {
  return std::string(1, static_cast<char>(type)) + "\x03\x01" + number(content.size(), 2) + std::string(content);
}

std::string hello(const hello_fields& fields) {
  return record(22, hello_message(fields));
}

namespace {

struct rsa_key {
  explicit rsa_key(int bits) {
    WC_RNG random;
    if (wc_InitRng(&random) != 0 || wc_InitRsaKey(&key, nullptr) != 0 ||
        wc_MakeRsaKey(&key, bits, WC_RSA_EXPONENT, &random) != 0) {
      throw std::runtime_error("RSA key");
    }
    wc_FreeRng(&random);
  }
  ~rsa_key() { wc_FreeRsaKey(&key); }
  rsa_key(const rsa_key&) = delete;
  rsa_key& operator=(const rsa_key&) = delete;
  RsaKey key{};
};

std::string text_of(const std::array<unsigned char, 4096>& bytes, int size) {
  if (size <= 0) throw std::runtime_error("RSA key in DER");
  return {reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(size)};
}

}  // namespace

pem_texts rsa_certificate(const std::string& domain, int bits) {
  rsa_key key(bits);
  std::array<unsigned char, 4096> der{};
  const auto public_der = text_of(der, wc_RsaKeyToPublicDer(&key.key, der.data(), der.size()));
  const auto private_der = text_of(der, wc_RsaKeyToDer(&key.key, der.data(), der.size()));
  certificate_request what;
  what.subject = domain;
  what.issuer = "Test CA";
  what.not_before = now() - 1000;
  what.not_after = now() + 1'000'000;
  what.alternative_names = general_name(domain);
  const authority above;
  pem_texts texts;
  texts.chain = write_pem("CERTIFICATE", issue_certificate(what, public_der, above.key())) + above.pem();
  texts.key = write_pem("RSA PRIVATE KEY", private_der);
  return texts;
}

std::shared_ptr<const contexts> rsa_contexts(const std::string& domain) {
  const temporary_folder folder;
  const auto texts = rsa_certificate(domain, 2048);
  auto loaded = load_certificate({folder.write("c.pem", texts.chain), folder.write("c.key", texts.key)}, now());
  if (!loaded) throw std::runtime_error(loaded.error_text());
  auto made = contexts::make({.certificates = {*loaded}, .client_ca = {}, .tickets = {}});
  if (!made) throw std::runtime_error(made.error_text());
  return *made;
}

}  // namespace couplet::tls::test
