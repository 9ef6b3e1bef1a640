// What comes before a stream: a proxy's header, TLS, or a browser that is lost.

#include <utility>

#include "connection.hpp"
#include "net/http_answer.hpp"
#include "tls/first_bytes.hpp"

namespace couplet::client {

using base::close_reason;

bool plaintext_may_pass(const shared_state& shared, const net::peer& who) noexcept {
  if (shared.plaintext == plaintext_logins::nowhere) return false;
  return who.loopback || shared.plaintext == plaintext_logins::everywhere;
}

/// What the proxy says, and the input behind it where it is for the stream. A peer that says it wrongly is answered nothing.
std::string_view connection::read_proxy_header(std::string_view input) {
  using status = net::proxy_header::status;
  const auto found = announced_->header.feed(input);
  if (found == status::bad) abort(close_reason::proxy_header_refused);
  if (found != status::done) return {};
  on_client_known();
  if (!is_open() || tls() == nullptr || input.empty()) return is_open() ? input : std::string_view();
  const std::string ciphertext(input);
  on_input(decrypt(ciphertext));
  return {};
}

/// The proxy has said for whom it speaks: what was put off until then.
void connection::on_client_known() {
  const auto told = std::exchange(announced_, nullptr);
  net::apply(told->header.result(), told->came.who);
  const auto& who = told->came.who;
  address_ = who.address;
  port_ = who.port;
  const bool tls_first = told->came.how == entry::proxied_tls;
  loopback_ = who.loopback;
  // The proxy itself, mostly a health check, is not counted; whoever it does not name is, with the others whom it does not.
  const bool may_come = told->header.result().whose == net::proxied::origin::own || table_.admits(who);
  if (!may_come) return tls_first ? abort(close_reason::too_many_connects) : end(close_reason::too_many_connects);
  machine_.allow_plaintext_login(plaintext_may_pass(table_.shared_, who));
  if (tls_first) return begin_tls(true);
  stage_deadline_ = {};
  on_phase();
}

/// TLS, XML or something else: answers the input where it is for the stream.
std::string_view connection::look_at_opening(std::string_view input) {
  const auto what = tls::detect_opening(input);
  if (what == tls::opening::need_more) {
    held_.assign(input);
    return {};
  }
  opening_ = false;
  if (what == tls::opening::http) {
    answer_http(input);
    return {};
  }
  // Without a certificate a ClientHello is what it would be for any XML parser.
  if (what != tls::opening::tls || !table_.contexts_) return input;
  begin_tls(true);
  const std::string ciphertext(input);
  on_input(decrypt(ciphertext));
  return {};
}

/// A browser, or whoever looks for web servers.
void connection::answer_http(std::string_view request) {
  out().append(net::http_answer(request, table_.shared_.limit.http_redirect));
  // The rest of the request is still to come: closing on it would reset the answer away.
  close_gently(close_reason::http_request, false);
}

void connection::begin_tls(bool direct) {
  if (!table_.contexts_) return abort(close_reason::tls_handshake_failed);
  tokenizer_.reset();
  start_tls(std::make_unique<tls::engine>(table_.contexts_, direct));
  handshaking_ = true;
  const auto allowed = table_.shared_.limit.tls_timeout;
  phase_deadline_ = allowed.count() == 0 ? base::time_point{} : table_.shard_.now() + allowed;
  set_next_deadline();
}

void connection::on_secured() {
  handshaking_ = false;
  stage_deadline_ = {};
  stream::security s;
  if (const auto* f = tls()->engine().known()) {
    s.bindings = sasl::channel_bindings(f->tls_exporter, f->tls_unique, f->tls_server_end_point);
    s.certificate = f->client.verified;
    // XEP-0178 section 2: where no entry is made for XMPP, a mail address that is an account's will do.
    s.xmpp_addrs = f->client.xmpp_addrs.empty() ? f->client.mail_addresses : f->client.xmpp_addrs;
  }
  machine_.on_secured(std::move(s));
  on_phase();
}

}  // namespace couplet::client
