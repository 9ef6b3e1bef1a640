// libgsasl as the client: every mechanism that it knows, with the right password and with a wrong one, -PLUS with the channel binding types
// that it knows. It has no SCRAM-SHA-512 and no tls-server-end-point, and never sends the flag y: where it could bind and must not, it gives up.

#include <doctest/doctest.h>
#include <gsasl.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sasl/anonymous.hpp"
#include "sasl/external.hpp"
#include "sasl/plain.hpp"
#include "scram_peer.hpp"

using namespace couplet;
using namespace couplet::sasl;
using namespace couplet::sasl::test;

namespace {

/// What the client is told to be.
struct person {
  std::string name = "juliet";
  std::string password = "r0m30myr0m30";
  std::string authzid;
  std::string tls_exporter;  // raw bytes
  std::string tls_unique;
};

int answer_client(Gsasl* context, Gsasl_session* session, Gsasl_property wanted) {
  const auto& who = *static_cast<const person*>(gsasl_callback_hook_get(context));
  const auto give = [&](const std::string& value) {
    return value.empty() ? GSASL_NO_CALLBACK : gsasl_property_set(session, wanted, value.c_str());
  };
  switch (wanted) {
    case GSASL_AUTHID:
    case GSASL_ANONYMOUS_TOKEN: return give(who.name);
    case GSASL_AUTHZID: return give(who.authzid);
    case GSASL_PASSWORD: return give(who.password);
    case GSASL_CB_TLS_EXPORTER: return give(base::base64_encode(who.tls_exporter));
    case GSASL_CB_TLS_UNIQUE: return give(base::base64_encode(who.tls_unique));
    default: return GSASL_NO_CALLBACK;
  }
}

/// One login of a libgsasl client.
class client {
 public:
  client(mechanism m, person who) : who_(std::move(who)) {
    REQUIRE(gsasl_init(&context_) == GSASL_OK);
    gsasl_callback_hook_set(context_, &who_);
    gsasl_callback_set(context_, answer_client);
    REQUIRE(gsasl_client_start(context_, std::string(name_of(m)).c_str(), &session_) == GSASL_OK);
  }
  ~client() {
    gsasl_finish(session_);
    gsasl_done(context_);
  }
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  std::string step(std::string_view input) {
    char* output = nullptr;
    std::size_t size = 0;
    result_ = gsasl_step(session_, input.data(), input.size(), &output, &size);
    const std::unique_ptr<char, void (*)(void*)> owner(output, gsasl_free);
    return output == nullptr ? std::string() : std::string(output, size);
  }
  bool goes_on() const { return result_ == GSASL_NEEDS_MORE; }
  bool done() const { return result_ == GSASL_OK; }

