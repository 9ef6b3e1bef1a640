#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace couplet::stream {

/// What a client stream has reached and what its connection allows, as bits: the features that it offers follow from them.
using feature_state = std::uint8_t;

namespace has {
inline constexpr feature_state version_1 = 1;     ///< the client's header says version 1.0 or above
inline constexpr feature_state passwords = 2;     ///< passwords may travel on this connection as it is
inline constexpr feature_state registration = 4;  ///< the service offers jabber:iq:register before login
inline constexpr feature_state login = 8;         ///< somebody has proved who they are
inline constexpr feature_state resource = 16;     ///< a session with a full JID runs
}  // namespace has

/// A step of the negotiation. It may be taken exactly when the state has all bits of `needs` and none of `forbids`; what may
/// be taken is advertised (RFC 6120 section 4.3.2), and only that. A client may take a step without having seen it advertised:
/// the same row decides.
struct feature {
  std::string_view name;
  feature_state needs;
  feature_state forbids;
  std::string_view advertised;  ///< the child of <stream:features/>
};

namespace features {
extern const feature sasl;              ///< mechanism PLAIN, RFC 6120 section 6
extern const feature legacy_login;      ///< jabber:iq:auth, XEP-0078
extern const feature registration;      ///< jabber:iq:register, XEP-0077
extern const feature resource_binding;  ///< RFC 6120 section 7
extern const feature session;           ///< RFC 3921 section 3: a question old clients ask, and nothing more

/// All of them, in the order in which they are advertised.
std::span<const feature* const> all() noexcept;
}  // namespace features

/// Whether the step may be taken, and so is advertised, in this state.
constexpr bool offered(const feature& f, feature_state state) noexcept {
  return (state & f.needs) == f.needs && (state & f.forbids) == 0;
}

/// Appends <stream:features/> for a stream of version 1.0.
void append_features(std::string& out, feature_state state);

}  // namespace couplet::stream
