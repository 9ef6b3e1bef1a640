#pragma once

#include <string_view>

/// Namespaces and form types of group chat.
namespace couplet::muc::ns {

inline constexpr std::string_view muc = "http://jabber.org/protocol/muc";
inline constexpr std::string_view user = "http://jabber.org/protocol/muc#user";
inline constexpr std::string_view admin = "http://jabber.org/protocol/muc#admin";
inline constexpr std::string_view owner = "http://jabber.org/protocol/muc#owner";
inline constexpr std::string_view room_info = "http://jabber.org/protocol/muc#roominfo";
inline constexpr std::string_view room_config = "http://jabber.org/protocol/muc#roomconfig";
inline constexpr std::string_view request = "http://jabber.org/protocol/muc#request";
inline constexpr std::string_view registration = "http://jabber.org/protocol/muc#register";
inline constexpr std::string_view traffic = "http://jabber.org/protocol/muc#traffic";
inline constexpr std::string_view stable_id = "http://jabber.org/protocol/muc#stable_id";
inline constexpr std::string_view self_ping = "http://jabber.org/protocol/muc#self-ping-optimization";
inline constexpr std::string_view data = "jabber:x:data";
inline constexpr std::string_view delay = "urn:xmpp:delay";
inline constexpr std::string_view stanza_id = "urn:xmpp:sid:0";
inline constexpr std::string_view occupant_id = "urn:xmpp:occupant-id:0";
inline constexpr std::string_view hints = "urn:xmpp:hints";
inline constexpr std::string_view result_sets = "http://jabber.org/protocol/rsm";
inline constexpr std::string_view vcard = "vcard-temp";

}  // namespace couplet::muc::ns
