#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/close_reason.hpp"
#include "base/jid.hpp"
#include "route/message.hpp"
#include "sasl/credentials.hpp"
#include "sasl/mechanisms.hpp"
#include "sasl/verdict.hpp"
#include "stream/effects.hpp"
#include "stream/features.hpp"
#include "stream/left_session.hpp"
#include "stream/session_protocol.hpp"
#include "stream/surroundings.hpp"
#include "xml/element.hpp"
#include "xml/tokenizer.hpp"

namespace couplet::stream {

/// Who compares the passwords of SASL PLAIN and jabber:iq:auth.
enum class login_check : std::uint8_t {
  manager,     ///< the session manager: they travel as jabber:iq:auth, digests too
  credentials  ///< whoever answers questions (effects::question); there are no digests then
};

/// What all client streams of a process share. Does not change while they run.
struct client_settings {
  std::vector<std::string> domains;                      ///< prepared; the first one is the default
  std::unordered_map<std::string, std::string> aliases;  ///< alias → domain, both prepared
  bool offer_registration = false;                       ///< jabber:iq:register before login
  std::string registration_token;                        ///< that has to be shown first (XEP-0445); empty: anybody may
  bool offer_tls = false;                                ///< STARTTLS
  login_check logins_checked_by = login_check::manager;
  std::vector<sasl::mechanism> mechanisms;  ///< those that may be offered, and jabber:iq:auth beside PLAIN only; empty: all
  bool offer_scram = false;                 ///< whoever answers questions can give keys
  bool offer_anonymous = false;             ///< SASL ANONYMOUS (XEP-0175)
  bool offer_rosters = false;               ///< the session manager has them, with versions and pre-approval, and carbons
  std::string capabilities;                 ///< <c/> of what the server can do (XEP-0115); empty: not told
  bool offer_digest = true;                 ///< jabber:iq:auth with a digest, where nobody in particular is asked about
  bool ask_for_accounts =
      false;  ///< whoever answers questions knows which accounts there are; otherwise the manager finds out at the session's start
  session_protocol sessions = session_protocol::route;
  bool keeps_sessions = false;  ///< a session that the manager has lost is asked for again; see client_stream::on_manager_anew()
  /// What is told of the limits (XEP-0478); 0: nothing. Before and after the login differ.
  std::uint64_t max_bytes_before_login = 0;
  std::uint64_t max_bytes_after_login = 0;
  std::uint64_t idle_seconds = 0;
  /// Refused passwords on one connection; 0: no limit. A constant of this version: no flag sets it; tests choose others.
  std::uint32_t max_login_attempts = 5;
};

/// What TLS gives to a login, from the end of the handshake on.
struct security {
  sasl::channel_bindings bindings;
  bool certificate = false;             ///< the client has shown one that was verified
  std::vector<std::string> xmpp_addrs;  ///< that it is for, as they stand there; mail addresses where it has none for XMPP
};

/// How far a stream is; each phase has its own deadline.
enum class phase : std::uint8_t {
  header,   ///< waits for the first stream header
  login,    ///< waits for credentials
  manager,  ///< waits for the session manager's answer, or for that of the credentials; input is held, see holds_input()
  bind,     ///< logged in by SASL; restart and bind are to come
  open,     ///< a session runs
  closed,   ///< an error or a footer was written
};

/// The protocol of one client connection (RFC 6120; XEP-0078 and XEP-0077 on streams without version): a machine. Events go in, effects
/// come out. No socket, no clock, no coroutine; the connection calls it on its shard's thread.
///
/// Both stream generations talk to the manager in the same way: credentials travel as jabber:iq:auth in route::auth (for SASL
/// PLAIN with a resource of our own, since the manager wants one), then route::session_start for the full JID, or where the settings say so
/// route::session_control, after which stanzas travel as route::controlled_stanza.
class client_stream {
 public:
  /// `settings` must outlive the stream. `id`: where the manager's routes come back to.
  /// `plaintext_login`: passwords may travel on this connection as it is (loopback, or allowed).
  client_stream(const client_settings& settings, std::uint64_t id, bool plaintext_login);
  ~client_stream();
  client_stream(client_stream&&) = delete;
  client_stream& operator=(client_stream&&) = delete;

