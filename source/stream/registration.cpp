#include "answers.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"
#include "login.hpp"
#include "splice.hpp"
#include "xml/names.hpp"

// Making an account by jabber:iq:register before login (XEP-0077), where need be with a token (XEP-0445). The fields are passed on as they are,
// since the manager chose them, under an id of ours.

namespace couplet::stream {

using base::close_reason;

/// XEP-0445 section 3: the token that a form of XEP-0077 has no field for.
void client_stream::on_invitation(const xml::element& preauth, effects& out) {
  const auto token = preauth.attribute("token").value_or(std::string_view());
  if (settings_->registration_token.empty() || base::equal_in_constant_time(token, settings_->registration_token)) {
    login_->invited = true;
    return append_iq_result(out.to_peer, login_->client_id);
  }
  refuse_iq("item-not-found", "The token is not valid.", out);
  count_attempt(close_reason::too_many_attempts, out);
}

void client_stream::on_registration(const xml::element& query, bool set, event& e) {
  std::string to = *domain_;
  if (set) {
    // Nobody has proved to own the account.
    if (query.child("remove")) return refuse_iq("forbidden", "Log in to remove an account.", e.out);
    const auto username = query.child("username").text();
    const auto who = username.empty() ? std::nullopt : base::jid::make(username, *domain_, {});
    if (!who) return refuse_iq("not-acceptable", "A user name is needed.", e.out);
    if (query.child("password").text().size() > max_password_bytes)
      return refuse_iq("not-acceptable", "The password is too long.", e.out);
    if (!settings_->registration_token.empty() && !login_->invited)
      return refuse_iq("forbidden", "Accounts are for those who are invited: a token is needed first.", e.out);
    to = who->full();
  }
  if (!e.manager_up) return refuse_iq("remote-server-timeout", manager_down, e.out);
  if (set && e.around != nullptr && !e.around->admit_registration())
    return refuse_iq("resource-constraint", "Too many accounts were asked for from this address; try again later.", e.out);

  login_->request_id = base::random_hex(8);
  std::string request;
  append_request(request, e.element, e.header_prefixes, login_->request_id);
  login_->waits_for = login::request::registration;
  ask(std::move(to), std::move(request), e.out);
}

}  // namespace couplet::stream