 private:
  person who_;
  Gsasl* context_ = nullptr;
  Gsasl_session* session_ = nullptr;
  int result_ = GSASL_NEEDS_MORE;
};

person with_bindings(bool exporter, bool unique) {
  person who;
  const auto all = all_bindings();
  if (exporter) who.tls_exporter = all.tls_exporter;
  if (unique) who.tls_unique = all.tls_unique;
  return who;
}

/// What the server kept when the password was set.
const scram_keys& stored(scram_hash hash) {
  static const scram_keys one = new_keys(scram_hash::sha1, "r0m30myr0m30", 4'096);
  static const scram_keys two = new_keys(scram_hash::sha256, "r0m30myr0m30", 4'096);
  return base::hash_bytes(hash) == 20 ? one : two;
}

struct outcome {
  verdict said;
  std::string type;       ///< of the channel binding
  bool client_satisfied;  ///< by our proof that we know the keys
};

outcome log_in(mechanism m, const person& who, const std::vector<mechanism>& offered, bool protect = false) {
  const auto bindings = all_bindings();
  const auto types = bindings.types();
  client peer(m, who);
  scram_server server(m, scram_offer(offered, types, protect));
  if (const auto v = server.on_client_first(peer.step({}), bindings, domain); v != verdict::ok) return {v, "", false};
  REQUIRE(server.who().full() == "juliet@example.net");
  const auto last = peer.step(server.server_first(stored(server.hash())));
  REQUIRE(peer.goes_on());
  const auto v = server.on_client_final(last);
  if (v == verdict::ok) peer.step(server.server_final());
  return {v, std::string(server.binding_type()), peer.done()};
}

constexpr mechanism known_to_both[] = {mechanism::scram_sha1, mechanism::scram_sha256};
constexpr mechanism plus_known_to_both[] = {mechanism::scram_sha1_plus, mechanism::scram_sha256_plus};

}  // namespace

TEST_CASE("libgsasl logs in with SCRAM, and believes us") {
  for (const auto m : known_to_both) {
    CAPTURE(name_of(m));
    for (const bool protect : {false, true}) {
      const auto all = log_in(m, person(), scram_mechanisms(), protect);
      CHECK(all.said == verdict::ok);
      CHECK(all.client_satisfied);
      const auto no_plus = log_in(m, person(), without_plus(), protect);
      CHECK(no_plus.said == verdict::ok);
      CHECK(no_plus.client_satisfied);
    }
    person prepared;
    prepared.authzid = "juliet@example.net";
    prepared.password =
        "r0m\xc2\xad"
        "30myr0m30";  // SASLprep takes the soft hyphen out
    CHECK(log_in(m, prepared, scram_mechanisms()).said == verdict::ok);
  }
}

TEST_CASE("libgsasl logs in with SCRAM-PLUS: tls-exporter and tls-unique") {
  for (const auto m : plus_known_to_both) {
    CAPTURE(name_of(m));
    const auto exporter = log_in(m, with_bindings(true, false), scram_mechanisms());
    CHECK(exporter.said == verdict::ok);
    CHECK(exporter.type == "tls-exporter");
    CHECK(exporter.client_satisfied);
    const auto unique = log_in(m, with_bindings(false, true), scram_mechanisms());
    CHECK(unique.said == verdict::ok);
    CHECK(unique.type == "tls-unique");
    CHECK(unique.client_satisfied);
  }
}

TEST_CASE("libgsasl on another channel is refused, though it knows the password") {
  for (const auto m : plus_known_to_both) {
    auto elsewhere = with_bindings(true, false);
    elsewhere.tls_exporter[0] ^= 1;
    CHECK(log_in(m, elsewhere, scram_mechanisms()).said == verdict::wrong_binding);
    elsewhere = with_bindings(false, true);
    elsewhere.tls_unique += 'x';
    CHECK(log_in(m, elsewhere, scram_mechanisms()).said == verdict::wrong_binding);
  }
}

TEST_CASE("libgsasl with a wrong password is refused") {
  for (const auto m : scram_mechanisms()) {
    if (base::hash_bytes(hash_of(m)) == 64) continue;
    auto who = with_bindings(is_plus(m), false);
    who.password = "wrong";
    const auto o = log_in(m, who, scram_mechanisms());
    CHECK(o.said == verdict::wrong_proof);
    CHECK_FALSE(o.client_satisfied);
  }
}

TEST_CASE("libgsasl is not fooled by a server that does not know the keys") {
  for (const auto m : known_to_both) {
    client peer(m, person());
    const auto offered = without_plus();
    scram_server server(m, scram_offer(offered, {}, false));
    REQUIRE(server.on_client_first(peer.step({}), channel_bindings(), domain) == verdict::ok);
    auto keys = stored(server.hash());
    keys.server_key[0] ^= 1;
    REQUIRE(server.on_client_final(peer.step(server.server_first(keys))) == verdict::ok);
    peer.step(server.server_final());
    CHECK_FALSE(peer.done());
  }
}

TEST_CASE("libgsasl derives the same keys") {
  for (const auto& [hash, theirs] :
       {std::pair(scram_hash::sha1, GSASL_HASH_SHA1), std::pair(scram_hash::sha256, GSASL_HASH_SHA256)}) {
    char salted[GSASL_HASH_MAX_SIZE], client_key[GSASL_HASH_MAX_SIZE], server_key[GSASL_HASH_MAX_SIZE],
        stored_key[GSASL_HASH_MAX_SIZE];
    const std::string salt = base::digest_of(hash, "salt").substr(0, salt_bytes);
    REQUIRE(gsasl_scram_secrets_from_password(theirs, "r0m30myr0m30", default_iterations, salt.data(), salt.size(), salted,
                                              client_key, server_key, stored_key) == GSASL_OK);
    const auto keys = derive_keys(hash, "r0m30myr0m30", salt, default_iterations);
    CHECK(keys.stored_key == std::string_view(stored_key, base::hash_bytes(hash)));
    CHECK(keys.server_key == std::string_view(server_key, base::hash_bytes(hash)));
  }
}

TEST_CASE("libgsasl: PLAIN, EXTERNAL, ANONYMOUS") {
  person juliet;
  const auto message = client(mechanism::plain, juliet).step({});
  plain_credentials given;
  REQUIRE(parse_plain(message, given) == verdict::ok);
  base::jid who;
  CHECK(identify(given, domain, who) == verdict::ok);
  CHECK(who.full() == "juliet@example.net");
  CHECK(password_fits(scram_hash::sha256, stored(scram_hash::sha256), prepare_password(given.password)));

  const std::vector<std::string> addresses{"juliet@example.net", "romeo@example.net"};
  CHECK(identify_external(addresses, client(mechanism::external, juliet).step({}), domain, who) == verdict::ambiguous_identity);
  juliet.authzid = "romeo@example.net";
  CHECK(identify_external(addresses, client(mechanism::external, juliet).step({}), domain, who) == verdict::ok);
  CHECK(who.full() == "romeo@example.net");

  const auto trace = client(mechanism::anonymous, juliet).step({});
  CHECK(trace == "juliet");
  CHECK(check_trace(trace) == verdict::ok);
}
