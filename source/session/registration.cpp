#include "registration.hpp"

#include <utility>

#include "base/jid.hpp"
#include "commands.hpp"
#include "contact_work.hpp"
#include "delivery.hpp"
#include "iq_answers.hpp"
#include "lives.hpp"
#include "login.hpp"
#include "orders.hpp"
#include "pep_work.hpp"
#include "subscriptions.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::session {
namespace {

/// Why a change of an account can't be asked for just now.
std::optional<condition> refuse_request(const core& c, std::string_view bare_jid) {
  if (c.admin.closed != 0 || c.pending.full() || c.pending.is_changing(bare_jid)) return condition::resource_constraint;
  return std::nullopt;
}

/// Nothing: the password is changed, or will be by the request in `later`. Whose it is follows from the session; the name in the query must
/// be that one.
std::optional<condition> change_password(core& c, const xml::element& query, const session& own,
                                         std::optional<account_request>& later) {
  const auto name = query.child("username");
  const auto password = query.child("password");
  if (!name || !password) return condition::bad_request;
  const auto prepared = base::prepare_node(name.text());
  if (own.owner->second.guest) return condition::forbidden;  // there is no account
  if (prepared != own.bare().substr(0, own.bare().find('@'))) return condition::forbidden;
  auto text = password.text();
  if (!is_password(text)) return condition::not_acceptable;
  if (is_the_operators(c, *own.owner)) return condition::not_allowed;
  if (c.options.stored) {
    later.emplace(account_request::kind::change_password, own.bare(), std::move(text));
    return refuse_request(c, own.bare());
  }
  c.accounts.put(own.bare(), std::move(text));
  return std::nullopt;
}

/// The same for the end of the account; where nothing was refused, it is there still.
std::optional<condition> ask_for_removal(core& c, const xml::element& query, const session& own,
                                         std::optional<account_request>& later) {
  if (own.owner->second.guest) return condition::forbidden;
  if (query.first_child().next_sibling()) return condition::bad_request;
  if (is_the_operators(c, *own.owner)) return condition::not_allowed;
  if (!c.options.stored) return std::nullopt;
  later.emplace(account_request::kind::remove, own.bare());
  return refuse_request(c, own.bare());
}

void remove_account(core& c, const stanza_head& head, account_table::entry& owner, effects& out) {
  answer_result(c, {}, head, out);  // as long as there is somebody to answer
  erase_account(c, owner, out);
}

std::optional<condition> condition_of(account_outcome what) noexcept {
  switch (what) {
    case account_outcome::done: break;
    case account_outcome::wrong: return condition::not_authorized;
    case account_outcome::exists: return condition::conflict;
    case account_outcome::missing: return condition::item_not_found;
    case account_outcome::full: return condition::resource_constraint;
    case account_outcome::unavailable: return condition::internal_server_error;
  }
  return std::nullopt;
}

}  // namespace

bool is_the_operators(const core& c, const account_table::entry& owner) {
  return c.options.stored && !owner.second.password.empty();
}

void erase_account(core& c, account_table::entry& owner, effects& out) {
  const auto name = owner.first;
  end_subscriptions(c, owner, out);
  end_all_sessions(c, owner, route::failure_text::account_removed, out);
  give_up_contacts(c, owner, storage_outcome::unavailable, out);
  // Where accounts last it went with the account, but for what the ends of its sessions left behind.
  forget_pep(c, name, out);
  ask(c, name, remove_everything(), out);
  c.blocks.forget(name);
  set_preferences(c, name, {});
  out.removed_accounts.push_back(name);
  c.accounts.erase(name);
}

void append_registration_form(std::string& out, const account_table::entry* registered) {
  out += "<query xmlns='jabber:iq:register'>";
  if (registered == nullptr) {
    out += "<instructions>Choose a username and a password.</instructions><username/>";
  } else {
    out += "<registered/><username>";
    xml::append_text(out, std::string_view(registered->first).substr(0, registered->first.find('@')));
    out += "</username>";
  }
  out += "<password/></query>";
}

bool has_place_for_account(const core& c) noexcept {
  return c.options.max_accounts == 0 || c.accounts.size() + c.pending.making() < c.options.max_accounts;
}

std::optional<condition> register_account(core& c, const base::jid& who, const xml::element& query,
                                          std::optional<account_request>& later) {
  if (!who.has_node() || is_guest_name(who.node())) return condition::not_acceptable;
  if (query.child("remove")) return condition::not_allowed;  // of whom? nobody has logged in
  // One that is being made just now will be there before anybody could use another answer.
  if (c.accounts.find(who.bare()) != nullptr || c.pending.is_changing(who.bare())) return condition::conflict;
  // Nobody becomes an admin by coming first.
  if (is_admin(c, who.bare())) return condition::conflict;
  auto password = query.child("password").text();
  if (!is_password(password)) return condition::not_acceptable;
  if (!has_place_for_account(c)) return condition::resource_constraint;
  if (c.options.stored) {
    later.emplace(account_request::kind::make, who.bare(), std::move(password));
    return std::nullopt;
  }
  c.accounts.put(who.bare(), std::move(password));
  return std::nullopt;
}

void answer_registration(core& c, std::string&& xml, const stanza_head& head, const xml::element& query, session& own,
                         effects& out) {
  if (!c.options.registration) return answer_error(c, std::move(xml), head, condition::service_unavailable, out);
  if (head.type == stanza_type::get) {
    std::string form;
    append_registration_form(form, own.owner);
    answer_result(c, form, head, out);
    return ignore(std::move(xml));
  }
  std::optional<account_request> later;
  const bool removal = static_cast<bool>(query.child("remove"));
  const auto why = removal ? ask_for_removal(c, query, own, later) : change_password(c, query, own, later);
  if (why) return answer_error(c, std::move(xml), head, *why, out);
  if (later) {
    pending_request p;
    p.iq = first_tag_of(xml);
    ask_storage(c, std::move(*later), std::move(p), out);
  } else if (removal) {
    remove_account(c, head, *own.owner, out);
  } else {
    answer_result(c, {}, head, out);
  }
  ignore(std::move(xml));
}

void ask_storage(core& c, account_request&& r, pending_request&& p, effects& out) {
  p.what = r.what;
  p.bare_jid = r.bare_jid;
  r.number = c.pending.add(std::move(p));
  out.to_storage.push_back(std::move(r));
}

void on_account_answer(core& c, std::uint64_t number, account_outcome what, effects& out) {
  auto p = c.pending.take(number);
  if (!p) return;
  const auto refused = condition_of(what);
  const bool before_login = !p->to.empty();
  if (p->what == account_request::kind::make && !refused) c.accounts.put_stored(p->bare_jid);
  if (p->word != nullptr) return on_order_stored(c, std::move(p->word), what, out);
  if (before_login) return answer_login(std::move(*p), refused, out);
  auto* const owner = c.accounts.find(p->bare_jid);
  const auto head = read_head(p->iq);
  if (p->what == account_request::kind::remove && !refused && owner != nullptr) return remove_account(c, head, *owner, out);
  // The session may be gone meanwhile: then the answer finds nobody.
  if (refused) return answer_error(c, copy_of(p->iq), head, *refused, out);
  answer_result(c, {}, head, out);
}

}  // namespace couplet::session