  /// The same, once it is known where the client is. Before the first header.
  void allow_plaintext_login(bool allowed) noexcept { plaintext_login_ = allowed; }
  /// TLS is up: what comes next is a stream header, and nothing of before counts (RFC 6120 section 5.4.3.3).
  void on_secured(security s);
  void on_header(const xml::element_view& header, bool manager_up, effects& out);
  /// `around`: null: nothing is known of it. `scratch`: the thread's document. `header_prefixes`: what the header declares beside the usual.
  void on_element(const xml::element_view& element, const std::vector<xml::prefix_declaration>& header_prefixes, bool manager_up,
                  xml::fragment& scratch, effects& out, surroundings* around = nullptr);
  void on_footer(effects& out);
  void on_fault(xml::fault fault, effects& out);
  /// In place of the effects of <starttls/>: something followed it in the clear. The stream ends, and TLS does not begin.
  void on_plaintext_after_starttls(effects& out);
  /// A route for this connection. Takes its texts.
  void on_route(route::message&& m, effects& out);
  /// The answer to the question that was in the effects. Only while one is open: other answers are ignored.
  void on_answer(sasl::answer&& a, effects& out);
  /// The manager knows nothing of this client's session any more: it is asked for again, without a login, since managers trust a c2s in that.
  /// Answers whether one was; then effects::session_back says when it runs. What it had asked for once (carbons, its roster and so the changes of that) and
  /// what it said last of its presence is said again at once, what it had sent (route::held) by on_sessions_back(), and until then its input is held.
  bool on_manager_anew(effects& out);
  /// The manager that there was is gone with what it was asked: a login or a session that waits for its answer is refused, and may be tried again.
  void on_questions_lost(effects& out);
  /// The same of one that is over already, and whose session has not been given up yet: it is not had again, and others may have to hear of its end.
  void on_session_lost() noexcept;
  /// Everybody has his session again who can, so whom stanzas are for is there.
  void on_sessions_back(effects& out);
  /// The deadline of the current phase has passed. A request that waits for the manager is answered first, with an error that invites
  /// another try: a silent manager never looks like a wrong password.
  void on_deadline(effects& out);
  /// Ends the stream for a reason from outside (shutdown, slow consumer, manager lost, limits): writes header where none was
  /// written, stream error, footer. `elsewhere`: with close_reason::moved, HOST or HOST:PORT.
  void end(base::close_reason reason, effects& out, std::string_view elsewhere = {});
  /// Who leaves: before on_gone(). Nothing where there is no session and none is had again, or the manager has ended it.
  std::optional<departure> leaves() const;
  /// The same of what it had said that waits for its session still, in order. The last one is without text where those who have seen the client
  /// may not hear of its end: the session is not there again yet, or the manager may not have worked on the presence that was said again.
  std::vector<route::held> leaves_behind();
  /// The connection is over, whatever the reason. The last call: tells the manager to end the session, where there is one or one was asked for.
  void on_gone(effects& out);

  phase current_phase() const noexcept { return phase_; }
  /// Whether further input must be kept back until a route has come: nothing may overtake a login.
  bool holds_input() const noexcept { return phase_ == stream::phase::manager || (kept_ && waits_for_others()); }
  /// Whether a session is waited for that was there already: see on_manager_anew(), which may be called once more where the manager could not be asked.
  bool is_kept_session_due() const noexcept;
  bool was_turned_away() const noexcept;
  /// The full JID once a session runs; before that the bare one that has proved itself, or empty.
  const base::jid& who() const noexcept { return who_; }
  /// The full JID of the session that is asked for; empty: none is.
  std::string_view asked_session() const noexcept;
  /// The session's address at the manager, while there is one; its name there (sc:sm) where it was asked for by session control.
  const route::address& session() const noexcept { return session_; }
  /// How a stanza that the client was not given goes back to the manager.
  route::message returned(std::string&& xml) const;

 private:
  struct login;  // what a login needs, on the heap, freed when the session runs (source/stream/login.hpp)
  struct event;  // an element and what comes with it
  struct kept;   // what a session needs to be had again (source/stream/kept_session.hpp)

  // client_stream.cpp: the stream itself
  void begin_stream(const std::string& reply_to, effects& out);
  void advertise(effects& out);
  void finish(base::close_reason reason, effects& out);
  feature_state state() const noexcept;
  void on_stanza_before_session(event& e);

  // sasl_login.cpp: the elements of RFC 6120 section 6 and of XEP-0388
  void on_starttls(event& e);
  void on_sasl(event& e);
  void on_sasl_auth(event& e);
  std::string without_alias(std::string_view name) const;
  void on_sasl2_authenticate(event& e);
  void begin_exchange(std::string_view mechanism, std::optional<std::string> initial, event& e);
  void challenge(std::string_view data, effects& out);
  void refuse_sasl(std::string_view condition, effects& out);
  void succeed(std::string_view data, effects& out);
  void finish_sasl2_bind(effects& out);
  bool may_offer(sasl::mechanism m) const noexcept;
  std::vector<sasl::mechanism> mechanisms() const;

