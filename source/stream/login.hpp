#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sasl/scram.hpp"
#include "stream/client_stream.hpp"

namespace couplet::stream {

/// An element from the client, with what is needed to answer it.
struct client_stream::event {
  const xml::element_view& element;
  const std::vector<xml::prefix_declaration>& header_prefixes;
  bool manager_up;
  xml::fragment& scratch;
  effects& out;
  surroundings* around;  ///< null: nothing is known of it
};

/// What a client needs until its session runs. Never more than one request waits for the manager.
struct client_stream::login {
  enum class request : std::uint8_t {
    none,
    sasl,            ///< the password of SASL PLAIN, asked of the manager
    sasl_account,    ///< the same, asked of the credentials; and who else only has to be known there
    sasl_challenge,  ///< SCRAM: the salt of a name
    sasl_keys,       ///< SCRAM: the keys that the proof is checked with
    sasl_pause,      ///< SCRAM: before a refusal, which comes at the same time whatever was wrong, and whoever was meant
    legacy_account,  ///< the password of iq:auth, asked of the credentials
    fields,          ///< iq:auth get
    password,        ///< iq:auth set
    registration,    ///< iq:register get or set
    bind,            ///< the session of a bound resource
    legacy,          ///< the session after iq:auth
    bind2,           ///< the session that was asked for inside of SASL2
    kept_session,    ///< the session of a client that is logged in, of a manager that has lost it
  };

  /// Whether a refusal of this is a failure of SASL.
  static constexpr bool is_sasl(request r) noexcept {
    return r == request::sasl || r == request::sasl_account || r == request::sasl_challenge || r == request::sasl_keys ||
           r == request::sasl_pause || r == request::bind2;
  }

  /// Whether a password was asked about.
  static constexpr bool is_check(request r) noexcept {
    switch (r) {
      case request::sasl:
      case request::password: return true;
      default: return false;
    }
  }

  std::string stream_id;  ///< of the stream of now: digests are made with it
  request waits_for = request::none;
  std::string request_id;  ///< of the iq the manager has to answer: ours, so that no answer fits by accident
  std::string asked;       ///< where the request went: a refusal comes from there
  std::string client_id;   ///< the id attribute of the client's iq, as written; empty: it has none
  base::jid wanted;        ///< whom the request is about
  std::uint32_t attempts = 0;
  bool has_from = false;            ///< the stream's header says who the client is
  std::string from;                 ///< the bare JID there; empty: it is none
  bool invited = false;             ///< showed the token that registration needs
  bool checked_by_manager = false;  ///< the login that succeeded: the manager has seen the password

  // SASL
  security tls;                               ///< empty without TLS
  std::optional<sasl::mechanism> mechanism;   ///< of the exchange that goes on
  bool response_due = false;                  ///< a challenge was sent
  bool sasl2 = false;                         ///< the exchange was begun by XEP-0388
  bool bind_inline = false;                   ///< SASL2: a resource is wanted with the success
  bool wants_carbons = false;                 ///< and to have them with it
  std::string tag;                            ///< of the wanted resource: its first part
  std::string final_data;                     ///< SASL2: of the mechanism, until the success is written
  std::unique_ptr<sasl::scram_server> scram;  ///< between its messages
  std::string proof;                          ///< SCRAM: the client's last message while its keys are fetched
  sasl::verdict refusal{};                    ///< what was wrong with it, during the pause
};

/// Why a session ended. Managers say it in words only; jabberd14 has one word for every end, whose usual cause is a second login with the same
/// resource.
base::close_reason reason_in(std::string_view text) noexcept;

inline constexpr std::string_view manager_down = "The session manager cannot be reached; try again later.";

/// A password longer than this is refused unseen.
inline constexpr std::size_t max_password_bytes = 1023;

}  // namespace couplet::stream
