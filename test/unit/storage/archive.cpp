// What accounts have said and heard, in a database (XEP-0313, XEP-0059).

#include "storage/archive.hpp"

#include <chrono>

#include "fixture.hpp"

using namespace couplet;
using namespace couplet::storage;
using namespace couplet::storage::testing;

namespace {

const std::string dora = "dora@example.org", emil = "emil@example.org", anna = "anna@example.org";

class shelf {
 public:
  shelf() : store_(open_store()) {}
  outcome put(const std::string& id, std::int64_t time, const std::string& with = emil, const std::string& stanza = "<m/>",
              const std::string& owner = dora, const std::string& resource = "r") {
    return store_->write_now([&](database& db) { return append_to_archive(db, owner, id, time, with, resource, stanza, most); });
  }
  /// The ids of a page; `!` at the end: there is more; `?`: no such id.
  std::string page(archive_query q, const std::string& owner = dora) {
    if (q.most == 0) q.most = 100;
    if (q.page_bytes == 0) q.page_bytes = 10'000;
    archive_page p;
    const auto read = store_->read_now([&](database& db) { return read_archive(db, owner, q, p); });
    if (read != outcome::done) return "?";
    std::string all;
    for (const auto& m : p.messages) all += m.id;
    count = p.count;
    return all + (p.complete ? "" : "!");
  }
  std::string ends(const std::string& owner = dora) {
    std::vector<archived_message> found;
    store_->read_now([&](database& db) {
      read_archive_ends(db, owner, found);
      return outcome::done;
    });
    std::string all;
    for (const auto& m : found) all += m.id + std::to_string(m.time) + ' ';
    return all;
  }
  store& in() { return *store_; }
  archive_limits most;
  std::optional<std::size_t> count;

 private:
  std::unique_ptr<store> store_;
};

archive_query everything() {
  return {};
}

template <class Set>
archive_query with(Set&& set) {
  archive_query q;
  set(q);
  return q;
}

/// a to j, one each second from 1,000 on; every third with anna.
void fill(shelf& s) {
  for (int i = 0; i < 10; ++i) {
    REQUIRE(s.put(std::string(1, static_cast<char>('a' + i)), 1'000 + i * 1'000, i % 3 == 2 ? anna : emil) == outcome::done);
  }
}

}  // namespace

