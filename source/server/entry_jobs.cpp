#include "entry_jobs.hpp"

#include "session/delay.hpp"
#include "storage/accounts.hpp"
#include "storage/archive.hpp"
#include "storage/entries.hpp"

namespace couplet::server {

using storage::outcome;

namespace {

/// One overload for each kind of work.
struct performer {
  storage::database& db;
  const std::string& owner;
  session::storage_answer& answer;
  const std::int64_t now;

  outcome operator()(const session::read_entries& r) const {
    for (const auto kind : r.kinds) {
      const auto take = [&](std::string_view key, std::string_view value) { answer.entries.emplace_back(kind, key, value); };
      switch (r.match) {
        case session::key_match::any: storage::each_entry(db, owner, kind, take); break;
        case session::key_match::prefix: storage::each_entry_below(db, owner, kind, r.key, take); break;
        case session::key_match::exact:
          if (const auto found = storage::entry_of(db, owner, kind, r.key)) take(r.key, *found);
          break;
      }
    }
    return outcome::done;
  }

  outcome operator()(const session::change_entries& r) const {
    using verb = session::entry_change::verb;
    bool more = false;
    for (const auto& step : r.steps) {
      switch (step.what) {
        case verb::put:
          storage::put_entry(db, owner, step.kind, step.key, step.value);
          more = true;
          break;
        case verb::remove: storage::remove_entry(db, owner, step.kind, step.key); break;
        case verb::remove_prefix: storage::remove_entries_below(db, owner, step.kind, step.key); break;
      }
    }
    return more ? storage::check_entries(db, owner, r.most) : outcome::done;
  }

  outcome operator()(const session::append_offline& r) const {
    auto stanza = r.stanza;
    if (!r.stamped_by.empty()) session::append_delay(stanza, r.stamped_by, now);
    std::string origin;
    if (r.origin.is_known()) route::append(origin, route::origin{r.origin.link, r.origin.number, 0});
    const auto kept = storage::append_offline(db, owner, stanza, r.most, origin);
    return kept == outcome::done && r.archived ? (*this)(*r.archived) : kept;
  }

  outcome operator()(const session::read_offline& r) const {
    const auto take = [&](std::int64_t number, std::string_view stanza, std::string_view origin) {
      answer.messages.emplace_back(number, stanza, route::parse_origin(origin).value_or(route::origin()));
    };
    storage::read_offline(db, owner, r.after, r.page_bytes, take);
    return outcome::done;
  }

  outcome operator()(const session::remove_offline& r) const {
    storage::remove_offline(db, owner, r.up_to);
    return outcome::done;
  }

  outcome operator()(const session::archive_message& r) const {
    if (r.contacts_only && !storage::entry_of(db, owner, storage::entry_kind::roster_item, r.with)) return outcome::done;
    return storage::append_to_archive(db, owner, r.id, now, r.with, r.resource, r.stanza, r.most);
  }

  outcome operator()(const session::read_archive& r) const {
    answer.unknown_id = storage::read_archive(db, owner, r.what, answer.page) == outcome::missing;
    return outcome::done;
  }

  outcome operator()(const session::read_archive_ends&) const {
    storage::read_archive_ends(db, owner, answer.page.messages);
    return outcome::done;
  }

  outcome operator()(const session::put_archive_preferences& r) const {
    return storage::put_archive_preferences(db, owner, r.text);
  }

  outcome operator()(const session::empty_everything&) const {
    storage::remove_all(db);
    return outcome::done;
  }

  outcome operator()(const session::remove_everything&) const {
    storage::remove_all_of(db, owner);
    return outcome::done;
  }
};

}  // namespace

outcome perform(storage::database& db, const session::storage_request& r, session::storage_answer& answer, std::int64_t now) {
  answer = session::storage_answer();
  return std::visit(performer{db, r.owner, answer, now}, r.what);
}

session::storage_outcome told(outcome o) noexcept {
  switch (o) {
    case outcome::done:
    case outcome::exists:
    case outcome::missing: return session::storage_outcome::done;
    case outcome::over_limit: return session::storage_outcome::over_limit;
    case outcome::full:
    case outcome::busy: return session::storage_outcome::full;
    case outcome::failed: break;
  }
  return session::storage_outcome::unavailable;
}

}  // namespace couplet::server
