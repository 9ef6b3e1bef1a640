#include "tls/certificate.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../source/tls/pem.hpp"
#include "../../../source/tls/x509.hpp"
#include "hello.hpp"
#include "peer.hpp"

using namespace couplet::tls;
using namespace couplet::tls::test;
using names = std::vector<std::string>;

namespace {

constexpr std::int64_t some_day = 1'767'225'600;  // 2026-01-01 00:00:00 UTC

pem_pair make(const names& domains, std::int64_t when = some_day) {
  auto pair = make_self_signed(domains, when);
  REQUIRE(pair.ok());
  return *pair;
}

std::string error_of(const certificate_files& files, std::int64_t when = some_day) {
  const auto loaded = load_certificate(files, when);
  return loaded.ok() ? std::string() : loaded.error_text();
}

/// A certificate that says what it is asked to.
pem_pair issue(const certificate_request& what) {
  const signing_key key;
  return {write_pem("CERTIFICATE", issue_certificate(what, key.public_der(), key)), key.private_pem()};
}

}  // namespace

TEST_CASE("a self-signed certificate has all its domains in it, and is valid for ten years") {
  const temporary_folder folder;
  const auto pair =
      make({"example.net", "*.example.net", "Conference.Example.Net", "127.0.0.1", "[::1]", "b\xc3\xbc\x63her.example"});
  const auto loaded = load_certificate({folder.write("a.pem", pair.chain), folder.write("a.key", pair.key)}, some_day);
  REQUIRE(loaded.ok());
  CHECK(loaded->names() ==
        names{"example.net", "*.example.net", "conference.example.net", "xn--bcher-kva.example", "127.0.0.1", "::1"});
  CHECK(loaded->not_after() == some_day - 86'400 + 3652 * 86'400LL);
  CHECK(date_text(loaded->not_after()) == "2035-12-31 00:00:00 UTC");
  CHECK(loaded->fingerprint_sha256().size() == 95);
  CHECK(loaded->fingerprint_sha256()[2] == ':');
  CHECK(loaded->file() == folder.name() + "/a.pem");
  CHECK(loaded->covers("x.example.net"));
  CHECK_FALSE(loaded->covers("x.y.example.net"));

  const auto blocks = read_pem(pair.chain);
  REQUIRE(blocks.size() == 1);
  const auto der = decode_pem(blocks[0]);
  CHECK(loaded->server_end_point() == sha256(der));
  const auto parsed = read_x509(der);
  REQUIRE(parsed);
  CHECK(parsed->hash == signature_hash::sha256);
  CHECK(parsed->common_name == "example.net");
  CHECK(parsed->not_before == some_day - 86'400);
  CHECK(make({"example.net"}).chain != make({"example.net"}).chain);
}

TEST_CASE("domains that a certificate can't be made for") {
  CHECK_FALSE(make_self_signed({}, some_day).ok());
  for (const auto& domain : {std::string(), std::string("a b"), std::string("a\nb"), std::string("a..b"), std::string(300, 'a'),
                             std::string(64, 'a') + ".example", std::string("a\0b", 3)}) {
    CAPTURE(domain);
    CHECK_FALSE(make_self_signed({"example.net", domain}, some_day).ok());
  }
  // Longer than a common name may be.
  const auto long_name = std::string(60, 'a') + "." + std::string(60, 'b') + ".example";
  const temporary_folder folder;
  const auto pair = make({long_name});
  const auto loaded = load_certificate({folder.write("a.pem", pair.chain), folder.write("a.key", pair.key)}, some_day);
  REQUIRE(loaded.ok());
  CHECK(loaded->names() == names{long_name});
}

TEST_CASE("one file may hold both") {
  const temporary_folder folder;
  const auto pair = make({"example.net"});
  const auto both = folder.write("both.pem", "Bag Attributes\n" + pair.key + "more\r\n" + pair.chain);
  CHECK(error_of({both, both}).empty());
}

TEST_CASE("each bad file is told by its name") {
  const temporary_folder folder;
  const auto& at = folder.name();
  const auto pair = make({"example.net"});
  const auto chain = folder.write("good.pem", pair.chain), key = folder.write("good.key", pair.key);
  CHECK(error_of({chain, key}).empty());

  CHECK(error_of({at + "/no.pem", key}) == at + "/no.pem is missing");
  CHECK(error_of({chain, at + "/no.key"}) == at + "/no.key is missing");
  CHECK(error_of({at, key}) == at + " is not a file");
  CHECK(error_of({folder.write("text.pem", "hello"), key}) == at + "/text.pem is not in PEM");
  CHECK(error_of({chain, folder.write("text.key", "")}) == at + "/text.key is not in PEM");
  CHECK(error_of({key, key}) == key + " has no certificate in it");
  CHECK(error_of({chain, chain}) == chain + " has no private key in it");
  CHECK(error_of({folder.write("large.pem", std::string(2U << 20U, 'x')), key}) ==
        at + "/large.pem is too large: more than 1 MiB");
  const auto broken = folder.write("broken.pem", "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n");
  CHECK(error_of({broken, key}) == broken + " has a certificate that is not valid base64");
  const auto nonsense = folder.write("nonsense.pem", write_pem("CERTIFICATE", "nonsense"));
  CHECK(error_of({nonsense, key}) == nonsense + " has a certificate that is not valid");
  const auto cut = folder.write("cut.pem", pair.chain.substr(0, pair.chain.size() / 2));
  CHECK(error_of({cut, key}) == cut + " is not in PEM");
  const auto bad_key = folder.write("bad.key", write_pem("PRIVATE KEY", "nonsense"));
  CHECK(error_of({chain, bad_key}) == bad_key + " has a private key that can't be used");
  const auto other = folder.write("other.key", make({"example.net"}).key);
  CHECK(error_of({chain, other}) == other + " has the key of another certificate than " + chain);
  const auto locked = folder.write("locked.key", write_pem("ENCRYPTED PRIVATE KEY", "x"));
  CHECK(error_of({chain, locked}) == locked + " has a private key that is encrypted: it must be stored without a password");
  const auto old_locked = folder.write("old.key",
                                       "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES\n\nAAAA\n"
                                       "-----END RSA PRIVATE KEY-----\n");
  CHECK(error_of({chain, old_locked}) ==
        old_locked + " has a private key that is encrypted: it must be stored without a password");
}

TEST_CASE("a file that may not be read") {
  const temporary_folder folder;
  const auto pair = make({"example.net"});
  const auto chain = folder.write("a.pem", pair.chain), key = folder.write("a.key", pair.key);
  REQUIRE(::chmod(key.c_str(), 0) == 0);
  if (::access(key.c_str(), R_OK) == 0) return;  // root reads everything
  CHECK(error_of({chain, key}) == key + " can't be read: Permission denied");
}

TEST_CASE("a certificate whose time is over, or has not come") {
  const temporary_folder folder;
  certificate_request what;
  what.subject = what.issuer = "old.example";
  what.not_before = some_day;
  what.not_after = some_day + 1000;
  what.alternative_names = general_name("old.example");
  const auto pair = issue(what);
  const certificate_files files{folder.write("old.pem", pair.chain), folder.write("old.key", pair.key)};
  CHECK(error_of(files, some_day).empty());
  CHECK(error_of(files, some_day + 1000).empty());
  CHECK(error_of(files, some_day + 1001) ==
        files.chain + " has a certificate (old.example) that expired on 2026-01-01 00:16:40 UTC");
  CHECK(error_of(files, some_day - 1) ==
        files.chain + " has a certificate (old.example) that is not valid before 2026-01-01 00:00:00 UTC");
}

TEST_CASE("a certificate without any domain, and one of the old kind") {
  const temporary_folder folder;
  certificate_request what;
  what.not_before = some_day;
  what.not_after = some_day + 1000;
  what.subject = what.issuer = "";
  const auto none = issue(what);
  const certificate_files files{folder.write("none.pem", none.chain), folder.write("none.key", none.key)};
  CHECK(error_of(files) == files.chain + " has a certificate without any domain in it");
  what.subject = what.issuer = "Old.Example";
  const auto old = issue(what);
  const auto loaded = load_certificate({folder.write("o.pem", old.chain), folder.write("o.key", old.key)}, some_day);
  REQUIRE(loaded.ok());
  CHECK(loaded->names() == names{"old.example"});
  // With a subjectAltName the common name is not looked at (RFC 6125 section 6.4.4).
  what.alternative_names = general_name("new.example");
  const auto both = issue(what);
  const auto second = load_certificate({folder.write("b.pem", both.chain), folder.write("b.key", both.key)}, some_day);
  REQUIRE(second.ok());
  CHECK(second->names() == names{"new.example"});
}

TEST_CASE("an RSA key that is too short") {
  const temporary_folder folder;
  const auto texts = rsa_certificate("example.net", 1024);
  const certificate_files files{folder.write("a.pem", texts.chain), folder.write("a.key", texts.key)};
  const auto error = error_of(files, now());
  CHECK(error.find("too weak: RSA from 2048") != std::string::npos);
  CHECK(error.starts_with(folder.name()));
}

TEST_CASE("a folder with a pair for each domain") {
  const temporary_folder folder;
  folder.write("b.example.crt", "x");
  folder.write("b.example.key", "x");
  folder.write("a.example.pem", "x");
  folder.write("a.example.key", "x");
  folder.write("c.example/fullchain.pem", "x");
  folder.write("c.example/privkey.pem", "x");
  folder.write("c.example/cert.pem", "x");
  folder.write("empty/README", "x");
  folder.write("README.txt", "x");
  folder.write(".hidden.pem", "x");
  const auto found = scan_folder(folder.name());
  REQUIRE(found.ok());
  REQUIRE(found->size() == 3);
  CHECK((*found)[0].chain == folder.name() + "/a.example.pem");
  CHECK((*found)[0].key == folder.name() + "/a.example.key");
  CHECK((*found)[1].chain == folder.name() + "/b.example.crt");
  CHECK((*found)[2].chain == folder.name() + "/c.example/fullchain.pem");
  CHECK((*found)[2].key == folder.name() + "/c.example/privkey.pem");
}

TEST_CASE("a folder that is not in order") {
  const auto error_for = [](const names& files) {
    const temporary_folder folder;
    for (const auto& file : files) folder.write(file, "x");
    const auto found = scan_folder(folder.name());
    if (found.ok()) return std::string();
    auto text = found.error_text();
    for (auto at = text.find(folder.name()); at != std::string::npos; at = text.find(folder.name()))
      text.replace(at, folder.name().size(), "F");
    return text;
  };
  CHECK(error_for({"a.pem"}) == "F/a.pem has no key beside it (a.key)");
  CHECK(error_for({"a.key"}) == "F/a.key has no certificate beside it (a.pem or a.crt)");
  CHECK(error_for({"a/privkey.pem"}) == "F/a/privkey.pem has no certificate beside it (a.pem or a.crt)");
  CHECK(error_for({}) == "F has no certificates in it: NAME.pem or NAME.crt with NAME.key is looked for");
  CHECK(error_for({"a.pem", "a.crt", "a.key"}) == "F/a.crt and F/a.pem are for the same domain: keep one of them");
  CHECK(error_for({"a.pem", "a.key", "a/fullchain.pem", "a/privkey.pem"}).find("are for the same domain") != std::string::npos);
  const auto missing = scan_folder("/nowhere/at/all");
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error_text() == "/nowhere/at/all is missing");
}
