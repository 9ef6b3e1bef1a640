#include "tls/authorities.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../source/tls/pem.hpp"
#include "peer.hpp"

using namespace couplet::tls;
using namespace couplet::tls::test;

namespace {

std::string error_of(const std::string& file, std::int64_t when = now()) {
  const auto loaded = load_authorities(file, when);
  return loaded.ok() ? std::string() : loaded.error_text();
}

/// An authority of this name that was valid in this time.
std::string authority_pem(const std::string& name, std::int64_t not_before, std::int64_t not_after) {
  certificate_request what;
  what.subject = what.issuer = name;
  what.not_before = not_before;
  what.not_after = not_after;
  what.authority = true;
  const signing_key key;
  return write_pem("CERTIFICATE", issue_certificate(what, key.public_der(), key));
}

}  // namespace

TEST_CASE("authorities: the certificates of a file, and nothing else of it") {
  const temporary_folder folder;
  const authority one("One"), other("Other");
  const auto file = folder.write("ca.pem", "a comment\n" + one.pem() + one.key().private_pem() + other.pem());
  const auto loaded = load_authorities(file, now());
  REQUIRE(loaded.ok());
  CHECK(loaded->file == file);
  CHECK_FALSE(loaded->empty());
  CHECK(read_pem(loaded->pem).size() == 2);
  CHECK(loaded->pem.find("PRIVATE KEY") == std::string::npos);
  CHECK(authorities().empty());
}

TEST_CASE("authorities: a bad file is told by its name") {
  const temporary_folder folder;
  const auto& at = folder.name();
  CHECK(error_of(at + "/no.pem") == at + "/no.pem is missing");
  CHECK(error_of(at) == at + " is not a file");
  CHECK(error_of(folder.write("empty.pem", "")) == at + "/empty.pem has no certificate in it");
  CHECK(error_of(folder.write("text.pem", "hello")) == at + "/text.pem has no certificate in it");
  CHECK(error_of(folder.write("key.pem", signing_key().private_pem())) == at + "/key.pem has no certificate in it");
  CHECK(error_of(folder.write("large.pem", std::string(2U << 20U, 'x'))) == at + "/large.pem is too large: more than 1 MiB");
  const auto wrong = folder.write("wrong.pem", write_pem("CERTIFICATE", "no certificate at all"));
  CHECK(error_of(wrong) == wrong + " has a certificate that is no authority's, or not valid");
}

TEST_CASE("authorities: a file that may not be read") {
  const temporary_folder folder;
  const auto file = folder.write("ca.pem", authority().pem());
  REQUIRE(::chmod(file.c_str(), 0) == 0);
  if (::access(file.c_str(), R_OK) == 0) return;  // root reads everything
  CHECK(error_of(file) == file + " can't be read: Permission denied");
}

TEST_CASE("authorities: one whose time is over, or has not come, is told by its name and the date") {
  const temporary_folder folder;
  const auto today = now();
  const auto begin = today - 1000, end = today + 1000;
  const auto file = folder.write("ca.pem", authority_pem("Our \x1b[31mCA", begin, end));
  CHECK(error_of(file).empty());
  CHECK(error_of(file, end + 1) == file + " has a certificate (Our \\u001b[31mCA) that expired on " + date_text(end));
  CHECK(error_of(file, begin - 1) ==
        file + " has a certificate (Our \\u001b[31mCA) that is not valid before " + date_text(begin));
  const auto nameless = folder.write("nameless.pem", authority_pem("", begin, end));
  CHECK(error_of(nameless, end + 1) == nameless + " has a certificate that expired on " + date_text(end));
}

TEST_CASE("authorities: those that can't be used are left out while there is one that can") {
  const temporary_folder folder;
  const auto old = authority_pem("Old", now() - 2000, now() - 1000), fresh = authority().pem();
  const auto nonsense = write_pem("CERTIFICATE", "no certificate at all");
  const auto file = folder.write("ca.pem", old + fresh + nonsense);
  const auto loaded = load_authorities(file, now());
  REQUIRE(loaded.ok());
  CHECK(read_pem(loaded->pem).size() == 1);
  CHECK(loaded->pem.find(read_pem(fresh).at(0).whole) == 0);
  REQUIRE(loaded->left_out.size() == 2);
  CHECK(loaded->left_out[0].starts_with(file + " has a certificate (Old) that expired on "));
  CHECK(loaded->left_out[1] == file + " has a certificate that is no authority's, or not valid");
  // None that can: the first one's reason.
  const auto none = folder.write("none.pem", nonsense + old);
  CHECK(error_of(none) == none + " has a certificate that is no authority's, or not valid");
}

TEST_CASE("authorities: one that has expired since it was read can't be used") {
  const auto expired = authority_pem("Old", now() - 2000, now() - 1000);
  context_options options;
  options.certificates.push_back(certificate_for({"example.net"}));
  options.client_ca = {"old.pem", expired};
  const auto made = contexts::make(std::move(options));
  REQUIRE_FALSE(made.ok());
  CHECK(made.error_text() == "old.pem has a certificate that is no authority's, or not valid any more");
}