TEST_CASE("archive: everything of one account, in order; nothing of others") {
  shelf s;
  CHECK(s.page(everything()).empty());
  CHECK(s.count == 0);
  fill(s);
  s.put("x", 2'500, dora, "<m/>", emil);
  CHECK(s.page(everything()) == "abcdefghij");
  CHECK(s.count == 10);
  CHECK(s.page(everything(), emil) == "x");
  CHECK(s.page(everything(), anna).empty());
}

TEST_CASE("archive: XEP-0059: pages forwards, backwards, from both ends") {
  shelf s;
  fill(s);
  const auto page = [&](std::size_t most, const std::string& after, const std::string& before, bool last) {
    return s.page(with([&](archive_query& q) {
      q.most = most;
      q.page_after = after;
      q.page_before = before;
      q.last_page = last;
    }));
  };
  CHECK(page(4, "", "", false) == "abcd!");
  CHECK(s.count == 10);
  CHECK(page(4, "d", "", false) == "efgh!");
  CHECK(page(4, "h", "", false) == "ij");
  CHECK(page(4, "j", "", false).empty());
  CHECK(page(4, "", "", true) == "ghij!");
  CHECK(page(4, "", "g", true) == "cdef!");
  CHECK(page(4, "", "c", true) == "ab");
  CHECK(page(4, "", "a", true).empty());
  CHECK(page(4, "c", "f", false) == "de");
  CHECK(page(10, "", "", false) == "abcdefghij");
  CHECK(page(2, "?", "", false) == "?");
  CHECK(page(2, "", "?", true) == "?");
  s.put("x", 0, dora, "<m/>", emil);
  CHECK(page(2, "x", "", false) == "?");  // somebody else's id is none
}

TEST_CASE("archive: by time, by person, by resource, by id, and all of it together") {
  shelf s;
  fill(s);
  s.put("k", 20'000, emil, "<m/>", dora, "tower");
  CHECK(s.page(with([](archive_query& q) { q.start = 3'000; })) == "cdefghijk");
  CHECK(s.page(with([](archive_query& q) { q.start = 3'001; })) == "defghijk");
  CHECK(s.page(with([](archive_query& q) { q.end = 3'000; })) == "abc");
  CHECK(s.page(with([](archive_query& q) { q.end = 2'999; })) == "ab");
  CHECK(s.page(with([](archive_query& q) { q.start = 5'000, q.end = 4'000; })).empty());
  CHECK(s.page(with([](archive_query& q) { q.with = anna; })) == "cfi");
  CHECK(s.count == 3);
  CHECK(s.page(with([](archive_query& q) { q.with = anna, q.most = 2; })) == "cf!");
  CHECK_FALSE(s.count.has_value());
  CHECK(s.page(with([](archive_query& q) { q.with = emil, q.with_resource = "tower"; })) == "k");
  CHECK(s.page(with([](archive_query& q) { q.with = dora; })).empty());
  CHECK(s.page(with([](archive_query& q) { q.after_id = "h"; })) == "ijk");
  CHECK(s.page(with([](archive_query& q) { q.before_id = "c"; })) == "ab");
  CHECK(s.page(with([](archive_query& q) { q.after_id = "b", q.before_id = "f", q.page_after = "c"; })) == "de");
  CHECK(s.page(with([](archive_query& q) { q.after_id = "z"; })) == "?");
  CHECK(s.page(with([](archive_query& q) { q.ids = {"d", "b", "d"}; })) == "bd");
  CHECK(s.count == 2);
  CHECK(s.page(with([](archive_query& q) { q.ids = {"d", "b", "a"}, q.most = 2; })) == "ab!");
  CHECK(s.page(with([](archive_query& q) { q.ids = {"d", "b", "a"}, q.most = 2, q.last_page = true; })) == "bd!");
  CHECK(s.page(with([](archive_query& q) { q.ids = {"d", "zz"}; })) == "?");
  CHECK(s.page(with([](archive_query& q) { q.ids = {"c", "d"}, q.with = anna; })) == "c");
  CHECK(s.page(with([](archive_query& q) { q.with = anna, q.start = 4'000, q.last_page = true, q.most = 1; })) == "i!");
}

TEST_CASE("archive: a page has a size as well, but never no message") {
  shelf s;
  s.put("a", 1, emil, std::string(600, 'x'));
  s.put("b", 2, emil, std::string(300, 'x'));
  s.put("c", 3, emil, std::string(300, 'x'));
  const auto page = [&](std::size_t bytes) { return s.page(with([bytes](archive_query& q) { q.page_bytes = bytes; })); };
  CHECK(page(100) == "a!");
  CHECK(page(900) == "ab!");
  CHECK(page(1'200) == "abc");
}

TEST_CASE("archive: the order is that of arrival, whatever the clock does") {
  shelf s;
  s.put("a", 5'000);
  s.put("b", 5'000);
  s.put("c", 1'000);  // it was set back
  s.put("d", 5'000);
  s.put("e", 9'000);
  CHECK(s.page(everything()) == "abcde");
  CHECK(s.page(with([](archive_query& q) { q.page_after = "b"; })) == "cde");
  CHECK(s.page(with([](archive_query& q) { q.page_before = "d", q.last_page = true; })) == "abc");
  CHECK(s.ends() == "a5000 e9000 ");
  CHECK(s.ends(emil).empty());
}

TEST_CASE("archive: beyond its limits the oldest go, of that account alone; ids are never used again") {
  shelf s;
  s.put("x", 1, dora, "<m/>", emil);
  s.most.messages = 3;
  fill(s);
  CHECK(s.page(everything()) == "hij");
  CHECK(s.count == 3);
  CHECK(s.page(everything(), emil) == "x");
  CHECK(s.page(with([](archive_query& q) { q.page_after = "a"; })) == "?");
  CHECK(s.put("j", 50'000) == outcome::failed);
  CHECK(s.page(everything()) == "hij");
  s.most.bytes = 100;
  s.put("k", 60'000, emil, std::string(93, 'x'));
  CHECK(s.page(everything()) == "jk");
  s.put("l", 60'000, emil, std::string(101, 'x'));  // it would not stay, so nothing does
  CHECK(s.page(everything()).empty());
  CHECK(s.count == 0);
}

TEST_CASE("archive: it goes with its account, and preferences do") {
  shelf s;
  make(s.in(), dora);
  fill(s);
  const auto preferences = [&] {
    std::string all;
    s.in().read_now([&](database& db) {
      each_archive_preferences(
          db, [&](std::string_view owner, std::string_view text) { ((all += owner) += '=') += std::string(text) + ' '; });
      return outcome::done;
    });
    return all;
  };
  const auto prefer = [&](const std::string& owner, const std::string& text) {
    CHECK(s.in().write_now([&](database& db) { return put_archive_preferences(db, owner, text); }) == outcome::done);
  };
  prefer(dora, "never");
  prefer(dora, "roster");
  prefer(emil, "never");
  prefer(anna, "");
  CHECK(preferences() == dora + "=roster " + emil + "=never ");
  prefer(emil, "");
  CHECK(s.in().write_now([&](database& db) { return remove_account(db, dora); }) == outcome::done);
  CHECK(preferences().empty());
  CHECK(s.page(everything()).empty());
  CHECK(s.count == 0);
}

TEST_CASE("archive: a page out of many messages costs no look at the others") {
  shelf s;
  s.in().write_now([&](database& db) {
    for (int i = 0; i < 50'000; ++i) {
      append_to_archive(db, dora, "id" + std::to_string(i), i, i % 5'000 == 0 ? anna : emil, "r", "<message/>", s.most);
    }
    return outcome::done;
  });
  const auto before = std::chrono::steady_clock::now();
  for (int i = 0; i < 100; ++i) {
    CHECK(s.page(with([&](archive_query& q) { q.page_after = "id" + std::to_string(400 * i), q.most = 1; })) ==
          "id" + std::to_string(400 * i + 1) + "!");
    CHECK(s.page(with([&](archive_query& q) { q.start = 400 * i, q.most = 1; })) == "id" + std::to_string(400 * i) + "!");
    CHECK(s.page(with([&](archive_query& q) { q.with = anna, q.most = 1, q.last_page = true; })) == "id45000!");
  }
  // 300 pages; a look at every row would be thousands of times as much.
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(2));
}
