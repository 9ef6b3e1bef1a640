#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "scram_peer.hpp"

using namespace couplet;
using namespace couplet::sasl;
using namespace couplet::sasl::test;

// The numbers are those of the project's list of known attacks.

namespace {

std::string first_message(mechanism m) {
  return flag_for(m) + ",,n=juliet,r=CLIENT";
}

std::string field(const std::string& challenge, std::string_view name) {
  const auto at = challenge.find(',' + std::string(name) + '=') + 3;
  return challenge.substr(at, challenge.find(',', at) - at);
}

}  // namespace

TEST_CASE("SCRAM: the right password opens, every other does not") {
  for (const auto m : scram_mechanisms()) {
    CAPTURE(name_of(m));
    for (const std::string_view wrong : {"", "pencil ", "Pencil", "penci", "pencil\xc3\xa4"}) {
      login l(m);
      CHECK(l.run(first_message(m), wrong) == verdict::wrong_proof);
      CHECK(l.server.server_final().empty());
    }
    login l(m);
    CHECK(l.run(first_message(m)) == verdict::ok);
    CHECK(l.server.server_final().starts_with("v="));
  }
}

TEST_CASE("SCRAM: keys that come after the challenge, of which only salt and iterations were a promise") {
  for (const auto m : scram_mechanisms()) {
    CAPTURE(name_of(m));
    for (const std::string_view given : {password, std::string_view("pencil ")}) {
      login l(m);
      REQUIRE(l.first(first_message(m)) == verdict::ok);
      const auto promised = decoy_keys("process", hash_of(m), "juliet@example.net", 2);
      l.challenge(promised);
      l.server.set_keys(derive_keys(hash_of(m), password, promised.salt, promised.iterations));
      CHECK(l.server.on_client_final(l.right_final(given)) == (given == password ? verdict::ok : verdict::wrong_proof));
    }
  }
}

TEST_CASE("SCRAM: a proof that differs in one bit, wherever it is") {
  login reference(mechanism::scram_sha256);
  REQUIRE(reference.first("n,,n=juliet,r=CLIENT") == verdict::ok);
  reference.challenge();
  const auto right = reference.right_final();
  const auto at = right.rfind("p=") + 2;
  const auto proof = *base::base64_decode(right.substr(at));
  for (std::size_t bit = 0; bit < 8 * proof.size(); ++bit) {
    auto other = proof;
    other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << bit % 8));
    login l(mechanism::scram_sha256);
    REQUIRE(l.first("n,,n=juliet,r=CLIENT") == verdict::ok);
    l.challenge();
    CHECK(l.server.on_client_final(right.substr(0, at) + base::base64_encode(other)) == verdict::wrong_proof);
  }
  CHECK(reference.server.on_client_final(right) == verdict::ok);
}

TEST_CASE("SCRAM: what was kept opens nothing: neither key is a proof, nor is nothing") {
  for (const auto m : scram_mechanisms()) {
    const auto& keys = keys_of(hash_of(m));
    for (const auto& bytes : {keys.stored_key, keys.server_key, std::string(keys.stored_key.size(), '\0')}) {
      login l(m);
      REQUIRE(l.first(first_message(m)) == verdict::ok);
      l.challenge();
      const auto message = l.right_final_without_proof() + ",p=" + base::base64_encode(bytes);
      CHECK(l.server.on_client_final(message) == verdict::wrong_proof);
    }
  }
}

TEST_CASE("SCRAM: keys that are not whole open nothing") {
  for (const auto& keys : {scram_keys("salt", 2, "", ""), scram_keys("", 2, "short", "short"), scram_keys()}) {
    for (const auto& proof : {std::string(20, '\0'), base::hmac(scram_hash::sha1, "", "x")}) {
      login l(mechanism::scram_sha1);
      REQUIRE(l.first("n,,n=juliet,r=CLIENT") == verdict::ok);
      l.challenge(keys);
      CHECK(l.server.on_client_final(l.right_final_without_proof() + ",p=" + base::base64_encode(proof)) == verdict::wrong_proof);
      CHECK(l.server.server_final().empty());
    }
  }
}

