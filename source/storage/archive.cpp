#include "storage/archive.hpp"

#include <algorithm>
#include <limits>

namespace couplet::storage {
namespace {

/// Where a message stands in its archive. Two of one moment are told apart by their numbers, which grow.
struct place {
  std::int64_t time = 0;
  std::int64_t number = 0;
  friend auto operator<=>(const place&, const place&) = default;
};

constexpr auto greatest = std::numeric_limits<std::int64_t>::max();

/// Both ends are outside.
struct range {
  place from{std::numeric_limits<std::int64_t>::min(), 0};
  place to{greatest, greatest};
};

std::optional<place> place_of(database& db, std::string_view owner, std::string_view id) {
  query q(db, "SELECT time, number FROM archive WHERE id = ? AND owner = ?");
  if (!q.bind(id).bind(owner).next()) return std::nullopt;
  return place{q.number(0), q.number(1)};
}

/// False: the archive has no such message.
bool begin_behind(database& db, std::string_view owner, const std::string& id, range& r) {
  if (id.empty()) return true;
  const auto at = place_of(db, owner, id);
  if (at) r.from = std::max(r.from, *at);
  return at.has_value();
}

bool end_before(database& db, std::string_view owner, const std::string& id, range& r) {
  if (id.empty()) return true;
  const auto at = place_of(db, owner, id);
  if (at) r.to = std::min(r.to, *at);
  return at.has_value();
}

bool find_range(database& db, std::string_view owner, const archive_query& what, range& r) {
  if (what.start) r.from = std::max(r.from, place{*what.start, 0});
  if (what.end) r.to = std::min(r.to, place{*what.end, greatest});
  return begin_behind(db, owner, what.after_id, r) && end_before(db, owner, what.before_id, r) &&
         begin_behind(db, owner, what.page_after, r) && end_before(db, owner, what.page_before, r);
}

void remove_oldest(database& db, std::string_view owner, const archive_limits& most) {
  for (;;) {
    {
      query size(db, "SELECT messages, bytes FROM archive_sizes WHERE owner = ?");
      if (!size.bind(owner).next()) return;
      const auto messages = static_cast<std::size_t>(size.number(0));
      const auto bytes = static_cast<std::size_t>(size.number(1));
      if (messages <= most.messages && bytes <= most.bytes) return;
    }
    query oldest(db,
                 "DELETE FROM archive WHERE number ="
                 " (SELECT number FROM archive WHERE owner = ? ORDER BY time, number LIMIT 1)");
    oldest.bind(owner).run();
    if (db.changes() == 0) return;
  }
}

/// Takes rows until the page is full. True: there was nothing more.
class collector {
 public:
  collector(const archive_query& what, archive_page& page) : what_(what), page_(page) {}
  /// False: it does not fit any more.
  bool take(std::string_view id, std::int64_t time, std::string_view stanza) {
    const bool fits = page_.messages.empty() ? what_.most != 0
                                             : page_.messages.size() < what_.most && bytes_ + stanza.size() <= what_.page_bytes;
    if (!fits) return false;
    bytes_ += stanza.size();
    page_.messages.emplace_back(id, time, stanza);
    return true;
  }

