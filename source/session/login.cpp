#include "login.hpp"

#include <optional>
#include <utility>

#include "answers.hpp"
#include "base/jid.hpp"
#include "registration.hpp"
#include "stanza_head.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::session {
namespace {

/// What the result holds, or why there is none; or the request that comes to it.
struct outcome {
  std::optional<condition> refused;
  std::string content;
  std::optional<account_request> later;
};

outcome refuse(condition why) {
  outcome o;
  o.refused = why;
  return o;
}

/// The same for every name: whether there is such an account is not to be seen.
outcome offer_fields(const core& c, const base::jid& who) {
  if (!who.has_node()) return refuse(condition::not_acceptable);
  std::string form = "<query xmlns='jabber:iq:auth'><username>";
  xml::append_text(form, who.node());
  form += c.options.digests ? "</username><digest/><password/><resource/></query>" : "</username><password/><resource/></query>";
  outcome o;
  o.content = std::move(form);
  return o;
}

/// Whether the name is free for whom comes first: where nobody knows a password of it, nobody has one.
bool is_nobodys(const account_table::entry* account) noexcept {
  return account == nullptr || (account->second.password.empty() && !account->second.guest);
}

/// settings::accept_any_user.
outcome make_at_login(core& c, const base::jid& who, std::string password) {
  if (is_guest_name(who.node()) || !is_password(password)) return refuse(condition::not_authorized);
  if (!has_place_for_account(c) && c.accounts.find(who.bare()) == nullptr) return refuse(condition::resource_constraint);
  c.accounts.put(who.bare(), std::move(password));
  return {};
}

outcome check_password(core& c, const base::jid& who, const xml::element& query) {
  if (!who.has_node() || who.is_bare()) return refuse(condition::not_acceptable);
  const auto password = query.child("password");
  const auto digest = query.child("digest");
  if (!password && !digest) return refuse(condition::not_acceptable);
  const auto stream_id = digest.attribute("sid");
  if (!password && !stream_id) return refuse(condition::feature_not_implemented);
  const auto* const account = c.accounts.find(who.bare());
  if (password && c.options.accept_any_user && is_nobodys(account)) return make_at_login(c, who, password.text());
  const bool right = password ? account_table::password_is(account, password.text())
                              : account_table::digest_is(account, *stream_id, digest.text());
  if (right) return {};
  if (!c.options.stored) return refuse(condition::not_authorized);
  // Whether it is of the configuration, stored, or none at all: a refusal comes in the same way.
  using kind = account_request::kind;
  const bool of_the_configuration = account != nullptr && !account->second.password.empty();
  outcome o;
  if (of_the_configuration || (!password && !c.options.digests)) {
    o.later.emplace(kind::refuse, who.bare());
  } else if (password) {
    o.later.emplace(kind::check_password, who.bare(), password.text());
  } else {
    o.later.emplace(kind::check_digest, who.bare(), digest.text(), std::string(*stream_id));
  }
  return o;
}

outcome check_registration(core& c, const base::jid& who, const stanza_head& head, const xml::element& query) {
  if (!c.options.registration) return refuse(condition::service_unavailable);
  outcome form;
  if (head.type == stanza_type::set) {
    form.refused = register_account(c, who, query, form.later);
    return form;
  }
  append_registration_form(form.content, nullptr);
  return form;
}

outcome work_on(core& c, const base::jid& who, std::string_view iq, const stanza_head& head) {
  if (c.admin.closed != 0) return refuse(condition::resource_constraint);
  if (head.kind != stanza_kind::iq || !head.content_namespace) return refuse(condition::not_acceptable);
  if (!head.is_request()) return refuse(condition::bad_request);
  const auto query = c.document.parse(iq, xml::ns::client).first_child();
  if (query.is("query", xml::ns::iq_auth)) {
    return head.type == stanza_type::get ? offer_fields(c, who) : check_password(c, who, query);
  }
  if (query.is("query", xml::ns::iq_register)) return check_registration(c, who, head, query);
  return refuse(condition::not_acceptable);
}

std::string answer_to(std::string_view iq, const outcome& found) {
  auto head = read_head(iq);
  head.to = head.from = {};  // the route's ends are what counts; the answer inside has none
  auto answer = base::take_text();
  if (found.refused) {
    append_error(answer, head, *found.refused);
    return answer;
  }
  append_result_tag(answer, head);
  if (found.content.empty()) {
    answer += "/>";
  } else {
    answer.append(1, '>').append(found.content).append("</iq>");
  }
  return answer;
}

}  // namespace

void on_auth(core& c, route::auth&& m, effects& out) {
  if (m.from.empty()) return;
  const auto who = base::jid::parse(m.to.text);
  // An account of another partition is never here: to look for it, or to make it, would be wrong.
  const bool here = who && c.serves(who->domain()) && (!who->has_node() || c.owns(who->bare()));
  if (!here || m.iq.empty()) {
    out.to_c2s.emplace_back(std::in_place_type<route::failure>, std::move(m.to), std::move(m.from),
                            here ? "Nothing to work on" : "Unable to deliver, destination unknown");
    return;
  }
  auto found = work_on(c, *who, m.iq, read_head(m.iq));
  if (found.later && c.pending.full()) found.refused = condition::resource_constraint;
  if (found.later && !found.refused) {
    pending_request p;
    p.from = std::move(m.to);
    p.to = std::move(m.from);
    p.iq = first_tag_of(m.iq);
    ask_storage(c, std::move(*found.later), std::move(p), out);
    return ignore(std::move(m.iq));
  }
  auto answer = answer_to(m.iq, found);
  ignore(std::move(m.iq));
  out.to_c2s.emplace_back(std::in_place_type<route::auth>, std::move(m.to), std::move(m.from), std::move(answer));
}

void answer_login(pending_request&& p, std::optional<condition> refused, effects& out) {
  outcome found;
  found.refused = refused;
  out.to_c2s.emplace_back(std::in_place_type<route::auth>, std::move(p.from), std::move(p.to), answer_to(p.iq, found));
}

}  // namespace couplet::session
