// Logins: what a client may say with each mechanism. The first byte of the input chooses the mechanism, the second what was offered and how
// the client's proof is made; then come its messages, separated by line feeds.
//
// Nobody gets in without the password. The fuzzer does not know it, but may have a proof made from it, for whatever its last message says: then
// it gets in exactly where channel binding and nonce are those of this exchange, and only as the account that it named.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/base64.hpp"
#include "base/digest.hpp"
#include "sasl/anonymous.hpp"
#include "sasl/encoding.hpp"
#include "sasl/external.hpp"
#include "sasl/mechanisms.hpp"
#include "sasl/plain.hpp"
#include "sasl/scram.hpp"

using namespace couplet;
using namespace couplet::sasl;

namespace {

constexpr std::string_view domain = "example.net";
constexpr std::string_view server_nonce = "SERVER";

enum choice : unsigned { offer_plus = 1, on_tls = 2, protect = 4, with_the_password = 8 };

void require(bool condition) {
  if (!condition) std::abort();
}

/// Everything that belongs to an account: what the server keeps, and what its owner has.
struct account {
  explicit account(scram_hash hash)
      : salted(base::pbkdf2(hash, "secret", "0123456789abcdef", 1)), keys(derive_keys(hash, "secret", "0123456789abcdef", 1)) {}
  std::string salted;
  scram_keys keys;
};

const account& account_of(scram_hash hash) {
  static const std::array accounts{account(scram_hash::sha1), account(scram_hash::sha256), account(scram_hash::sha512)};
  return accounts.at(static_cast<std::size_t>(hash));
}

void check_who(const base::jid& who) {
  require(who.is_bare() && who.has_node() && who.domain() == domain);
  const auto again = base::jid::parse(who.full());
  require(again && *again == who);
}

std::string right_proof(scram_hash hash, std::string_view auth_message) {
  auto proof = base::hmac(hash, account_of(hash).salted, "Client Key");
  const auto signature = base::hmac(hash, base::digest_of(hash, proof), auth_message);
  for (std::size_t i = 0; i < proof.size(); ++i) proof[i] = static_cast<char>(proof[i] ^ signature[i]);
  return base::base64_encode(proof);
}

/// Where the GS2 header ends.
std::size_t header_end(std::string_view client_first) {
  return client_first.find(',', client_first.find(',') + 1) + 1;
}

void check_last(scram_server& server, const std::string& first, const std::string& challenge, std::string last, unsigned choices,
                const channel_bindings& bindings) {
  if ((choices & with_the_password) != 0) {
    const auto bare = first.substr(header_end(first));
    last += ",p=" + right_proof(server.hash(), bare + ',' + challenge + ',' + last);
  }
  const auto v = server.on_client_final(last);
  require(server.server_final().empty() == (v != verdict::ok));
  require(server.on_client_final(last) == verdict::malformed);
  if (v != verdict::ok) return;
  require((choices & with_the_password) != 0);
  const auto binding = first.substr(0, header_end(first)) + std::string(bindings.find(server.binding_type()));
  const auto expected = "c=" + base::base64_encode(binding) + ',' + challenge.substr(0, challenge.find(','));
  require(last.starts_with(expected) && last[expected.size()] == ',');
}

void run_scram(mechanism m, unsigned choices, const std::string& first, const std::string& last) {
  std::vector<mechanism> offered;
  for (const auto each : all_mechanisms()) {
    if ((choices & offer_plus) != 0 || !is_plus(each)) offered.push_back(each);
  }
  const auto bindings = (choices & on_tls) != 0 ? channel_bindings("exporter", "", "end point") : channel_bindings();
  const auto types = bindings.types();
  scram_server server(m, scram_offer(offered, types, (choices & protect) != 0), std::string(server_nonce));
  const auto v = server.on_client_first(first, bindings, domain);
  require(condition_of(v).empty() == (v == verdict::ok));
  if (v != verdict::ok) return require(server.on_client_final(last) == verdict::malformed);
  check_who(server.who());
  require(is_plus(m) == !server.binding_type().empty());
  require(is_plus(m) == first.starts_with("p="));
  require(!first.starts_with("y") || (choices & offer_plus) == 0);
  const auto challenge = server.server_first(account_of(server.hash()).keys);
  require(challenge.starts_with("r=") && challenge.find(std::string(server_nonce) + ",s=") != std::string::npos);
  check_last(server, first, challenge, last, choices, bindings);
}

void run_plain(const std::string& message) {
  plain_credentials given;
  if (parse_plain(message, given) != verdict::ok) return;
  std::string again(given.authzid);
  (again += '\0') += given.authcid;
  (again += '\0') += given.password;
  require(again == message);
  base::jid who;
  if (identify(given, domain, who) == verdict::ok) check_who(who);
  const auto prepared = prepare_password(given.password);
  require(!prepared.empty());
}

void run_external(const std::string& authzid, const std::string& address) {
  const std::vector<std::string> certificate{"juliet@example.net", address};
  base::jid who;
  if (identify_external(certificate, authzid, domain, who) != verdict::ok) return require(who.empty());
  check_who(who);
  const auto second = base::jid::parse(address);
  require(who.full() == "juliet@example.net" || (second && *second == who));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto m = all_mechanisms()[data[0] % all_mechanisms().size()];
  const unsigned choices = data[1];
  // Copies of just these bytes: reading past them is then seen by the address sanitizer.
  const std::string all(reinterpret_cast<const char*>(data) + 2, size - 2);
  const auto cut = all.find('\n');
  const std::string first = all.substr(0, cut);
  const std::string last = cut == std::string::npos ? std::string() : all.substr(cut + 1);
  for (const auto p : {profile::classic, profile::sasl2}) {
    const auto decoded = decode_message(p, first);
    require(!decoded || first == "=" || base::base64_encode(*decoded) == first);
  }
  if (is_scram(m)) run_scram(m, choices, first, last);
  if (m == mechanism::plain) run_plain(all);
  if (m == mechanism::external) run_external(first, last);
  if (m == mechanism::anonymous)
    require((check_trace(all) == verdict::ok) == (check_trace(all + 'x') == verdict::ok) || all.size() >= 255);
  return 0;
}
