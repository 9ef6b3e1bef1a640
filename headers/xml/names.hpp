#pragma once

#include <string_view>

/// Namespace names, each once.
namespace couplet::xml::ns {

inline constexpr std::string_view xml = "http://www.w3.org/XML/1998/namespace";
inline constexpr std::string_view xmlns = "http://www.w3.org/2000/xmlns/";
inline constexpr std::string_view stream = "http://etherx.jabber.org/streams";
inline constexpr std::string_view client = "jabber:client";
inline constexpr std::string_view server = "jabber:server";
inline constexpr std::string_view component = "jabber:component:accept";
inline constexpr std::string_view stream_errors = "urn:ietf:params:xml:ns:xmpp-streams";
inline constexpr std::string_view stanza_errors = "urn:ietf:params:xml:ns:xmpp-stanzas";
inline constexpr std::string_view sasl = "urn:ietf:params:xml:ns:xmpp-sasl";
inline constexpr std::string_view tls = "urn:ietf:params:xml:ns:xmpp-tls";
inline constexpr std::string_view sasl2 = "urn:xmpp:sasl:2";
inline constexpr std::string_view bind2 = "urn:xmpp:bind:0";
inline constexpr std::string_view bind = "urn:ietf:params:xml:ns:xmpp-bind";
inline constexpr std::string_view session = "urn:ietf:params:xml:ns:xmpp-session";
inline constexpr std::string_view iq_auth = "jabber:iq:auth";
inline constexpr std::string_view iq_register = "jabber:iq:register";
inline constexpr std::string_view server_ip_check = "urn:xmpp:sic:1";   ///< XEP-0279
inline constexpr std::string_view invitation = "urn:xmpp:pars:0";       ///< XEP-0445
inline constexpr std::string_view stream_management = "urn:xmpp:sm:3";  ///< XEP-0198
inline constexpr std::string_view iq_auth_feature = "http://jabber.org/features/iq-auth";
inline constexpr std::string_view iq_register_feature = "http://jabber.org/features/iq-register";
inline constexpr std::string_view disco_info = "http://jabber.org/protocol/disco#info";
inline constexpr std::string_view disco_items = "http://jabber.org/protocol/disco#items";
inline constexpr std::string_view ping = "urn:xmpp:ping";
inline constexpr std::string_view version = "jabber:iq:version";
inline constexpr std::string_view connection_state = "http://amessage.info/protocol/connectionstate";
inline constexpr std::string_view session_control = "http://jabberd.jabberstudio.org/ns/session/1.0";

}  // namespace couplet::xml::ns
