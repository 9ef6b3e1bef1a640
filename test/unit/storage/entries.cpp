#include "storage/entries.hpp"

#include "fixture.hpp"

using namespace couplet;
using namespace couplet::storage;
using namespace couplet::storage::testing;

namespace {

const std::string dora = "dora@example.org";

/// Runs a change; answers what became of it.
template <class Change>
outcome changed(store& s, Change&& change) {
  return s.write_now([&](database& db) { return change(db); });
}

std::string entries_in(store& s, const std::string& owner, entry_kind kind) {
  std::string all;
  s.read_now([&](database& db) {
    each_entry(db, owner, kind,
               [&](std::string_view key, std::string_view value) { ((all += key) += '=') += std::string(value) + ' '; });
    return outcome::done;
  });
  return all;
}

std::string page(store& s, const std::string& owner, std::int64_t& after, std::size_t bytes) {
  std::string all;
  s.read_now([&](database& db) {
    after = read_offline(db, owner, after, bytes, [&](std::int64_t, std::string_view stanza) { (all += stanza) += ' '; });
    return outcome::done;
  });
  return all;
}

}  // namespace

TEST_CASE("entries: each under its owner, kind and key") {
  auto s = open_store();
  const auto put = [&](const std::string& owner, entry_kind kind, const std::string& key, const std::string& value) {
    CHECK(changed(*s, [&](database& db) { return put_entry(db, owner, kind, key, value); }) == outcome::done);
  };
  put(dora, entry_kind::roster_item, "emil@example.org", "<item 1/>");
  put(dora, entry_kind::roster_item, "anna@example.org", "<item 2/>");
  put(dora, entry_kind::roster_item, "emil@example.org", "<item 3/>");
  put(dora, entry_kind::vcard, "", "<vCard/>");
  put("emil@example.org", entry_kind::roster_item, dora, "<item 4/>");
  CHECK(entries_in(*s, dora, entry_kind::roster_item) == "anna@example.org=<item 2/> emil@example.org=<item 3/> ");
  CHECK(entries_in(*s, dora, entry_kind::vcard) == "=<vCard/> ");
  CHECK(entries_in(*s, dora, entry_kind::private_xml).empty());
  const auto look = [&](const std::string& key) {
    std::optional<std::string> found;
    s->read_now([&](database& db) {
      found = entry_of(db, dora, entry_kind::roster_item, key);
      return outcome::done;
    });
    return found;
  };
  CHECK(look("emil@example.org") == "<item 3/>");
  CHECK(look("nobody@example.org") == std::nullopt);
  const auto remove = [&](database& db) { return remove_entry(db, dora, entry_kind::roster_item, "emil@example.org"); };
  CHECK(changed(*s, remove) == outcome::done);
  CHECK(changed(*s, remove) == outcome::missing);
  CHECK(entries_in(*s, dora, entry_kind::roster_item) == "anna@example.org=<item 2/> ");
}

TEST_CASE("offline messages: in order, in pages, until they have arrived") {
  auto s = open_store();
  const offline_limits most{4, 100};
  const auto append = [&](const std::string& owner, const std::string& stanza) {
    return changed(*s, [&](database& db) { return append_offline(db, owner, stanza, most); });
  };
  for (const char* const text : {"one", "two", "three"}) CHECK(append(dora, text) == outcome::done);
  CHECK(append("emil@example.org", "other") == outcome::done);
  std::int64_t after = 0;
  CHECK(page(*s, dora, after, 6) == "one two ");
  CHECK(page(*s, dora, after, 1) == "three ");
  CHECK(page(*s, dora, after, 6).empty());
  CHECK(after == 0);
  std::int64_t first = 0;
  page(*s, dora, first, 1);
  CHECK(changed(*s, [&](database& db) { return remove_offline(db, dora, first); }) == outcome::done);
  CHECK(page(*s, dora, after, 100) == "two three ");
  // Numbers are not used again: what arrives after a page was read is behind it.
  const auto all = after;
  CHECK(changed(*s, [&](database& db) { return remove_offline(db, dora, all); }) == outcome::done);
  CHECK(append(dora, "four") == outcome::done);
  after = all;
  CHECK(page(*s, dora, after, 100) == "four ");
  CHECK(changed(*s, [&](database& db) { return remove_offline(db, "nobody@example.org", 99); }) == outcome::missing);
}

TEST_CASE("offline messages: bounded by number and by bytes") {
  auto s = open_store();
  const auto append = [&](const std::string& stanza, offline_limits most) {
    return changed(*s, [&](database& db) { return append_offline(db, dora, stanza, most); });
  };
  CHECK(append("12345", {2, 10}) == outcome::done);
  CHECK(append("123456", {2, 10}) == outcome::full);
  CHECK(append("\xC3\xA4\xC3\xA4"
               "5",
               {2, 10}) == outcome::done);
  CHECK(append("", {2, 10}) == outcome::full);
  CHECK(append("1", {3, 10}) == outcome::full);
}

TEST_CASE("entries: they go with the account") {
  auto s = open_store();
  CHECK(make(*s, dora) == outcome::done);
  CHECK(changed(*s, [&](database& db) { return put_entry(db, dora, entry_kind::vcard, "", "<vCard/>"); }) == outcome::done);
  CHECK(changed(*s, [&](database& db) { return append_offline(db, dora, "one", {}); }) == outcome::done);
  CHECK(changed(*s, [&](database& db) { return remove_account(db, dora); }) == outcome::done);
  CHECK(entries_in(*s, dora, entry_kind::vcard).empty());
  std::int64_t after = 0;
  CHECK(page(*s, dora, after, 100).empty());
}

TEST_CASE("entries: a database of the version before is brought up to date, with what is in it") {
  const scratch folder;
  {
    auto s = open_store(folder.path());
    CHECK(make(*s, dora) == outcome::done);
  }
  database(file_in(folder.path())).execute("DROP TABLE entries; DROP TABLE offline; PRAGMA user_version = 1");
  CHECK(back_up(folder.path(), folder.path("copy")).error_text().find("is of an older Couplet: start this one with it once") !=
        std::string::npos);
  auto s = open_store(folder.path());
  CHECK(names_in(*s) == dora + " ");
  CHECK(changed(*s, [&](database& db) { return put_entry(db, dora, entry_kind::vcard, "", "<vCard/>"); }) == outcome::done);
}
