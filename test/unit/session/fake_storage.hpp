#pragma once

#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "session/delay.hpp"
#include "session/storage_request.hpp"

namespace couplet::session::testing {

/// What a database does for a manager, in plain maps.
class fake_storage {
 public:
  /// What it answers to everything; `done`: it works.
  storage_outcome broken = storage_outcome::done;

  storage_answer answer(const storage_request& r) {
    if (broken != storage_outcome::done) return storage_answer(broken);
    storage_answer a;
    owner_ = r.owner;
    answer_ = &a;
    std::visit([this](const auto& what) { work(what); }, r.what);
    return a;
  }
  std::string entry(const std::string& owner, storage::entry_kind kind, const std::string& name = {}) const {
    const auto found = entries_.find({owner, kind, name});
    return found == entries_.end() ? "(none)" : found->second;
  }
  std::size_t entries() const noexcept { return entries_.size(); }
  std::size_t messages(const std::string& owner) const {
    const auto found = offline_.find(owner);
    return found == offline_.end() ? 0 : found->second.size();
  }

  route::origin origin;  ///< that all messages have which wait

  // Of archives: what was written, and asked; what is answered.
  std::vector<std::string> archived;
  storage::archive_query asked;
  storage::archive_page page;
  bool unknown_id = false;
  std::map<std::string, std::string> preferences;

 private:
  using key = std::tuple<std::string, storage::entry_kind, std::string>;

  void work(const read_entries& r) {
    for (const auto kind : r.kinds) {
      for (const auto& [k, value] : entries_) {
        const auto& name = std::get<2>(k);
        if (std::get<0>(k) != owner_ || std::get<1>(k) != kind) continue;
        const bool meant = r.match == key_match::any || (r.match == key_match::exact ? name == r.key : name.starts_with(r.key));
        if (meant) answer_->entries.emplace_back(kind, name, value);
      }
    }
  }
  void work(const change_entries& r) {
    auto changed = entries_;
    bool more = false;
    for (const auto& s : r.steps) {
      if (s.what == entry_change::verb::put) changed[{owner_, s.kind, s.key}] = s.value;
      if (s.what == entry_change::verb::remove) changed.erase({owner_, s.kind, s.key});
      if (s.what == entry_change::verb::remove_prefix) {
        std::erase_if(changed, [&](const auto& e) {
          return std::get<0>(e.first) == owner_ && std::get<1>(e.first) == s.kind && std::get<2>(e.first).starts_with(s.key);
        });
      }
      more = more || s.what == entry_change::verb::put;
    }
    std::size_t count = 0, bytes = 0;
    for (const auto& [k, value] : changed) {
      if (std::get<0>(k) != owner_) continue;
      ++count;
      bytes += std::get<2>(k).size() + value.size();
    }
    if (more && (count > r.most.entries || bytes > r.most.bytes)) {
      answer_->outcome = storage_outcome::over_limit;
      return;
    }
    entries_ = std::move(changed);
  }
  void work(const archive_message& r) {
    if (r.contacts_only && entry(owner_, storage::entry_kind::roster_item, r.with) == "(none)") return;
    archived.push_back(owner_ + (r.resource.empty() ? " with " + r.with : " with " + r.with + "/" + r.resource) + " " + r.id +
                       " " + r.stanza);
  }
  void work(const read_archive& r) {
    asked = r.what;
    answer_->page = page;
    answer_->unknown_id = unknown_id;
  }
  void work(const read_archive_ends&) { answer_->page = page; }
  void work(const put_archive_preferences& r) { preferences[owner_] = r.text; }
  void work(const append_offline& r) {
    auto& waiting = offline_[owner_];
    std::size_t bytes = r.stanza.size();
    for (const auto& m : waiting) bytes += m.second.size();
    answer_->outcome =
        waiting.size() >= r.most.messages || bytes > r.most.bytes ? storage_outcome::over_limit : storage_outcome::done;
    if (answer_->outcome == storage_outcome::done) waiting[++last_] = r.stanza;
    if (answer_->outcome == storage_outcome::done) append_delay(waiting[last_], r.stamped_by, 1'000);
    if (answer_->outcome == storage_outcome::done && r.archived) work(*r.archived);
  }
  void work(const read_offline& r) {
    std::size_t bytes = 0;
    const auto& waiting = offline_[owner_];
    for (auto at = waiting.upper_bound(r.after); at != waiting.end() && bytes < r.page_bytes; ++at) {
      answer_->messages.emplace_back(at->first, at->second, origin);
      bytes += at->second.size();
    }
  }
  void work(const remove_offline& r) {
    auto& waiting = offline_[owner_];
    waiting.erase(waiting.begin(), waiting.upper_bound(r.up_to));
  }
  void work(const empty_everything&) {
    entries_.clear();
    offline_.clear();
    archived.clear();
    preferences.clear();
  }
  void work(const remove_everything&) {
    std::erase_if(entries_, [this](const auto& e) { return std::get<0>(e.first) == owner_; });
    offline_.erase(owner_);
  }

  std::map<key, std::string> entries_;
  std::map<std::string, std::map<std::int64_t, std::string>> offline_;
  std::int64_t last_ = 0;
  std::string owner_;
  storage_answer* answer_ = nullptr;
};

}  // namespace couplet::session::testing
