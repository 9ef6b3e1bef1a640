#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sasl/mechanisms.hpp"

namespace couplet::stream {

/// What a client stream has reached and what its connection allows, as bits: the features that it offers follow from them.
using feature_state = std::uint16_t;

namespace has {
inline constexpr feature_state version_1 = 1;       ///< the client's header says version 1.0 or above
inline constexpr feature_state passwords = 2;       ///< logins may travel on this connection: it is encrypted, or may do without
inline constexpr feature_state registration = 4;    ///< the service offers jabber:iq:register before login
inline constexpr feature_state login = 8;           ///< somebody has proved who they are
inline constexpr feature_state resource = 16;       ///< a session with a full JID runs
inline constexpr feature_state tls = 32;            ///< there is a certificate: TLS may be begun
inline constexpr feature_state secured = 64;        ///< TLS has been begun
inline constexpr feature_state limits = 128;        ///< the limits of the stream are told
inline constexpr feature_state rosters = 256;       ///< the session manager is the one inside, which has rosters and carbons
inline constexpr feature_state capabilities = 512;  ///< it is known what the server can do
inline constexpr feature_state plain = 1024;        ///< PLAIN is among the mechanisms that the service wants
}  // namespace has

/// What the features say beside that they are there.
struct offer {
  std::span<const sasl::mechanism> mechanisms;       ///< that this stream takes, the best first
  const sasl::channel_bindings* bindings = nullptr;  ///< of this connection; null: none
  std::uint64_t max_bytes = 0;                       ///< of one element, in the state of now; 0: not told
  std::uint64_t idle_seconds = 0;                    ///< 0: not told
  std::string_view capabilities;                     ///< <c/> of the server
  bool invited_only = false;                         ///< registration needs a token (XEP-0445)
};

/// The types of channel binding that are advertised (XEP-0440), the best first: none where no mechanism uses them, for alone they would tell a
/// client that somebody has cut those mechanisms out (section 5).
std::vector<std::string_view> advertised_types(const offer& what);

/// A step of the negotiation. It may be taken exactly when the state has all bits of `needs` and none of `forbids`; what may
/// be taken is advertised (RFC 6120 section 4.3.2), and only that. A client may take a step without having seen it advertised:
/// the same row decides.
struct feature {
  std::string_view name;
  feature_state needs;
  feature_state forbids;
  /// Appends the child of <stream:features/>.
  void (*append)(std::string& out, feature_state state, const offer& what);
};

namespace features {
extern const feature starttls;          ///< RFC 6120 section 5
extern const feature channel_binding;   ///< which types SCRAM-…-PLUS may use here, where it is offered: XEP-0440
extern const feature sasl;              ///< RFC 6120 section 6
extern const feature sasl2;             ///< XEP-0388, with Bind 2 (XEP-0386), and carbons with that (XEP-0280)
extern const feature legacy_login;      ///< jabber:iq:auth, XEP-0078
extern const feature registration;      ///< jabber:iq:register, XEP-0077
extern const feature resource_binding;  ///< RFC 6120 section 7
extern const feature session;           ///< RFC 3921 section 3: a question old clients ask, and nothing more
extern const feature roster_versions;   ///< RFC 6121 section 2.6.1
extern const feature pre_approval;      ///< RFC 6121 section 3.4
extern const feature capabilities;      ///< what the server can do, XEP-0115 section 6.3
extern const feature limits;            ///< XEP-0478

/// All of them, in the order in which they are advertised.
std::span<const feature* const> all() noexcept;
}  // namespace features

/// Whether the step may be taken, and so is advertised, in this state.
constexpr bool offered(const feature& f, feature_state state) noexcept {
  return (state & f.needs) == f.needs && (state & f.forbids) == 0;
}

/// Appends <stream:features/> for a stream of version 1.0.
void append_features(std::string& out, feature_state state, const offer& what);

}  // namespace couplet::stream
