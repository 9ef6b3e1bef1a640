#include "stream/features.hpp"

#include <array>

namespace couplet::stream {

namespace features {

const feature sasl{"sasl", has::version_1 | has::passwords, has::login,
                   "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>"};

const feature legacy_login{"legacy login", has::passwords, has::login, "<auth xmlns='http://jabber.org/features/iq-auth'/>"};

const feature registration{"registration", has::passwords | has::registration, has::login,
                           "<register xmlns='http://jabber.org/features/iq-register'/>"};

const feature resource_binding{"resource binding", has::version_1 | has::login, has::resource,
                               "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"};

// Optional, so that clients written after RFC 6121, which dropped it, need not ask.
const feature session{"session", has::version_1 | has::login, has::resource,
                      "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session>"};

std::span<const feature* const> all() noexcept {
  static constexpr std::array<const feature*, 5> table{&sasl, &legacy_login, &registration, &resource_binding, &session};
  return table;
}

}  // namespace features

void append_features(std::string& out, feature_state state) {
  out += "<stream:features>";
  for (const feature* f : features::all())
    if (offered(*f, state)) out += f->advertised;
  out += "</stream:features>";
}

}  // namespace couplet::stream
