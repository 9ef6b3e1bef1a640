#include "reset.hpp"

#include <algorithm>
#include <utility>

#include "admin_commands.hpp"
#include "contact_work.hpp"
#include "lives.hpp"
#include "orders.hpp"
#include "pep_work.hpp"
#include "registration.hpp"
#include "route/client_id.hpp"

namespace couplet::session {
namespace {

/// How long after it a client may still give back what it was sent before.
constexpr std::int64_t aftermath = 10 * 60'000;

void end_everybody(core& c, std::uint64_t spared, effects& out) {
  std::vector<std::uint64_t> all;
  c.sessions.each([&](const session& s) { all.push_back(c.sessions.handle_of(s)); });
  for (const auto handle : all) {
    session* const s = handle != spared ? c.sessions.find(handle) : nullptr;
    if (s != nullptr) end_session_of(c, *s, route::failure_text::server_reset, out);
  }
  c.admin.forgets_before = c.sessions.next_sequence();
  c.admin.emptied_at = c.now();
}

/// Somebody whose session goes on begins anew.
void begin_anew(core& c, account_table::entry& owner) {
  auto known = std::make_unique<contacts>();
  known->is_loaded = true;
  owner.second.known = std::move(known);
  c.sessions.each_of(owner, [](session& s) {
    s.directed.reset();
    s.offline = offline_turn();
  });
}

void empty_account(core& c, const std::string& name, effects& out) {
  forget_pep(c, name, out);
  auto* owner = c.accounts.find(name);
  if (owner->second.known != nullptr) give_up_contacts(c, *owner, storage_outcome::unavailable, out);
  owner = c.accounts.find(name);  // a guest's is gone by now
  if (owner == nullptr) return;
  owner->second.stored = false;
  owner->second.mail = waiting_mail::none;
  if (owner->second.session_count != 0) return begin_anew(c, *owner);
  if (!c.admin.configured.contains(name)) c.accounts.erase(name);
}

void forget_everything(core& c, effects& out) {
  std::vector<std::string> names;
  c.accounts.each([&](const account_table::entry& e) { names.push_back(e.first); });
  for (const auto& name : names) empty_account(c, name, out);
  for (const auto& [name, password] : c.admin.configured) c.accounts.put(name, password);
  c.blocks = block_table();
  c.archive_preferences.clear();
  c.admin.open.close_all();
}

running_command* running_at(core& c, std::uint64_t number) {
  const auto found = c.admin.running.find(number);
  return found == c.admin.running.end() ? nullptr : &found->second;
}

/// The partitions are quiet: what is stored goes, then what they know.
void empty_storage(core& c, const running_command& r, effects& out) {
  const session* const asker = c.sessions.find(r.who);
  const std::string name(asker != nullptr ? asker->bare() : std::string_view());
  const auto then = [number = r.number](core& at, storage_answer&& a, effects& more) {
    auto* const waiting = running_at(at, number);
    if (waiting == nullptr) return;
    waiting->failed_wholly = a.outcome != storage_outcome::done;
    if (waiting->failed_wholly) {
      waiting->failed.emplace_back("The storage could not be emptied, and the log says why. Sessions have ended.");
      waiting->first_failure = condition::internal_server_error;
    }
    for (std::uint32_t i = 0; i < at.partitions; ++i) {
      auto o = std::make_shared<order>(order::kind::open_doors, std::string_view());
      o->spared = waiting->who;
      o->keeps = waiting->failed_wholly;
      send_order(at, *waiting, std::move(o), i, more);
    }
  };
  ask(c, name, empty_everything(), then, out);
}

}  // namespace

void close_doors(core& c, std::shared_ptr<order> o, effects& out) {
  ++c.admin.closed;
  end_everybody(c, o->spared, out);
  answer_when_quiet(c, std::move(o), out);
}

void open_doors(core& c, std::shared_ptr<order> o, effects& out) {
  if (c.admin.closed != 0) --c.admin.closed;
  if (!o->keeps) {
    end_everybody(c, o->spared, out);
    forget_everything(c, out);
  }
  answer_order(std::move(o), order::result::done, out);
}

void answer_when_quiet(core& c, std::shared_ptr<order> o, effects& out) {
  administration::quiet_order q;
  q.what = std::move(o);
  q.last_question = c.questions.last_number();
  q.last_request = c.pending.last_number();
  c.admin.waiting.push_back(std::move(q));
  answer_quiet_orders(c, out);
}

void answer_quiet_orders(core& c, effects& out) {
  auto& waiting = c.admin.waiting;
  for (std::size_t i = 0; i < waiting.size();) {
    if (c.questions.waits_up_to(waiting[i].last_question) || c.pending.waits_up_to(waiting[i].last_request)) {
      ++i;
      continue;
    }
    answer_order(std::move(waiting[i].what), order::result::done, out);
    waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

bool is_of_before_reset(const core& c, std::uint64_t handle) noexcept {
  if (!c.admin.forgets_before || c.now() - c.admin.emptied_at > aftermath) return false;
  return session_table::before(route::client_id::unpack(handle).generation, *c.admin.forgets_before);
}

namespace admin {

void ask_for_confirmation(data_form_writer& form) {
  form.field("confirm", "boolean", "Yes, all that is stored shall go").required().value("0");
}

std::optional<complaint> reset(core& c, running_command& r, const filled_form& form, effects& out) {
  const auto confirmed = form.first("confirm");
  if (c.options.stored && confirmed != "1" && confirmed != "true")
    return complaint(condition::bad_request, "Nothing was done: confirm that all that is stored shall go.", "bad-payload");
  if (c.admin.closed != 0) return complaint(condition::resource_constraint, "The server is being emptied already.");
  send_order_to_all(c, r, order::kind::close_doors, out);
  return std::nullopt;
}

bool go_on_with_reset(core& c, running_command& r, effects& out) {
  switch (++r.step) {
    case 1: send_order_to_all(c, r, order::kind::settle, out); return true;
    case 2: empty_storage(c, r, out); return true;
    default: return false;
  }
}

void finish_reset(core& c, const running_command& r, effects& out) {
  session* const asker = c.sessions.find(r.who);
  if (r.failed_wholly || asker == nullptr || asker->owner->second.guest) return;
  if (!c.admin.configured.contains(std::string(asker->bare()))) erase_account(c, *asker->owner, out);
}

}  // namespace admin

}  // namespace couplet::session
