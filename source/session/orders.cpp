#include "orders.hpp"

#include <utility>

#include "admin_commands.hpp"
#include "base/jid.hpp"
#include "base/secret.hpp"
#include "contact_work.hpp"
#include "lives.hpp"
#include "registration.hpp"
#include "reset.hpp"

namespace couplet::session {
namespace {

using result = order::result;

/// What one partition contributes to a list, at the most.
constexpr std::size_t most_list_bytes = 512U << 10U;

std::string_view bare_of(std::string_view jid) noexcept {
  return jid.substr(0, jid.find('/'));
}

std::string_view resource_of(std::string_view jid) noexcept {
  const auto slash = jid.find('/');
  return slash == std::string_view::npos ? std::string_view() : jid.substr(slash + 1);
}

std::string_view domain_of_account(std::string_view bare) noexcept {
  return bare.substr(bare.find('@') + 1);
}

result result_of(account_outcome what) noexcept {
  switch (what) {
    case account_outcome::done: return result::done;
    case account_outcome::exists: return result::exists;
    case account_outcome::missing: return result::missing;
    case account_outcome::full: return result::busy;
    case account_outcome::wrong:
    case account_outcome::unavailable: break;
  }
  return result::unavailable;
}

void hand_to_storage(core& c, std::shared_ptr<order> o, account_request::kind what, effects& out) {
  account_request r(what, o->who, std::exchange(o->secret, {}));
  pending_request p;
  p.word = std::move(o);
  ask_storage(c, std::move(r), std::move(p), out);
}

/// Why an account cannot be changed just now.
bool is_busy(const core& c, std::string_view bare) {
  return c.admin.closed != 0 || c.pending.full() || c.pending.is_changing(bare);
}

void make_account(core& c, std::shared_ptr<order> o, effects& out) {
  const auto node = std::string_view(o->who).substr(0, o->who.find('@'));
  if (is_guest_name(node) || !is_password(o->secret)) return answer_order(std::move(o), result::not_acceptable, out);
  if (c.accounts.find(o->who) != nullptr) return answer_order(std::move(o), result::exists, out);
  if (is_busy(c, o->who)) return answer_order(std::move(o), result::busy, out);
  if (c.options.stored) return hand_to_storage(c, std::move(o), account_request::kind::make, out);
  c.accounts.put(o->who, std::exchange(o->secret, {}));
  answer_order(std::move(o), result::done, out);
}

/// Of an account that is to be changed: why it is not.
std::optional<result> refuse_change(const core& c, const account_table::entry* owner, std::string_view bare) {
  if (owner == nullptr || owner->second.guest) return result::missing;
  if (is_the_operators(c, *owner)) return result::not_allowed;
  if (is_busy(c, bare)) return result::busy;
  return std::nullopt;
}

void change_password_of(core& c, std::shared_ptr<order> o, effects& out) {
  auto* const owner = c.accounts.find(o->who);
  if (!is_password(o->secret)) return answer_order(std::move(o), result::not_acceptable, out);
  if (const auto why = refuse_change(c, owner, o->who)) return answer_order(std::move(o), *why, out);
  if (c.options.stored) return hand_to_storage(c, std::move(o), account_request::kind::change_password, out);
  c.accounts.put(o->who, std::exchange(o->secret, {}));
  answer_order(std::move(o), result::done, out);
}

void remove_account_of(core& c, std::shared_ptr<order> o, effects& out) {
  auto* const owner = c.accounts.find(o->who);
  if (const auto why = refuse_change(c, owner, o->who)) return answer_order(std::move(o), *why, out);
  if (c.options.stored) return hand_to_storage(c, std::move(o), account_request::kind::remove, out);
  erase_account(c, *owner, out);
  answer_order(std::move(o), result::done, out);
}

void end_sessions_as_asked(core& c, std::shared_ptr<order> o, effects& out) {
  auto* const owner = c.accounts.find(bare_of(o->who));
  if (owner != nullptr)
    o->count = end_sessions_of(c, *owner, resource_of(o->who), o->spared, route::failure_text::ended_by_admin, out);
  // The one that is spared is ended by who asked.
  const auto outcome = o->count != 0 || o->keeps ? result::done : result::missing;
  answer_order(std::move(o), outcome, out);
}

void list(core& c, std::shared_ptr<order> o, effects& out) {
  const bool online = o->what == order::kind::list_online;
  std::size_t bytes = 0;
  c.accounts.each([&](const account_table::entry& e) {
    const bool meant = online ? e.second.session_count != 0 : !e.second.guest;
    if (!meant || domain_of_account(e.first) != o->who) return;
    ++o->count;
    bytes += e.first.size();
    if (o->names.size() < o->most && bytes <= most_list_bytes) o->names.push_back(e.first);
  });
  answer_order(std::move(o), result::done, out);
}

void describe_account(core& c, std::shared_ptr<order> o, effects& out) {
  const auto* const owner = c.accounts.find(o->who);
  if (owner == nullptr) return answer_order(std::move(o), result::missing, out);
  c.sessions.each_of(*owner, [&](const session& s) { o->names.push_back(s.resource); });
  const auto name = o->who;
  const auto then = [o = std::move(o)](core&, storage_answer&& a, effects& more) {
    o->count = a.entries.size();
    answer_order(o, a.outcome == storage_outcome::done ? result::done : result::unavailable, more);
  };
  ask(c, name, read_entries({storage::entry_kind::roster_item}), then, out);
}

void perform_order(core& c, std::shared_ptr<order> o, effects& out) {
  switch (o->what) {
    case order::kind::make_account: return make_account(c, std::move(o), out);
    case order::kind::change_password: return change_password_of(c, std::move(o), out);
    case order::kind::remove_account: return remove_account_of(c, std::move(o), out);
    case order::kind::end_sessions: return end_sessions_as_asked(c, std::move(o), out);
    case order::kind::list_online:
    case order::kind::list_accounts: return list(c, std::move(o), out);
    case order::kind::describe: return describe_account(c, std::move(o), out);
    case order::kind::close_doors: return close_doors(c, std::move(o), out);
    case order::kind::settle: return answer_when_quiet(c, std::move(o), out);
    case order::kind::open_doors: return open_doors(c, std::move(o), out);
  }
}

}  // namespace

void on_order(core& c, std::shared_ptr<order> o, effects& out) {
  if (o->is_answer) return on_order_answer(c, *o, out);
  perform_order(c, std::move(o), out);
}

void on_order_stored(core& c, std::shared_ptr<order> o, account_outcome what, effects& out) {
  auto* const owner = c.accounts.find(o->who);
  if (o->what == order::kind::remove_account && what == account_outcome::done && owner != nullptr) erase_account(c, *owner, out);
  answer_order(std::move(o), result_of(what), out);
}

void answer_order(std::shared_ptr<order> o, order::result outcome, effects& out) {
  o->is_answer = true;
  o->outcome = outcome;
  base::wipe(o->secret);
  const auto asker = o->asker;
  out.to_partitions.emplace_back(asker, std::string()).word = std::move(o);
}

}  // namespace couplet::session
