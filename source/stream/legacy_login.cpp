#include "answers.hpp"
#include "base/random.hpp"
#include "login.hpp"
#include "secret.hpp"
#include "splice.hpp"
#include "xml/first_tag.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

// Logging in by jabber:iq:auth (XEP-0078). What goes to the manager is written anew under an id of ours, so that no answer can be taken for
// another one.

namespace couplet::stream {

using base::close_reason;

namespace {

std::string_view id_attribute(std::string_view iq) noexcept {
  for (xml::attribute_cursor c(iq); c.next();)
    if (c.current().name == "id") return c.current().whole;
  return {};
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  ((out += '<') += name) += '>';
  xml::append_text(out, value);
  ((out += "</") += name) += '>';
}

}  // namespace

bool client_stream::on_login_iq(event& e) {
  const auto iq = e.scratch.parse(e.element.bytes, xml::ns::client);
  const auto type = iq.attribute("type").value_or(std::string_view());
  const bool set = type == "set";
  if (!set && type != "get") return false;
  const auto query = iq.first_child();
  const bool invitation = set && query.is("preauth", xml::ns::invitation);
  const bool registration = invitation || query.is("query", xml::ns::iq_register);
  if (!registration && !query.is("query", xml::ns::iq_auth)) return false;

  login_->response_due = false;  // a SASL exchange that was begun is given up
  login_->mechanism.reset();
  login_->scram.reset();
  login_->client_id = id_attribute(e.element.bytes);
  if (registration && !settings_->offer_registration) {
    refuse_iq("service-unavailable", "Accounts are not made here.", e.out);
  } else if ((state() & has::passwords) == 0) {
    // The question is refused like the password, so that a client finds out before it sends one.
    refuse_iq("policy-violation", "Passwords are not taken over a connection that is not encrypted.", e.out);
    count_attempt(close_reason::plaintext_refused, e.out);
  } else if (!offered(registration ? features::registration : features::legacy_login, state())) {
    refuse_iq("service-unavailable", "Passwords are not taken here but by SASL.", e.out);
  } else if (invitation) {
    on_invitation(query, e.out);
  } else if (registration) {
    on_registration(query, set, e);
  } else if (set) {
    on_password_set(query, e);
  } else {
    on_fields_get(query, e);
  }
  return true;
}

void client_stream::on_fields_get(const xml::element& query, event& e) {
  const auto username = query.child("username").text();
  if (username.empty()) {
    // Asked about nobody, so the manager has nothing to say: every way of logging in there is.
    std::string fields = "<query xmlns='jabber:iq:auth'><username/><password/>";
    fields += settings_->offer_digest ? "<digest/><resource/></query>" : "<resource/></query>";
    return append_iq_result(e.out.to_peer, login_->client_id, fields);
  }
  auto who = base::jid::make(username, *domain_, {});
  if (!who) return refuse_iq("not-acceptable", "This is not a user name.", e.out);
  if (settings_->logins_checked_by == login_check::credentials) return offer_fields_of_ours(*who, e.out);
  if (!e.manager_up) return refuse_unanswered_iq(manager_down, e.out);

  login_->request_id = base::random_hex(8);
  std::string request = "<iq id='" + login_->request_id + "' type='get'><query xmlns='jabber:iq:auth'>";
  append_field(request, "username", who->node());
  request += "</query></iq>";
  login_->waits_for = login::request::fields;
  ask(who->full(), std::move(request), e.out);
}

/// Whoever compares passwords has no digests, and is not asked whether there is such an account.
void client_stream::offer_fields_of_ours(const base::jid& who, effects& out) {
  std::string fields = "<query xmlns='jabber:iq:auth'>";
  append_field(fields, "username", who.node());
  fields += "<password/><resource/></query>";
  append_iq_result(out.to_peer, login_->client_id, fields);
}

/// The password of jabber:iq:auth, where the session manager is not the one to ask.
void client_stream::ask_credentials(base::jid who, const std::string& password, effects& out) {
  login_->waits_for = login::request::legacy_account;
  login_->checked_by_manager = false;
  auto bare = base::jid::parse(who.bare()).value_or(base::jid());
  put_question(sasl::question(std::move(bare), password, std::string()), out);
  login_->wanted = std::move(who);
}

void client_stream::on_legacy_password_answer(sasl::answer::verdict v, effects& out) {
  if (v == sasl::answer::verdict::unavailable)
    return refuse_unanswered_iq("Passwords cannot be checked now; try again later.", out);
  if (v != sasl::answer::verdict::right) {
    refuse_iq("not-authorized", {}, out);
    return count_attempt(close_reason::too_many_attempts, out);
  }
  who_ = base::jid::parse(login_->wanted.bare()).value_or(base::jid());
  start_session(std::move(login_->wanted), false, out);
}

void client_stream::on_password_set(const xml::element& query, event& e) {
  const auto username = query.child("username").text();
  const auto resource = query.child("resource").text();
  const auto password = query.child("password");
  const auto digest = query.child("digest");
  // XEP-0078 section 4: what is missing is not acceptable, and nothing is said about the rest.
  if (username.empty() || resource.empty() || (!password && !digest))
    return refuse_iq("not-acceptable", "A user name, a resource and a password or digest are needed.", e.out);
  auto who = base::jid::make(username, *domain_, resource);
  if (!who) return refuse_iq("not-acceptable", "This user name or resource cannot be used.", e.out);
  const held_secret secret(password ? password.text() : digest.text());
  if (secret.text().size() > max_password_bytes) return refuse_iq("not-acceptable", "The password is too long.", e.out);
  if (!e.manager_up) return refuse_unanswered_iq(manager_down, e.out);
  if (settings_->logins_checked_by == login_check::credentials) {
    // XEP-0078 section 3.1: of the two only what was offered.
    if (!password) return refuse_iq("not-acceptable", "Digests cannot be checked here.", e.out);
    return ask_credentials(std::move(*who), secret.text(), e.out);
  }

  login_->request_id = base::random_hex(8);
  std::string request = "<iq id='" + login_->request_id + "' type='set'><query xmlns='jabber:iq:auth'>";
  append_field(request, "username", who->node());
  if (password) {
    append_field(request, "password", secret.text());
  } else {
    // The manager makes the digest of our stream's id and the password it has.
    request += "<digest sid='" + login_->stream_id + "'>";
    xml::append_text(request, secret.text());
    request += "</digest>";
  }
  append_field(request, "resource", who->resource());
  request += "</query></iq>";
  login_->waits_for = login::request::password;
  ask(who->full(), std::move(request), e.out);
  login_->wanted = std::move(*who);
}

void client_stream::refuse_iq(std::string_view condition, std::string_view text, effects& out) {
  append_iq_error(out.to_peer, login_->client_id, condition, text);
}

/// What "temporary-auth-failure" is for SASL.
void client_stream::refuse_unanswered_iq(std::string_view text, effects& out) {
  refuse_iq("remote-server-timeout", text, out);
  out.unanswered = true;
}

}  // namespace couplet::stream