TEST_CASE("SCRAM: a recorded exchange opens nothing again") {
  for (const auto m : scram_mechanisms()) {
    constexpr std::string_view names = "n=juliet,r=CLIENT";
    const auto first = flag_for(m) + ",," + std::string(names);
    login recorded(m);
    REQUIRE(recorded.first(first) == verdict::ok);
    recorded.challenge();
    const auto last = recorded.right_final();
    REQUIRE(recorded.server.on_client_final(last) == verdict::ok);

    const auto offered = scram_mechanisms();
    scram_server again(m, scram_offer(offered, {}, false));
    REQUIRE(again.on_client_first(first, all_bindings(), domain) == verdict::ok);
    const auto challenge = again.server_first(keys_of(hash_of(m)));
    CHECK(challenge.starts_with("r=CLIENT"));
    CHECK(again.on_client_final(last) == verdict::wrong_nonce);
    CHECK(again.server_final().empty());
  }
}

TEST_CASE("SCRAM: the nonce is the whole of it, ours and the client's") {
  for (const std::string_view nonce : {"CLIENT", "SERVER", "CLIENTSERVE", "CLIENTSERVERX", "clientserver", "XLIENTSERVER"}) {
    CAPTURE(nonce);
    login l(mechanism::scram_sha512);
    REQUIRE(l.first("n,,n=juliet,r=CLIENT") == verdict::ok);
    l.challenge();
    CHECK(l.server.on_client_final(l.with_proof("c=biws,r=" + std::string(nonce))) == verdict::wrong_nonce);
  }
}

TEST_CASE("SCRAM: one try, in order") {
  login early(mechanism::scram_sha1);
  CHECK(early.server.on_client_final("c=biws,r=CLIENTSERVER,p=AAAA") == verdict::malformed);
  CHECK(early.first("n,,n=juliet,r=CLIENT") == verdict::malformed);

  login twice(mechanism::scram_sha1);
  REQUIRE(twice.first("n,,n=juliet,r=CLIENT") == verdict::ok);
  CHECK(twice.first("n,,n=juliet,r=CLIENT") == verdict::malformed);

  // The keys have not come yet.
  login before_keys(mechanism::scram_sha1);
  REQUIRE(before_keys.first("n,,n=juliet,r=CLIENT") == verdict::ok);
  CHECK(before_keys.server.on_client_final("c=biws,r=CLIENTSERVER,p=AAAA") == verdict::malformed);

  login guessing(mechanism::scram_sha1);
  REQUIRE(guessing.first("n,,n=juliet,r=CLIENT") == verdict::ok);
  guessing.challenge();
  const auto right = guessing.right_final();
  CHECK(guessing.server.on_client_final(guessing.right_final("wrong")) == verdict::wrong_proof);
  CHECK(guessing.server.on_client_final(right) == verdict::malformed);
  CHECK(guessing.server.server_final().empty());

  login done(mechanism::scram_sha1);
  REQUIRE(done.run("n,,n=juliet,r=CLIENT") == verdict::ok);
  CHECK(done.server.on_client_final(done.right_final()) == verdict::malformed);
}

