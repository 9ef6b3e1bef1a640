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
inline constexpr std::string_view iq_roster = "jabber:iq:roster";
inline constexpr std::string_view server_ip_check = "urn:xmpp:sic:1";   ///< XEP-0279
inline constexpr std::string_view invitation = "urn:xmpp:pars:0";       ///< XEP-0445
inline constexpr std::string_view stream_management = "urn:xmpp:sm:3";  ///< XEP-0198
inline constexpr std::string_view iq_auth_feature = "http://jabber.org/features/iq-auth";
inline constexpr std::string_view iq_register_feature = "http://jabber.org/features/iq-register";
inline constexpr std::string_view disco_info = "http://jabber.org/protocol/disco#info";
inline constexpr std::string_view disco_items = "http://jabber.org/protocol/disco#items";
inline constexpr std::string_view caps = "http://jabber.org/protocol/caps";      ///< XEP-0115
inline constexpr std::string_view pubsub = "http://jabber.org/protocol/pubsub";  ///< XEP-0060
inline constexpr std::string_view pubsub_owner = "http://jabber.org/protocol/pubsub#owner";
inline constexpr std::string_view pubsub_event = "http://jabber.org/protocol/pubsub#event";
inline constexpr std::string_view pubsub_errors = "http://jabber.org/protocol/pubsub#errors";
inline constexpr std::string_view carbons = "urn:xmpp:carbons:2";  ///< XEP-0280
inline constexpr std::string_view archive = "urn:xmpp:mam:2";      ///< XEP-0313
inline constexpr std::string_view archive_extended = "urn:xmpp:mam:2#extended";
inline constexpr std::string_view result_sets = "http://jabber.org/protocol/rsm";         ///< XEP-0059
inline constexpr std::string_view data_form = "jabber:x:data";                            ///< XEP-0004
inline constexpr std::string_view stanza_ids = "urn:xmpp:sid:0";                          ///< XEP-0359
inline constexpr std::string_view hints = "urn:xmpp:hints";                               ///< XEP-0334
inline constexpr std::string_view chat_states = "http://jabber.org/protocol/chatstates";  ///< XEP-0085
inline constexpr std::string_view private_xml = "jabber:iq:private";                      ///< XEP-0049
inline constexpr std::string_view vcard = "vcard-temp";                                   ///< XEP-0054
inline constexpr std::string_view last = "jabber:iq:last";                                ///< XEP-0012
inline constexpr std::string_view time = "urn:xmpp:time";                                 ///< XEP-0202
inline constexpr std::string_view blocking = "urn:xmpp:blocking";                         ///< XEP-0191
inline constexpr std::string_view data_forms = "jabber:x:data";                           ///< XEP-0004
inline constexpr std::string_view ping = "urn:xmpp:ping";
inline constexpr std::string_view version = "jabber:iq:version";
inline constexpr std::string_view connection_state = "http://amessage.info/protocol/connectionstate";
inline constexpr std::string_view session_control = "http://jabberd.jabberstudio.org/ns/session/1.0";

}  // namespace couplet::xml::ns
