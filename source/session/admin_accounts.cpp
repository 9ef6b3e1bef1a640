// Commands about single accounts (XEP-0133 sections 4.1, 4.2, 4.5, 4.7, 4.10).

#include <algorithm>
#include <utility>

#include "admin_commands.hpp"
#include "base/digest.hpp"
#include "base/jid.hpp"

namespace couplet::session {
namespace {

/// That one command may name.
constexpr std::size_t most_named = 1'000;

complaint bad_payload(std::string text) {
  return {condition::bad_request, std::move(text), "bad-payload"};
}

/// One that a field names, prepared; or what is wrong with it.
std::optional<complaint> read_account_jid(const core& c, std::string_view text, bool may_be_full, base::jid& out) {
  if (text.empty()) return bad_payload("A JID is missing.");
  const auto jid = base::jid::parse(text);
  if (!jid || !jid->has_node() || (!jid->is_bare() && !may_be_full))
    return bad_payload(std::string(text.substr(0, 100)) + " is not the JID of an account.");
  if (!c.serves(jid->domain())) return bad_payload(std::string(text.substr(0, 100)) + " is not of a domain that is served here.");
  out = *jid;
  return std::nullopt;
}

/// All of a field, each once.
std::optional<complaint> read_account_jids(const core& c, const filled_form& form, bool may_be_full,
                                           std::vector<base::jid>& out) {
  const auto texts = form.all("accountjids");
  if (texts.empty()) return bad_payload("The field accountjids names nobody.");
  if (texts.size() > most_named) return bad_payload("At most " + std::to_string(most_named) + " at once.");
  for (const auto text : texts) {
    base::jid jid;
    if (auto wrong = read_account_jid(c, text, may_be_full, jid)) return wrong;
    const bool known = std::any_of(out.begin(), out.end(), [&](const base::jid& j) { return j.full() == jid.full(); });
    if (!known) out.push_back(std::move(jid));
  }
  return std::nullopt;
}

std::optional<complaint> read_password(const filled_form& form, std::string& out) {
  const auto password = form.first("password");
  if (password.empty()) return bad_payload("A password is missing.");
  if (!is_password(password)) return bad_payload("A password has at most " + std::to_string(max_password_bytes) + " bytes.");
  if (form.has("password-verify") && !base::equal_in_constant_time(form.first("password-verify"), password))
    return bad_payload("The two passwords differ.");
  out = password;
  return std::nullopt;
}

void send_about(core& c, running_command& r, order::kind what, const base::jid& who, std::string secret, effects& out) {
  auto o = std::make_shared<order>(what, who.full());
  o->secret = std::move(secret);
  o->spared = r.who;
  send_order(c, r, std::move(o), partition_of(who.bare(), c.partitions), out);
}

/// Of two commands that give an account a password.
std::optional<complaint> give_password(core& c, running_command& r, order::kind what, const filled_form& form, effects& out) {
  base::jid who;
  std::string password;
  if (auto wrong = read_account_jid(c, form.first("accountjid"), false, who)) return wrong;
  if (auto wrong = read_password(form, password)) return wrong;
  send_about(c, r, what, who, std::move(password), out);
  return std::nullopt;
}

}  // namespace

namespace admin {

void ask_for_new_account(data_form_writer& form) {
  form.field("accountjid", "jid-single", "The Jabber ID for the account to be added").required();
  form.field("password", "text-private", "The password for this account").required();
  form.field("password-verify", "text-private", "Retype password");
}

void ask_for_accounts(data_form_writer& form) {
  form.field("accountjids", "jid-multi", "The Jabber ID(s)").required();
}

void ask_for_password(data_form_writer& form) {
  form.field("accountjid", "jid-single", "The Jabber ID for this account").required();
  form.field("password", "text-private", "The new password for this account").required();
}

void ask_for_account(data_form_writer& form) {
  form.field("accountjid", "jid-single", "The Jabber ID for statistics").required();
}

std::optional<complaint> add_user(core& c, running_command& r, const filled_form& form, effects& out) {
  return give_password(c, r, order::kind::make_account, form, out);
}

std::optional<complaint> change_password(core& c, running_command& r, const filled_form& form, effects& out) {
  return give_password(c, r, order::kind::change_password, form, out);
}

std::optional<complaint> delete_users(core& c, running_command& r, const filled_form& form, effects& out) {
  std::vector<base::jid> named;
  if (auto wrong = read_account_jids(c, form, false, named)) return wrong;
  const session* const asker = c.sessions.find(r.who);
  for (const auto& who : named) {
    if (asker != nullptr && who.bare() == asker->bare())
      return bad_payload("An admin does not delete the own account in this way.");
  }
  for (const auto& who : named) send_about(c, r, order::kind::remove_account, who, {}, out);
  return std::nullopt;
}

std::optional<complaint> end_sessions(core& c, running_command& r, const filled_form& form, effects& out) {
  std::vector<base::jid> named;
  if (auto wrong = read_account_jids(c, form, true, named)) return wrong;
  const session* const asker = c.sessions.find(r.who);
  for (const auto& who : named) {
    const bool own = asker != nullptr && who.bare() == asker->bare() && (who.is_bare() || who.resource() == asker->resource);
    auto o = std::make_shared<order>(order::kind::end_sessions, who.full());
    o->spared = r.who;
    o->keeps = own;
    r.ends_self = r.ends_self || own;
    send_order(c, r, std::move(o), partition_of(who.bare(), c.partitions), out);
  }
  return std::nullopt;
}

std::optional<complaint> describe(core& c, running_command& r, const filled_form& form, effects& out) {
  base::jid who;
  if (auto wrong = read_account_jid(c, form.first("accountjid"), false, who)) return wrong;
  send_about(c, r, order::kind::describe, who, {}, out);
  return std::nullopt;
}

void report_description(const running_command& r, std::string& out) {
  data_form_writer form(out, "result", form_type_of(*r.what));
  form.field("rostersize", {}, "The number of roster items").value(std::to_string(r.count));
  form.field("onlineresources", {}, "The resources that are online");
  for (const auto& name : r.names) form.value(name);
  form.end();
}

}  // namespace admin

}  // namespace couplet::session