TEST_CASE("SECURITY 12: a name without account gets the same salt each time, and what everybody gets") {
  const auto secret = base::random_bytes(32);
  for (const auto m : scram_mechanisms()) {
    const auto hash = hash_of(m);
    const auto account = new_keys(hash, password, 5'000);
    std::string salt;
    for (int i = 0; i < 3; ++i) {
      login known(m);
      login unknown(m);
      REQUIRE(known.first(first_message(m)) == verdict::ok);
      REQUIRE(unknown.first(flag_for(m) + ",,n=nobody,r=CLIENT") == verdict::ok);
      const auto real = known.challenge(account);
      const auto decoy = unknown.challenge(decoy_keys(secret, hash, unknown.server.who().bare(), 5'000));
      CHECK(field(decoy, "i") == field(real, "i"));
      CHECK(field(decoy, "s").size() == field(real, "s").size());
      CHECK((salt.empty() || field(decoy, "s") == salt));
      salt = field(decoy, "s");
      CHECK(decoy.size() == real.size());
      // Not even a guess that fits the decoy's salt opens, and the answer is that of a wrong password.
      CHECK(unknown.server.on_client_final(unknown.right_final()) == known.server.on_client_final(known.right_final("wrong")));
      CHECK(unknown.server.server_final().empty());
    }
  }
}

TEST_CASE("SECURITY 12: decoys depend on secret, name and hash, on nothing else") {
  const std::string secret(32, 's');
  const auto salt = [&](std::string_view name, scram_hash hash = scram_hash::sha1) { return salt_for(secret, hash, name); };
  CHECK(salt("a@example.net").size() == salt_bytes);
  CHECK(salt("a@example.net") == salt("a@example.net"));
  CHECK(salt("a@example.net") != salt("b@example.net"));
  CHECK(salt("a@example.net") != salt("a@example.net", scram_hash::sha256));
  CHECK(salt("a@example.net") != salt_for(std::string(32, 't'), scram_hash::sha1, "a@example.net"));
  std::set<std::string> different;
  for (const auto hash : {scram_hash::sha1, scram_hash::sha256, scram_hash::sha512}) {
    const auto keys = decoy_keys(secret, hash, "a@example.net", 4'096);
    CHECK(keys.iterations == 4'096);
    CHECK(keys.salt == salt("a@example.net", hash));
    CHECK(keys.stored_key.size() == base::hash_bytes(hash));
    CHECK(keys.server_key.size() == base::hash_bytes(hash));
    for (const auto& part : {keys.salt, keys.stored_key, keys.server_key}) different.insert(part.substr(0, 16));
    CHECK_FALSE(password_fits(hash, decoy_keys(secret, hash, "a@example.net", 2), ""));
    CHECK_FALSE(password_fits(hash, decoy_keys(secret, hash, "a@example.net", 2), password));
  }
  CHECK(different.size() == 9);
}

TEST_CASE("SECURITY 12: a challenge needs no keys, and without them no proof fits") {
  for (const auto m : scram_mechanisms()) {
    const auto& keys = keys_of(hash_of(m));
    login l(m);
    REQUIRE(l.first(first_message(m)) == verdict::ok);
    l.challenge(scram_keys(keys.salt, keys.iterations, {}, {}));
    CHECK(l.server.on_client_final(l.right_final()) == verdict::wrong_proof);
    CHECK(l.server.server_final().empty());

    login later(m);
    REQUIRE(later.first(first_message(m)) == verdict::ok);
    later.challenge(scram_keys(keys.salt, keys.iterations, {}, {}));
    later.server.set_keys(keys);
    CHECK(later.server.on_client_final(later.right_final()) == verdict::ok);
  }
}

TEST_CASE("SECURITY 12: a name that cannot exist is answered like a wrong password") {
  login l(mechanism::scram_sha256);
  CHECK(condition_of(l.run("n,,n=a b,r=CLIENT")) == condition_of(verdict::wrong_proof));
}

TEST_CASE("SECURITY 13: an exchange hashes no password, whatever the iteration count") {
  // With 2,147,483,647 rounds somewhere in it this would take half an hour.
  login l(mechanism::scram_sha512);
  REQUIRE(l.first("n,,n=juliet,r=CLIENT") == verdict::ok);
  const auto& keys = keys_of(scram_hash::sha512);
  const auto challenge = l.challenge(scram_keys(keys.salt, 2'147'483'647, keys.stored_key, keys.server_key));
  CHECK(field(challenge, "i") == "2147483647");
  CHECK(l.server.on_client_final("c=biws,r=CLIENTSERVER,p=" + base::base64_encode(std::string(64, 'x'))) == verdict::wrong_proof);
  CHECK(decoy_keys("secret", scram_hash::sha512, "a@example.net", 2'147'483'647).iterations == 2'147'483'647);
}

TEST_CASE("SECURITY 51: 100,000 nonces are 100,000 different ones") {
  std::vector<std::string> nonces(100'000);
  for (auto& n : nonces) n = fresh_nonce();
  std::sort(nonces.begin(), nonces.end());
  CHECK(std::adjacent_find(nonces.begin(), nonces.end()) == nonces.end());
}
