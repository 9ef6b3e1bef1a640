#include "stream/features.hpp"

#include <algorithm>
#include <array>

#include "xml/names.hpp"

namespace couplet::stream {

namespace {

void append_starttls(std::string& out, feature_state state, const offer& what) {
  // RFC 6120 section 5.4.1: where nothing but TLS is left to do, it says so.
  out += "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'>";
  if ((state & has::passwords) == 0 || what.mechanisms.empty()) out += "<required/>";
  out += "</starttls>";
}

void append_binding_types(std::string& out, feature_state, const offer& what) {
  const auto types = advertised_types(what);
  if (types.empty()) return;
  out += "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'>";
  for (const auto type : types) ((out += "<channel-binding type='") += type) += "'/>";
  out += "</sasl-channel-binding>";
}

void append_mechanism_names(std::string& out, const offer& what) {
  for (const auto m : what.mechanisms) ((out += "<mechanism>") += sasl::name_of(m)) += "</mechanism>";
}

void append_mechanisms(std::string& out, feature_state, const offer& what) {
  if (what.mechanisms.empty()) return;
  out += "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>";
  append_mechanism_names(out, what);
  out += "</mechanisms>";
}

void append_authentication(std::string& out, feature_state state, const offer& what) {
  if (what.mechanisms.empty()) return;  // XEP-0388 section 2.1: not without a mechanism
  out += "<authentication xmlns='urn:xmpp:sasl:2'>";
  append_mechanism_names(out, what);
  out += "<inline><bind xmlns='urn:xmpp:bind:0'";
  out += (state & has::rosters) != 0 ? "><inline><feature var='urn:xmpp:carbons:2'/></inline></bind>" : "/>";
  out += "</inline></authentication>";
}

template <const char* text>
void append_constant(std::string& out, feature_state, const offer&) {
  out += text;
}

constexpr char iq_auth[] = "<auth xmlns='http://jabber.org/features/iq-auth'/>";
constexpr char iq_register[] = "<register xmlns='http://jabber.org/features/iq-register'/>";
// XEP-0445 section 2: beside the other one, which clients without invitations know.
void append_registration(std::string& out, feature_state, const offer& what) {
  out += iq_register;
  if (what.invited_only) out += "<register xmlns='urn:xmpp:invite'/>";
}

constexpr char bind[] = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>";
// Optional, so that clients written after RFC 6121, which dropped it, need not ask.
constexpr char session_question[] = "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session>";

constexpr char rosterver[] = "<ver xmlns='urn:xmpp:features:rosterver'/>";
constexpr char preapproval[] = "<sub xmlns='urn:xmpp:features:pre-approval'/>";

void append_capabilities(std::string& out, feature_state, const offer& what) {
  out += what.capabilities;
}

void append_limits(std::string& out, feature_state, const offer& what) {
  out += "<limits xmlns='urn:xmpp:stream-limits:0'>";
  if (what.max_bytes != 0) ((out += "<max-bytes>") += std::to_string(what.max_bytes)) += "</max-bytes>";
  if (what.idle_seconds != 0) ((out += "<idle-seconds>") += std::to_string(what.idle_seconds)) += "</idle-seconds>";
  out += "</limits>";
}

}  // namespace

std::vector<std::string_view> advertised_types(const offer& what) {
  const auto& ways = what.mechanisms;
  if (what.bindings == nullptr || std::none_of(ways.begin(), ways.end(), sasl::is_plus)) return {};
  return what.bindings->types();
}

namespace features {

const feature starttls{"starttls", has::version_1 | has::tls, has::secured | has::login, append_starttls};
const feature channel_binding{"channel binding", has::version_1 | has::secured, has::login, append_binding_types};
const feature sasl{"sasl", has::version_1 | has::passwords, has::login, append_mechanisms};
// XEP-0388 section 6.3: under TLS only.
const feature sasl2{"sasl2", has::version_1 | has::passwords | has::secured, has::login, append_authentication};
const feature legacy_login{"legacy login", has::passwords | has::plain, has::login, append_constant<iq_auth>};
const feature registration{"registration", has::passwords | has::registration, has::login, append_registration};
const feature resource_binding{"resource binding", has::version_1 | has::login, has::resource, append_constant<bind>};
const feature session{"session", has::version_1 | has::login, has::resource, append_constant<session_question>};
// They tell of the session manager, and are no steps: also where a resource is bound already.
const feature roster_versions{"roster versions", has::version_1 | has::login | has::rosters, 0, append_constant<rosterver>};
const feature pre_approval{"pre-approval", has::version_1 | has::login | has::rosters, 0, append_constant<preapproval>};
const feature capabilities{"capabilities", has::version_1 | has::login | has::capabilities, 0, append_capabilities};
const feature limits{"limits", has::version_1 | has::limits, 0, append_limits};

std::span<const feature* const> all() noexcept {
  static constexpr std::array<const feature*, 12> table{
      &starttls, &channel_binding, &sasl,         &sasl2,        &legacy_login, &registration, &resource_binding,
      &session,  &roster_versions, &pre_approval, &capabilities, &limits};
  return table;
}

}  // namespace features

void append_features(std::string& out, feature_state state, const offer& what) {
  out += "<stream:features>";
  for (const feature* f : features::all())
    if (offered(*f, state)) f->append(out, state, what);
  out += "</stream:features>";
}

}  // namespace couplet::stream
