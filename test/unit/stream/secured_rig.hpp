#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/base64.hpp"
#include "base/digest.hpp"
#include "sasl/scram_keys.hpp"
#include "stream/client_stream.hpp"
#include "xml/element.hpp"
#include "xml/first_tag.hpp"
#include "xml/tokenizer.hpp"

// What the tests of logins over TLS need: a client's machine behind its tokenizer, and the client's side of SASL.

namespace couplet::stream::secured {

using base::close_reason;
using kind = sasl::question::kind;
using verdict = sasl::answer::verdict;

inline const std::string header =
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='example.org' version='1.0'>";
inline const std::string sasl_ns = "urn:ietf:params:xml:ns:xmpp-sasl";

inline client_settings everything() {
  client_settings s;
  s.domains = {"example.org"};
  s.offer_tls = s.offer_scram = s.offer_anonymous = s.ask_for_accounts = true;
  return s;
}

/// A machine behind its tokenizer; what comes out is kept.
class rig {
 public:
  explicit rig(client_settings s = everything(), bool plaintext = false)
      : settings(std::move(s)), machine(settings, 7, plaintext) {}

  std::string send(const std::string& bytes) {
    std::string_view rest = bytes;
    while (closed == close_reason::none) {
      const auto t = tokens.next(rest);
      if (t == xml::token::need_more) break;
      if (t == xml::token::header) machine.on_header(tokens.header(), true, fx);
      if (t == xml::token::element) machine.on_element(tokens.element(), {}, true, scratch, fx);
      if (t == xml::token::footer) machine.on_footer(fx);
      if (t == xml::token::error) machine.on_fault(tokens.fault(), fx);
      apply();
    }
    return take();
  }
  std::string answer(sasl::answer a) {
    machine.on_answer(std::move(a), fx);
    apply();
    return take();
  }
  std::string start_session(std::string address = "alice@example.org/1f") {
    machine.on_route(route::session_started(route::address(std::move(address)), route::address(7)), fx);
    apply();
    return take();
  }
  std::string stanza(std::string xml) {
    machine.on_route(route::stanza(route::address("alice@example.org/1f"), route::address(7), std::move(xml)), fx);
    apply();
    return take();
  }
  /// The manager's answer to what was asked of it for this address.
  std::string refuse(std::string address, std::string text) {
    machine.on_route(route::failure(route::address(std::move(address)), route::address(7), std::move(text)), fx);
    apply();
    return take();
  }
  rig& secure(security s = {}) {
    tokens.reset();
    machine.on_secured(std::move(s));
    return *this;
  }
  static security tls() {
    security s;
    s.bindings = sasl::channel_bindings("exporter", "", "certificate");
    return s;
  }

  client_settings settings;
  client_stream machine;
  effects fx;
  std::optional<sasl::question> question;
  std::vector<route::message> routes;
  close_reason closed = close_reason::none;
  bool tls_asked_for = false;
  int logins = 0;
  int unanswered = 0;

 private:
  void apply() {
    (written += fx.to_peer) += fx.stanza_to_peer;
    for (auto& m : fx.to_manager) routes.push_back(std::move(m));
    if (fx.question) question.emplace(std::move(*fx.question));
    tls_asked_for = tls_asked_for || fx.start_tls;
    if (fx.restart_stream) tokens.reset();
    if (fx.logged_in) ++logins;
    if (fx.unanswered) ++unanswered;
    if (closed == close_reason::none) closed = fx.close;
    fx.clear();
  }
  std::string take() { return std::exchange(written, {}); }

  xml::workspace_pool pool;
  xml::tokenizer_limits limits;
  xml::tokenizer tokens{pool, limits};
  xml::fragment scratch;
  std::string written;
};

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

inline std::string auth(const std::string& mechanism, const std::string& data) {
  return "<auth xmlns='" + sasl_ns + "' mechanism='" + mechanism + "'>" + base::base64_encode(data) + "</auth>";
}
inline std::string response(const std::string& data) {
  return "<response xmlns='" + sasl_ns + "'>" + base::base64_encode(data) + "</response>";
}

inline const sasl::scram_keys alices = sasl::derive_keys(sasl::scram_hash::sha256, "secret", "0123456789abcdef", 4096);

/// What a client that knows the password answers to the challenge in `written`.
inline std::string proof(const std::string& written, const std::string& header_and_data, const std::string& password = "secret") {
  const auto begin = written.find('>') + 1;
  const auto challenge = base::base64_decode(written.substr(begin, written.find('<', begin) - begin)).value();
  const auto nonce = challenge.substr(2, challenge.find(',') - 2);
  const auto keys = sasl::derive_keys(sasl::scram_hash::sha256, password, alices.salt, alices.iterations);
  const auto without = "c=" + base::base64_encode(header_and_data) + ",r=" + nonce;
  const auto signature = base::hmac(sasl::scram_hash::sha256, keys.stored_key, "n=alice,r=client," + challenge + "," + without);
  auto p =
      base::hmac(sasl::scram_hash::sha256, base::pbkdf2(sasl::scram_hash::sha256, password, alices.salt, 4096), "Client Key");
  for (std::size_t i = 0; i < p.size(); ++i) p[i] = static_cast<char>(p[i] ^ signature[i]);
  return without + ",p=" + base::base64_encode(p);
}

}  // namespace couplet::stream::secured