  // sasl_exchange.cpp: what the mechanisms say
  void on_sasl_data(const std::string& base64, event& e);
  void on_plain(std::string_view message, event& e);
  void on_scram(std::string_view message, event& e);
  void on_external(std::string_view message, event& e);
  void on_anonymous(std::string_view message, event& e);
  void refuse_credentials(sasl::verdict why, effects& out);
  bool contradicts_header(bool is_authzid_given, const base::jid& who) const;
  void put_question(sasl::question&& q, effects& out);
  void on_password_answer(sasl::answer::verdict v, effects& out);
  void on_proof_keys(sasl::answer&& a, effects& out);

  // legacy_login.cpp: XEP-0078
  bool on_login_iq(event& e);
  void on_fields_get(const xml::element& query, event& e);
  void offer_fields_of_ours(const base::jid& who, effects& out);
  void on_password_set(const xml::element& query, event& e);
  void ask_credentials(base::jid who, const std::string& password, effects& out);
  void on_legacy_password_answer(sasl::answer::verdict v, effects& out);
  void refuse_iq(std::string_view condition, std::string_view text, effects& out);
  void refuse_unanswered_iq(std::string_view text, effects& out);

  // registration.cpp: XEP-0077 and XEP-0445
  void on_invitation(const xml::element& preauth, effects& out);
  void on_registration(const xml::element& query, bool set, event& e);

  // binding.cpp: RFC 6120 section 7, and the session it leads to
  bool on_bind_iq(event& e);
  void start_session(base::jid full, bool bound, effects& out);
  bool waits_for_session() const noexcept;
  void on_session_started(route::session_started&& m, effects& out);
  void on_session_runs(effects& out);

  // open_session.cpp: stanzas
  void on_stanza(event& e);
  bool answer_negotiation_iq(event& e);
  bool answer_address_iq(event& e, std::string_view to);

  // controlled_session.cpp: sessions of the second generation
  void start_controlled_session(effects& out);
  void on_session_control(route::session_control&& m, effects& out);
  void on_ended(const route::session_control& m, effects& out);
  bool is_about_session(std::string_view sm, std::string_view c2s) const noexcept;
  bool is_about_session(const route::failure& m) const;
  route::message end_of_session();

  // kept_session.cpp: sessions that the manager has lost
  kept& keep();
  void keep_presence(std::string_view type, std::string_view to, std::string_view xml);
  void keep_wish(event& e, std::string_view type, std::string_view to);
  void say_wishes_again(effects& out);
  void say_wish_for_carbons(effects& out);
  bool take_answer_to_us(std::string_view xml);
  bool is_from_us(std::string_view xml) const;
  bool waits_for_others() const noexcept;
  void forget_wishes() noexcept;
  void note_presence_from_manager(std::string_view xml) noexcept;
  void on_session_back(effects& out);
  void on_held(route::held&& m, effects& out);
  void answer_held(effects& out);
  void send_to_session(std::string&& xml, const route::origin& origin, effects& out);

  // manager_answers.cpp: what routes bring
  void ask(std::string to, std::string iq, effects& out);
  void on_auth_answer(const route::auth& m, effects& out);
  void on_refusal(std::string_view iq, effects& out);
  void on_failure(const route::failure& m, effects& out);
  void on_session_refused(std::string_view text, effects& out);
  void on_stanza_from_manager(route::stanza&& m, effects& out);
  void on_controlled_stanza(route::controlled_stanza&& m, effects& out);
  void give_to_client(std::string&& xml, effects& out);
  void give_up_request(std::string_view condition, effects& out);
  void count_attempt(base::close_reason when_too_many, effects& out);
  void bounce(route::message&& m, effects& out);

  const client_settings* settings_;
  std::uint64_t id_;
  const std::string* domain_ = nullptr;  // one of settings_->domains, from the header on
  base::jid who_;
  route::address session_;  // of the second generation: sc:sm is its text, and routes go to who_
  std::unique_ptr<login> login_;
  std::unique_ptr<kept> kept_;  // from the first presence or wish on
  std::unique_ptr<std::string>
      language_;  // that stanzas are in which do not say (RFC 6120 section 4.7.4); null: English, as our header says
  stream::phase phase_ = stream::phase::header;
  bool plaintext_login_;
  bool secured_ = false;       // TLS is up
  bool version_1_ = true;      // what an error before any header claims
  bool header_sent_ = false;   // on the stream of now: a restart begins a new one
  bool session_runs_ = false;  // at the manager, so it wants to know when the client is gone
  bool plain_from_ = true;     // the full JID needs no escaping in an attribute
  bool controlled_ = false;    // the session was asked for by session control
};

}  // namespace couplet::stream
