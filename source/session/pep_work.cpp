#include "pep_work.hpp"

#include <utility>

#include "contact_work.hpp"
#include "delivery.hpp"
#include "iq_answers.hpp"
#include "pep_events.hpp"
#include "pubsub_request.hpp"
#include "xml/names.hpp"

namespace couplet::session {
namespace {

constexpr std::size_t most_pep_tasks = 256;
constexpr std::size_t most_waiting_bytes = 1U << 20U;
constexpr std::size_t most_waiting_bytes_of_all = 32U << 20U;

using storage::entry_kind;

pep_task take_first(core& c, pep_account& a) {
  auto task = std::move(a.waiting.front());
  a.waiting.pop_front();
  a.waiting_bytes -= task.xml.size();
  c.pep.all_waiting_bytes -= task.xml.size();
  return task;
}

void refuse_task(core& c, pep_task&& task, condition why, effects& out) {
  if (task.what != pep_task::kind::request) return ignore(std::move(task.xml));
  const auto head = read_head(task.xml);
  answer_error(c, std::move(task.xml), head, why, out);
}

void dispatch(core& c, pep_account& a, pep_task&& task, effects& out) {
  if (task.what == pep_task::kind::request) return work_on_request(c, a, std::move(task.xml), out);
  send_last_items(c, a, task.xml, out);
  ignore(std::move(task.xml));
}

void go_on(core& c, pep_account& a, effects& out) {
  if (a.running) return;
  a.running = true;
  while (!a.asking && !a.waiting.empty()) dispatch(c, a, take_first(c, a), out);
  a.running = false;
}

/// What waits for nodes that could not be read.
void fail_all(core& c, pep_account& a, storage_outcome why, effects& out) {
  const auto owner = a.owner;
  std::vector<pep_task> tasks;
  while (!a.waiting.empty()) tasks.push_back(take_first(c, a));
  c.pep.erase(owner);
  for (auto& t : tasks) refuse_task(c, std::move(t), condition_of(why), out);
}

void load(core& c, pep_account& a, effects& out) {
  const auto then = [](core& at, pep_account& account, storage_answer&& answer, effects& o) {
    // An account that cannot be read is forgotten: the next task tries again.
    if (answer.outcome != storage_outcome::done) return fail_all(at, account, answer.outcome, o);
    fill(account, answer);
    account.is_loaded = true;
  };
  ask_in_turn(c, a, read_entries({entry_kind::pep_node, entry_kind::pep_item}), then, out);
}

bool has_from_in(core& c, std::string_view item) {
  const auto state = std::string(c.document.parse(item, xml::ns::iq_roster).attribute("subscription").value_or(""));
  return state == "from" || state == "both";
}

const contacts* known_contacts(core& c, const pep_account& a) {
  const auto* const owner = c.accounts.find(a.owner);
  return owner != nullptr ? contacts_of(*owner) : nullptr;
}

}  // namespace

void with_pep(core& c, std::string_view owner, pep_task&& task, effects& out) {
  auto& a = c.pep.make(owner);
  const bool is_idle = a.waiting.empty() && !a.asking && !a.running;
  const auto bytes = task.xml.size();
  const bool fits = a.waiting.size() < most_pep_tasks && a.waiting_bytes + bytes <= most_waiting_bytes &&
                    c.pep.all_waiting_bytes + bytes <= most_waiting_bytes_of_all;
  if (!is_idle && !fits) return refuse_task(c, std::move(task), condition::resource_constraint, out);
  a.waiting_bytes += bytes;
  c.pep.all_waiting_bytes += bytes;
  a.waiting.push_back(std::move(task));
  if (!is_idle) return;
  a.is_loaded ? go_on(c, a, out) : load(c, a, out);
}

void forget_pep(core& c, std::string_view owner, effects& out) {
  auto* const a = c.pep.find(owner);
  if (a == nullptr) return;
  std::vector<pep_task> tasks;
  while (!a->waiting.empty()) tasks.push_back(take_first(c, *a));
  c.pep.erase(owner);
  for (auto& t : tasks) refuse_task(c, std::move(t), condition::service_unavailable, out);
}

void ask_in_turn(core& c, pep_account& a, storage_request::work what, pep_continuation then, effects& out, std::size_t kept) {
  a.asking = true;
  auto next = [owner = a.owner, number = a.number, then = std::move(then)](core& at, storage_answer&& answer, effects& o) {
    auto* found = at.pep.find(owner);
    if (found == nullptr || found->number != number) return;
    found->asking = false;
    const bool was_running = std::exchange(found->running, true);
    then(at, *found, std::move(answer), o);
    found = at.pep.find(owner);
    if (found == nullptr || found->number != number) return;
    found->running = was_running;
    go_on(at, *found, o);
  };
  const std::string owner(a.owner);
  ask(c, owner, std::move(what), std::move(next), out, kept);
}

void when_standing_is_known(core& c, pep_account& a, std::string_view who,
                            std::function<void(core& c, pep_account& a, bool subscribed, effects& out)> then, effects& out) {
  if (who == a.owner) return then(c, a, true, out);
  if (const auto* const known = known_contacts(c, a)) return then(c, a, has_from(known->standing_of(who).state), out);
  const auto look = [then = std::move(then)](core& at, pep_account& account, storage_answer&& answer, effects& o) {
    then(at, account, !answer.entries.empty() && has_from_in(at, answer.entries[0].value), o);
  };
  ask_in_turn(c, a, read_entries(entry_kind::roster_item, std::string(who)), look, out);
}

void when_subscribers_are_known(
    core& c, pep_account& a, std::function<void(core& c, pep_account& a, const std::vector<std::string>& who, effects& out)> then,
    effects& out) {
  std::vector<std::string> who;
  if (const auto* const known = known_contacts(c, a)) {
    for (const auto& item : known->items()) {
      if (has_from(item.subscription().state)) who.emplace_back(item.jid());
    }
    return then(c, a, who, out);
  }
  const auto look = [then = std::move(then)](core& at, pep_account& account, storage_answer&& answer, effects& o) {
    std::vector<std::string> found;
    for (const auto& e : answer.entries) {
      if (has_from_in(at, e.value)) found.push_back(e.key);
    }
    then(at, account, found, o);
  };
  ask_in_turn(c, a, read_entries({entry_kind::roster_item}), look, out);
}

}  // namespace couplet::session
