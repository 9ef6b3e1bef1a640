#pragma once

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "storage/accounts.hpp"
#include "storage/store.hpp"

namespace couplet::storage::testing {

/// A folder of its own, which is gone afterwards.
class scratch {
 public:
  scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "couplet-storage-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~scratch() { std::filesystem::remove_all(path_); }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  std::string path(const std::string& name = {}) const { return name.empty() ? path_ : path_ + "/" + name; }

 private:
  std::string path_;
};

inline unsigned mode_of(const std::string& path) {
  struct stat about {};
  REQUIRE(::stat(path.c_str(), &about) == 0);
  return about.st_mode & 07777U;
}

inline std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline std::unique_ptr<store> open_store(const std::string& folder = {}) {
  store::options o;
  o.folder = folder;
  auto opened = store::open(std::move(o));
  REQUIRE_MESSAGE(opened.ok(), (opened.ok() ? std::string() : opened.error_text()));
  return std::move(*opened);
}

/// Why a folder can't be opened.
inline std::string refusal(const std::string& folder) {
  store::options o;
  o.folder = folder;
  auto opened = store::open(std::move(o));
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error_text().find('\n') == std::string::npos);
  return opened.error_text();
}

inline credentials some_credentials(const std::string& mark) {
  credentials c;
  c.keys[0] = sasl::scram_keys("salt-1-" + mark, 4'096, "stored-1-" + mark, "server-1-" + mark);
  c.keys[1] = sasl::scram_keys("salt-2-" + mark, 10'000, "stored-2-" + mark, std::string("server\0-2-", 10) + mark);
  c.keys[2] = sasl::scram_keys("salt-3-" + mark, 10'000, "stored-3-" + mark, "server-3-" + mark);
  return c;
}

inline outcome make(store& s, const std::string& jid, const std::string& mark = "x") {
  return s.write_now([&](database& db) { return make_account(db, jid, some_credentials(mark)); });
}

inline std::string names_in(store& s) {
  std::string all;
  const auto read = s.read_now([&](database& db) {
    each_account(db, [&](std::string_view jid) { (all += jid) += ' '; });
    return outcome::done;
  });
  CHECK(read == outcome::done);
  return all;
}

}  // namespace couplet::storage::testing

namespace doctest {
template <>
struct StringMaker<couplet::storage::outcome> {
  static String convert(couplet::storage::outcome o) {
    constexpr const char* names[] = {"done", "exists", "missing", "full", "busy", "failed", "over_limit"};
    return names[static_cast<std::size_t>(o)];
  }
};
}  // namespace doctest
