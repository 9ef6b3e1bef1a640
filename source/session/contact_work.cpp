#include "contact_work.hpp"

#include <memory>

#include "avatars.hpp"
#include "contact_change.hpp"
#include "delivery.hpp"
#include "iq_answers.hpp"
#include "lives.hpp"
#include "presence.hpp"
#include "probes.hpp"
#include "pubsub_form.hpp"
#include "roster.hpp"
#include "subscriptions.hpp"
#include "xml/names.hpp"

namespace couplet::session {
namespace {

// What may wait: enough for a client that says at once all that it has to say.
constexpr std::size_t most_stanzas = 256;
constexpr std::size_t most_bytes = 1U << 20U;
constexpr std::size_t most_bytes_of_all = 32U << 20U;

using storage::entry_kind;
using work_pointer = std::weak_ptr<contact_work>;

/// The account whose work this is; null: it is gone.
account_table::entry* owner_of(core& c, const std::string& bare_jid, const work_pointer& work) {
  auto* const owner = c.accounts.find(bare_jid);
  const auto at_work = work.lock();
  return owner != nullptr && at_work != nullptr && owner->second.known != nullptr && owner->second.known->work == at_work
             ? owner
             : nullptr;
}

/// What a guest has is gone with it: nothing of it is stored.
bool is_passing(const core& c, const account_table::entry& owner) {
  return c.options.guests && is_guest_name(std::string_view(owner.first).substr(0, owner.first.find('@')));
}

bool may_wait(const contact_work& work, std::size_t bytes) noexcept {
  return work.waiting.size() < most_stanzas && work.bytes + bytes <= most_bytes && work.all_waiting + bytes <= most_bytes_of_all;
}

void put_behind(contact_work& work, contact_stanza&& s) {
  work.bytes += s.xml.size();
  work.all_waiting += s.xml.size();
  work.waiting.push_back(std::move(s));
}

contact_stanza take_first(contact_work& work) {
  contact_stanza s = std::move(work.waiting.front());
  work.waiting.erase(work.waiting.begin());
  work.bytes -= s.xml.size();
  work.all_waiting -= s.xml.size();
  return s;
}

void dispatch(core& c, account_table::entry& owner, contact_stanza&& s, effects& out) {
  const auto head = read_head(s.xml);
  if (head.kind == stanza_kind::iq) return on_roster_request(c, owner, std::move(s), head, out);
  if (head.is_subscription()) {
    return s.session != 0 ? on_own_subscription(c, owner, std::move(s.xml), head, out)
                          : on_contact_subscription(c, owner, std::move(s.xml), head, out);
  }
  if (head.type == stanza_type::probe) return answer_contact_probe(c, std::move(s.xml), head, owner, out);
  session* const own = c.sessions.find(s.session);
  if (own == nullptr) return ignore(std::move(s.xml));  // it has ended, and that was told
  broadcast_presence(c, *own, std::move(s.xml), head, out);
}

/// Works on what waits, until the storage is asked again or nothing is left.
void go_on(core& c, account_table::entry& owner, effects& out) {
  const auto work = owner.second.known->work;
  if (work->running) return;
  work->running = true;
  while (!work->asking && !work->waiting.empty()) dispatch(c, owner, take_first(*work), out);
  work->running = false;
  if (work->asking) return;
  owner.second.known->work.reset();
  forget(c, owner, out);
}

void fill(core& c, contacts& known, const storage_answer& answer) {
  for (const auto& e : answer.entries) {
    if (e.kind == entry_kind::subscription_request) {
      known.put_request(e.key, e.value);
      continue;
    }
    if (e.kind == entry_kind::pep_node) {
      if (e.key == avatar_metadata_node) known.photo = read_config(e.value).avatar;
      continue;
    }
    auto item = roster_item::read(c.document.parse(e.value, xml::ns::iq_roster), e.key);
    if (!item.jid().empty()) known.put(std::move(item));
  }
  known.shrink();
}

void load(core& c, account_table::entry& owner, effects& out) {
  auto& known = *owner.second.known;
  if (is_passing(c, owner)) {
    known.is_loaded = true;
    return go_on(c, owner, out);
  }
  known.work->asking = true;
  auto then = [name = std::string(owner.first), work = work_pointer(known.work)](core& core_, storage_answer&& answer,
                                                                                 effects& effects_) {
    auto* const found = owner_of(core_, name, work);
    if (found == nullptr) return;
    if (answer.outcome != storage_outcome::done) return give_up_contacts(core_, *found, answer.outcome, effects_);
    auto& loaded = *found->second.known;
    fill(core_, loaded, answer);
    loaded.is_loaded = true;
    loaded.work->asking = false;
    go_on(core_, *found, effects_);
  };
  ask(c, owner.first, read_entries({entry_kind::roster_item, entry_kind::subscription_request, entry_kind::pep_node}),
      std::move(then), out);
}

std::vector<entry_change> steps_of(const contact_change& change) {
  using verb = entry_change::verb;
  std::vector<entry_change> steps;
  if (change.item) {
    std::string text;
    change.item->append_to(text);
    steps.emplace_back(verb::put, entry_kind::roster_item, change.jid, std::move(text));
  }
  if (change.removes_item) steps.emplace_back(verb::remove, entry_kind::roster_item, change.jid);
  if (change.request) steps.emplace_back(verb::put, entry_kind::subscription_request, change.jid, *change.request);
  if (change.removes_request) steps.emplace_back(verb::remove, entry_kind::subscription_request, change.jid);
  return steps;
}

void on_stored(core& c, account_table::entry& owner, contact_change& change, storage_outcome what, effects& out) {
  if (what == storage_outcome::done) {
    carry_out(c, owner, std::move(change), out);
  } else {
    answer_kept_error(c, change.first_tag, condition_of(what), out);
  }
  owner.second.known->work->asking = false;
  go_on(c, owner, out);
}

}  // namespace

void with_contacts(core& c, account_table::entry& owner, contact_stanza&& s, effects& out) {
  auto& known = owner.second.known;
  const bool is_new = known == nullptr;
  if (is_new) known = std::make_unique<contacts>();
  const bool is_idle = known->work == nullptr;
  if (is_idle) known->work = std::make_shared<contact_work>(c.waiting_for_contacts);
  if (!may_wait(*known->work, s.xml.size()) && !is_idle) {
    const auto head = read_head(s.xml);
    return answer_error(c, std::move(s.xml), head, condition::resource_constraint, out);
  }
  put_behind(*known->work, std::move(s));
  if (is_new) return load(c, owner, out);
  if (is_idle) go_on(c, owner, out);
}

void give_up_contacts(core& c, account_table::entry& owner, storage_outcome why, effects& out) {
  const auto known = std::exchange(owner.second.known, nullptr);
  while (known != nullptr && known->work != nullptr && !known->work->waiting.empty()) {
    auto s = take_first(*known->work);
    const auto head = read_head(s.xml);
    answer_error(c, std::move(s.xml), head, condition_of(why), out);
  }
  forget(c, owner, out);
}

void make_change(core& c, account_table::entry& owner, contact_change&& change, effects& out) {
  auto steps = steps_of(change);
  if (steps.empty() || is_passing(c, owner)) return carry_out(c, owner, std::move(change), out);
  auto& work = owner.second.known->work;
  work->asking = true;
  auto then = [name = std::string(owner.first), pointer = work_pointer(work),
               kept = std::make_shared<contact_change>(std::move(change))](core& core_, storage_answer&& answer,
                                                                           effects& effects_) {
    if (auto* const found = owner_of(core_, name, pointer)) on_stored(core_, *found, *kept, answer.outcome, effects_);
  };
  ask(c, owner.first, change_entries(std::move(steps)), std::move(then), out);
}

const contacts* contacts_of(const account_table::entry& owner) noexcept {
  const auto* const known = owner.second.known.get();
  return known != nullptr && known->is_loaded ? known : nullptr;
}

bool is_at_work(const account_table::entry& owner) noexcept {
  return owner.second.known != nullptr && owner.second.known->work != nullptr;
}

void let_go_of_contacts(const core& c, account_table::entry& owner) noexcept {
  if (owner.second.session_count == 0 && !is_at_work(owner) && !is_passing(c, owner)) owner.second.known.reset();
}

}  // namespace couplet::session
