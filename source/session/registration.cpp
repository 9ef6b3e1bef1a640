#include "registration.hpp"

#include <utility>

#include "base/jid.hpp"
#include "delivery.hpp"
#include "lives.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::session {
namespace {

bool is_password(std::string_view text) noexcept {
  return !text.empty() && text.size() <= max_password_bytes;
}

void answer_result(core& c, std::string_view content, const stanza_head& head, effects& out) {
  auto answer = base::take_text();
  append_result_tag(answer, head);
  if (content.empty()) {
    answer += "/>";
  } else {
    answer.append(1, '>').append(content).append("</iq>");
  }
  route_stanza(c, std::move(answer), out);
}

/// Nothing: the password is changed. Whose it is follows from the session; the name in the query must be that one.
std::optional<condition> change_password(core& c, const xml::element& query, const session& own) {
  const auto name = query.child("username");
  const auto password = query.child("password");
  if (!name || !password) return condition::bad_request;
  const auto prepared = base::prepare_node(name.text());
  if (own.owner->second.guest) return condition::forbidden;  // there is no account
  if (prepared != own.bare().substr(0, own.bare().find('@'))) return condition::forbidden;
  auto text = password.text();
  if (!is_password(text)) return condition::not_acceptable;
  c.accounts.put(own.bare(), std::move(text));
  return std::nullopt;
}

void remove_account(core& c, const stanza_head& head, account_table::entry& owner, effects& out) {
  answer_result(c, {}, head, out);  // as long as there is somebody to answer
  end_all_sessions(c, owner, route::failure_text::account_removed, out);
  c.accounts.erase(owner.first);
}

}  // namespace

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

std::optional<condition> register_account(core& c, const base::jid& who, const xml::element& query) {
  if (!who.has_node() || is_guest_name(who.node())) return condition::not_acceptable;
  if (query.child("remove")) return condition::not_allowed;  // of whom? nobody has logged in
  if (c.accounts.find(who.bare()) != nullptr) return condition::conflict;
  auto password = query.child("password").text();
  if (!is_password(password)) return condition::not_acceptable;
  if (c.options.max_accounts != 0 && c.accounts.size() >= c.options.max_accounts) return condition::resource_constraint;
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
  if (query.child("remove")) {
    if (own.owner->second.guest) return answer_error(c, std::move(xml), head, condition::forbidden, out);
    if (query.first_child().next_sibling()) return answer_error(c, std::move(xml), head, condition::bad_request, out);
    remove_account(c, head, *own.owner, out);
    return ignore(std::move(xml));
  }
  if (const auto why = change_password(c, query, own)) return answer_error(c, std::move(xml), head, *why, out);
  answer_result(c, {}, head, out);
  ignore(std::move(xml));
}

}  // namespace couplet::session
