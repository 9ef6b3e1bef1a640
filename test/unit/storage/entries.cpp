#include "storage/entries.hpp"

#include <chrono>

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
    after = read_offline(db, owner, after, bytes, [&](std::int64_t, std::string_view stanza, std::string_view origin) {
      (((all += stanza) += origin) += ' ');
    });
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
  CHECK(append("123456", {2, 10}) == outcome::over_limit);
  CHECK(append("\xC3\xA4\xC3\xA4"
               "5",
               {2, 10}) == outcome::done);
  CHECK(append("", {2, 10}) == outcome::over_limit);
  CHECK(append("1", {3, 10}) == outcome::over_limit);
}

TEST_CASE("offline messages: of two copies of one that came by one route the first waits") {
  auto s = open_store();
  const auto append = [&](const std::string& owner, const std::string& stanza, const std::string& origin) {
    return changed(*s, [&](database& db) { return append_offline(db, owner, stanza, {3, 100}, origin); });
  };
  CHECK(append(dora, "one", "#1") == outcome::done);
  CHECK(append(dora, "one, again", "#1") == outcome::exists);
  CHECK(append("emil@example.org", "one", "#1") == outcome::done);
  CHECK(append(dora, "two", "#2") == outcome::done);
  CHECK(append(dora, "unknown", "") == outcome::done);
  CHECK(append(dora, "two, again", "#2") == outcome::exists);
  CHECK(append(dora, "unknown", "") == outcome::over_limit);
  std::int64_t after = 0;
  CHECK(page(*s, dora, after, 100) == "one#1 two#2 unknown ");
  CHECK(changed(*s, [&](database& db) { return remove_offline(db, dora, after); }) == outcome::done);
  CHECK(append(dora, "one", "#1") == outcome::done);
}

TEST_CASE("entries: keys that begin alike, in their order; the prefix means itself, whatever stands in it") {
  auto s = open_store();
  for (const char* const key : {"a", "a\n1", "a\n2", "a%", "ab\n1", "b\n1", "A\n1"}) {
    changed(*s, [&](database& db) { return put_entry(db, dora, entry_kind::pep_item, key, "x"); });
  }
  const auto below = [&](const std::string& prefix) {
    std::string all;
    s->read_now([&](database& db) {
      each_entry_below(db, dora, entry_kind::pep_item, prefix,
                       [&](std::string_view key, std::string_view) { (all += key) += ' '; });
      return outcome::done;
    });
    return all;
  };
  CHECK(below("a\n") == "a\n1 a\n2 ");
  CHECK(below("a%") == "a% ");
  CHECK(below("c").empty());
  changed(*s, [&](database& db) {
    remove_entries_below(db, dora, entry_kind::pep_item, "a\n");
    return outcome::done;
  });
  CHECK(below("") == "A\n1 a a% ab\n1 b\n1 ");
}

TEST_CASE("entries: more than an account may have is undone, keys and texts counted in bytes") {
  auto s = open_store();
  const auto put = [&](const std::string& key, const std::string& value, entry_limits most) {
    return changed(*s, [&](database& db) {
      put_entry(db, dora, entry_kind::private_xml, key, value);
      return check_entries(db, dora, most);
    });
  };
  CHECK(put("k1", "12345678", {2, 20}) == outcome::done);
  CHECK(put("k2", "\xC3\xA4\xC3\xA4 890", {2, 19}) == outcome::over_limit);
  CHECK(put("k2", "\xC3\xA4\xC3\xA4 890", {2, 20}) == outcome::done);
  CHECK(put("k3", "", {2, 100}) == outcome::over_limit);
  CHECK(entries_in(*s, dora, entry_kind::private_xml) == "k1=12345678 k2=\xC3\xA4\xC3\xA4 890 ");
}

TEST_CASE("entries: a database in memory is bounded, and says that it is full") {
  store::options o;
  o.memory_bytes = 200'000;
  auto opened = store::open(std::move(o));
  auto s = std::move(*opened);
  const std::string text(10'000, 'x');
  auto last = outcome::done;
  int stored = 0;
  for (; stored < 100 && last == outcome::done; ++stored) {
    last = changed(*s, [&](database& db) { return put_entry(db, dora, entry_kind::vcard, std::to_string(stored), text); });
  }
  CHECK(last == outcome::full);
  CHECK(stored > 5);
  CHECK(stored < 30);
  CHECK(changed(*s, [&](database& db) { return remove_entry(db, dora, entry_kind::vcard, "0"); }) == outcome::done);
  CHECK(changed(*s, [&](database& db) { return put_entry(db, dora, entry_kind::vcard, "again", text); }) == outcome::done);
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
  database(file_in(folder.path()))
      .execute(
          "DROP TABLE entries; DROP TABLE offline; DROP TABLE offline_sizes; DROP TABLE archive; DROP TABLE archive_sizes;"
          "DROP TABLE archive_preferences; DROP TABLE rooms; DROP TABLE room_affiliations; PRAGMA user_version = 1");
  CHECK(back_up(folder.path(), folder.path("copy")).error_text().find("is of an older Couplet: start this one with it once") !=
        std::string::npos);
  auto s = open_store(folder.path());
  CHECK(names_in(*s) == dora + " ");
  CHECK(changed(*s, [&](database& db) { return put_entry(db, dora, entry_kind::vcard, "", "<vCard/>"); }) == outcome::done);
}

TEST_CASE("offline messages: those of a database of before are counted when it is brought up to date") {
  const scratch folder;
  const auto append = [](store& s, const std::string& stanza) {
    return changed(s, [&](database& db) { return append_offline(db, dora, stanza, {3, 100}); });
  };
  {
    auto s = open_store(folder.path());
    CHECK(append(*s, "one") == outcome::done);
    CHECK(append(*s, "two") == outcome::done);
  }
  database(file_in(folder.path()))
      .execute(
          "DROP TRIGGER offline_grows; DROP TRIGGER offline_shrinks; DROP TABLE offline_sizes; DROP TABLE archive; DROP TABLE "
          "archive_sizes;"
          "DROP TABLE archive_preferences; DROP TABLE rooms; DROP TABLE room_affiliations;"
          "DROP INDEX offline_by_origin; ALTER TABLE offline DROP COLUMN origin; PRAGMA user_version = 2");
  auto s = open_store(folder.path());
  CHECK(append(*s, std::string(95, 'x')) == outcome::over_limit);
  CHECK(append(*s, "three") == outcome::done);
  CHECK(append(*s, "four") == outcome::over_limit);
  std::int64_t after = 0;
  CHECK(page(*s, dora, after, 100) == "one two three ");
  CHECK(changed(*s, [&](database& db) { return remove_offline(db, dora, after); }) == outcome::done);
  CHECK(append(*s, std::string(100, 'x')) == outcome::done);
}

TEST_CASE("offline messages: one more costs no look at those that are there") {
  auto s = open_store();
  const auto begun = std::chrono::steady_clock::now();
  const auto all = s->write_now([&](database& db) {
    for (int i = 0; i < 30'000; ++i) {
      if (append_offline(db, dora, "<message/>", {100'000, 1U << 30U}) != outcome::done) return outcome::failed;
    }
    return outcome::done;
  });
  CHECK(all == outcome::done);
  // Counting them again and again would take minutes.
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(20));
}
