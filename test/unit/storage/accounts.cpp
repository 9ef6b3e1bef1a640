#include "fixture.hpp"
#include "storage/archive.hpp"
#include "storage/entries.hpp"
#include "storage/rooms.hpp"

using namespace couplet;
using namespace couplet::storage;
using namespace couplet::storage::testing;

namespace {

/// What is stored of an account, in one line.
std::string shown(store& s, const std::string& jid) {
  std::optional<credentials> found;
  s.read_now([&](database& db) {
    found = credentials_of(db, jid);
    return outcome::done;
  });
  if (!found) return "none";
  std::string text = found->password.value_or("-");
  for (const auto& k : found->keys) {
    text += k ? " " + k->salt + "," + std::to_string(k->iterations) + "," + k->stored_key + "," + k->server_key : " none";
  }
  return text;
}

}  // namespace

TEST_CASE("accounts: made once, with all of their keys, NUL bytes included") {
  auto s = open_store();
  CHECK(make(*s, "alice@example.org", "a") == outcome::done);
  CHECK(make(*s, "alice@example.org", "b") == outcome::exists);
  CHECK(shown(*s, "alice@example.org") == "- salt-1-a,4096,stored-1-a,server-1-a salt-2-a,10000,stored-2-a," +
                                              std::string("server\0-2-", 10) + "a salt-3-a,10000,stored-3-a,server-3-a");
  CHECK(shown(*s, "bob@example.org") == "none");
  CHECK(names_in(*s) == "alice@example.org ");
}

TEST_CASE("accounts: new credentials replace all of the old ones") {
  auto s = open_store();
  CHECK(make(*s, "alice@example.org", "a") == outcome::done);
  CHECK(make(*s, "bob@example.org", "b") == outcome::done);
  credentials fewer;
  fewer.keys[1] = sasl::scram_keys("s", 5'000, "k", "v");
  fewer.password = "kept";
  CHECK(s->write_now([&](database& db) { return set_credentials(db, "alice@example.org", fewer); }) == outcome::done);
  CHECK(shown(*s, "alice@example.org") == "kept none s,5000,k,v none");
  CHECK(shown(*s, "bob@example.org").starts_with("- salt-1-b"));
  CHECK(s->write_now([&](database& db) { return set_credentials(db, "carol@example.org", fewer); }) == outcome::missing);
  CHECK(names_in(*s) == "alice@example.org bob@example.org ");
}

TEST_CASE("accounts: removed with everything, and nothing of them stays in the file") {
  const scratch folder;
  {
    auto s = open_store(folder.path());
    CHECK(make(*s, "alice@example.org", "unmistakable") == outcome::done);
    CHECK(make(*s, "bob@example.org", "b") == outcome::done);
    CHECK(s->write_now([](database& db) { return remove_account(db, "alice@example.org"); }) == outcome::done);
    CHECK(s->write_now([](database& db) { return remove_account(db, "alice@example.org"); }) == outcome::missing);
    CHECK(shown(*s, "alice@example.org") == "none");
    CHECK(make(*s, "alice@example.org", "again") == outcome::done);
  }
  const auto bytes = bytes_of(file_in(folder.path()));
  CHECK(bytes.find("stored-1-unmistakable") == std::string::npos);
  CHECK(bytes.find("stored-1-again") != std::string::npos);
}

TEST_CASE("accounts: one hash at a time, for logins") {
  auto s = open_store();
  CHECK(make(*s, "alice@example.org", "a") == outcome::done);
  const auto look = [&](const std::string& jid, sasl::scram_hash hash) {
    std::string found = "none";
    s->read_now([&](database& db) {
      if (const auto k = keys_of(db, jid, hash)) found = k->stored_key;
      return outcome::done;
    });
    return found;
  };
  CHECK(look("alice@example.org", sasl::scram_hash::sha1) == "stored-1-a");
  CHECK(look("alice@example.org", sasl::scram_hash::sha256) == "stored-2-a");
  CHECK(look("alice@example.org", sasl::scram_hash::sha512) == "stored-3-a");
  CHECK(look("Alice@example.org", sasl::scram_hash::sha512) == "none");
  CHECK(look("alice@example.org' OR '1'='1", sasl::scram_hash::sha512) == "none");
}

TEST_CASE("accounts: the secret of salts is made once, and stays with the database") {
  const scratch folder;
  const auto secret_in = [](store& s) {
    std::string secret;
    CHECK(s.write_now([&](database& db) {
      secret = salt_secret(db);
      return outcome::done;
    }) == outcome::done);
    return secret;
  };
  std::string first;
  {
    auto s = open_store(folder.path());
    first = secret_in(*s);
    CHECK(first.size() == 32);
    CHECK(secret_in(*s) == first);
  }
  CHECK(secret_in(*open_store(folder.path())) == first);
  CHECK(secret_in(*open_store()) != first);
}

TEST_CASE("accounts: all that is stored goes at once, but for what salts come from") {
  auto s = open_store();
  std::string secret;
  const auto change = [&](auto what) {
    CHECK(s->write_now([&](database& db) {
      what(db);
      return outcome::done;
    }) == outcome::done);
  };
  change([&](database& db) {
    secret = salt_secret(db);
    make_account(db, "dora@example.org", some_credentials("d"));
    put_entry(db, "alice@example.org", entry_kind::vcard, "", "<vCard/>");
    append_offline(db, "alice@example.org", "<message/>", {});
    append_to_archive(db, "dora@example.org", "id-1", 1, "alice@example.org", "", "<message/>", {});
    put_archive_preferences(db, "dora@example.org", "n");
    room r;
    r.jid = "cave@chat.example.org";
    r.affiliations.emplace_back("crone@example.org", 4, "");
    put_room(db, r, 1);
  });
  change([](database& db) { remove_all(db); });
  change([&](database& db) {
    for (const auto* const table : {"accounts", "scram_keys", "entries", "offline", "offline_sizes", "archive", "archive_sizes",
                                    "archive_preferences", "rooms", "room_affiliations"}) {
      CAPTURE(table);
      CHECK(db.number_of((std::string("SELECT count(*) FROM ") + table).c_str()) == 0);
    }
    CHECK(salt_secret(db) == secret);
    CHECK(make_account(db, "dora@example.org", some_credentials("e")) == outcome::done);
  });
}