 private:
  const archive_query& what_;
  archive_page& page_;
  std::size_t bytes_ = 0;
};

// One text for each way to ask, so that each is compiled once and served by an index.
constexpr std::string_view statements[2][3] = {
    {"SELECT id, time, stanza FROM archive WHERE owner = ?1 AND (time, number) > (?2, ?3) AND (time, number) < (?4, ?5)"
     " ORDER BY time, number",
     "SELECT id, time, stanza FROM archive WHERE owner = ?1 AND (time, number) > (?2, ?3) AND (time, number) < (?4, ?5)"
     " AND peer = ?6 ORDER BY time, number",
     "SELECT id, time, stanza FROM archive WHERE owner = ?1 AND (time, number) > (?2, ?3) AND (time, number) < (?4, ?5)"
     " AND peer = ?6 AND resource = ?7 ORDER BY time, number"},
    {"SELECT id, time, stanza FROM archive WHERE owner = ?1 AND (time, number) > (?2, ?3) AND (time, number) < (?4, ?5)"
     " ORDER BY time DESC, number DESC",
     "SELECT id, time, stanza FROM archive WHERE owner = ?1 AND (time, number) > (?2, ?3) AND (time, number) < (?4, ?5)"
     " AND peer = ?6 ORDER BY time DESC, number DESC",
     "SELECT id, time, stanza FROM archive WHERE owner = ?1 AND (time, number) > (?2, ?3) AND (time, number) < (?4, ?5)"
     " AND peer = ?6 AND resource = ?7 ORDER BY time DESC, number DESC"},
};

void read_range(database& db, std::string_view owner, const archive_query& what, const range& r, archive_page& page) {
  const auto narrow = what.with.empty() ? 0 : what.with_resource.empty() ? 1 : 2;
  query q(db, statements[what.last_page ? 1 : 0][narrow]);
  q.bind(owner).bind(r.from.time).bind(r.from.number).bind(r.to.time).bind(r.to.number);
  if (narrow > 0) q.bind(what.with);
  if (narrow > 1) q.bind(what.with_resource);
  collector c(what, page);
  page.complete = true;
  while (page.complete && q.next()) page.complete = c.take(q.text(0), q.number(1), q.text(2));
}

/// False: one of them is not in the archive.
bool find_ids(database& db, std::string_view owner, const archive_query& what, const range& r, std::vector<place>& found) {
  for (const auto& id : what.ids) {
    query q(db, "SELECT time, number, peer, resource FROM archive WHERE id = ? AND owner = ?");
    if (!q.bind(id).bind(owner).next()) return false;
    const place at{q.number(0), q.number(1)};
    const bool with =
        (what.with.empty() || q.text(2) == what.with) && (what.with_resource.empty() || q.text(3) == what.with_resource);
    if (with && at > r.from && at < r.to) found.push_back(at);
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  if (what.last_page) std::reverse(found.begin(), found.end());
  return true;
}

void read_places(database& db, const archive_query& what, const std::vector<place>& places, archive_page& page) {
  collector c(what, page);
  page.complete = true;
  query q(db, "SELECT id, time, stanza FROM archive WHERE number = ?");
  for (const auto& at : places) {
    q.bind(at.number);
    if (q.next()) page.complete = c.take(q.text(0), q.number(1), q.text(2));
    q.reset();
    if (!page.complete) return;
  }
}

/// The whole archive, or what is in one page anyway: the number of others would cost a look at each.
void count(database& db, std::string_view owner, const archive_query& what, archive_page& page) {
  const bool from_the_end = what.page_after.empty() && what.page_before.empty();
  const bool everything =
      what.with.empty() && !what.start && !what.end && what.after_id.empty() && what.before_id.empty() && what.ids.empty();
  if (from_the_end && page.complete) {
    page.count = page.messages.size();
  } else if (everything) {
    query q(db, "SELECT messages FROM archive_sizes WHERE owner = ?");
    page.count = q.bind(owner).next() ? static_cast<std::size_t>(q.number(0)) : 0;
  }
}

}  // namespace

outcome append_to_archive(database& db, std::string_view owner, std::string_view id, std::int64_t time, std::string_view with,
                          std::string_view resource, std::string_view stanza, const archive_limits& most) {
  {
    // The clock may have been set back meanwhile; pages must not.
    query last(db, "SELECT max(time) FROM archive WHERE owner = ?");
    if (last.bind(owner).next() && !last.is_null(0)) time = std::max(time, last.number(0));
  }
  {
    query q(db, "INSERT INTO archive (owner, id, time, peer, resource, stanza) VALUES (?, ?, ?, ?, ?, ?)");
    q.bind(owner).bind(id).bind(time).bind(with).bind(resource).bind(stanza).run();
  }
  remove_oldest(db, owner, most);
  return outcome::done;
}

outcome read_archive(database& db, std::string_view owner, const archive_query& what, archive_page& page) {
  range r;
  if (!find_range(db, owner, what, r)) return outcome::missing;
  if (what.ids.empty()) {
    read_range(db, owner, what, r, page);
  } else {
    std::vector<place> places;
    if (!find_ids(db, owner, what, r, places)) return outcome::missing;
    read_places(db, what, places, page);
  }
  if (what.last_page) std::reverse(page.messages.begin(), page.messages.end());
  count(db, owner, what, page);
  return outcome::done;
}

void read_archive_ends(database& db, std::string_view owner, std::vector<archived_message>& ends) {
  for (const auto* const text : {"SELECT id, time FROM archive WHERE owner = ? ORDER BY time, number LIMIT 1",
                                 "SELECT id, time FROM archive WHERE owner = ? ORDER BY time DESC, number DESC LIMIT 1"}) {
    query q(db, text);
    if (q.bind(owner).next()) ends.emplace_back(q.text(0), q.number(1), std::string_view());
  }
}

void each_archived(database& db, std::string_view owner,
                   const std::function<void(std::string_view, std::int64_t, std::string_view)>& visit) {
  query q(db, "SELECT id, time, stanza FROM archive WHERE owner = ? ORDER BY time, number");
  q.bind(owner);
  while (q.next()) visit(q.text(0), q.number(1), q.text(2));
}

bool is_archive_id_used(database& db, std::string_view id) {
  query q(db, "SELECT 1 FROM archive WHERE id = ?");
  return q.bind(id).next();
}

outcome put_archive_preferences(database& db, std::string_view owner, std::string_view text) {
  if (text.empty()) {
    query q(db, "DELETE FROM archive_preferences WHERE owner = ?");
    q.bind(owner).run();
    return outcome::done;
  }
  query q(db,
          "INSERT INTO archive_preferences (owner, value) VALUES (?, ?)"
          " ON CONFLICT (owner) DO UPDATE SET value = excluded.value");
  q.bind(owner).bind(text).run();
  return outcome::done;
}

std::string archive_preferences_of(database& db, std::string_view owner) {
  query q(db, "SELECT value FROM archive_preferences WHERE owner = ?");
  return q.bind(owner).next() ? std::string(q.text(0)) : std::string();
}

void each_archive_preferences(database& db, const std::function<void(std::string_view, std::string_view)>& visit) {
  query q(db, "SELECT owner, value FROM archive_preferences");
  while (q.next()) visit(q.text(0), q.text(1));
}

void remove_archive(database& db, std::string_view owner) {
  for (const auto* const text : {"DELETE FROM archive WHERE owner = ?", "DELETE FROM archive_preferences WHERE owner = ?"}) {
    query q(db, text);
    q.bind(owner).run();
  }
}

}  // namespace couplet::storage
