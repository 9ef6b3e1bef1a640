#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

/// The states of a presence subscription between a user and a contact, as the user's server sees it, and how they change: RFC
/// 6121 appendix A as two tables, and pre-approval (section 3.4). No account, no stanza.
namespace couplet::session {

/// RFC 6121 appendix A.1. `in`: the contact has asked, `out`: the user has.
enum class subscription_state : std::uint8_t { none, none_out, none_in, none_out_in, to, to_in, from, from_out, both };
inline constexpr std::size_t subscription_states = 9;

/// In the order of stanza_type.
enum class subscription_verb : std::uint8_t { subscribe, subscribed, unsubscribe, unsubscribed };

bool has_to(subscription_state s) noexcept;    ///< the user sees the contact's presence
bool has_from(subscription_state s) noexcept;  ///< the contact sees the user's
bool has_out(subscription_state s) noexcept;
bool has_in(subscription_state s) noexcept;
/// With the contact's request, or without. What is `from` or `both` has none.
subscription_state with_in(subscription_state s, bool in) noexcept;

/// `none`, `to`, `from`, `both`, as rosters say it.
std::string_view name_of(subscription_state s) noexcept;
/// From such a name; another name is `none`. A request of the user that is granted already is none.
subscription_state state_named(std::string_view name, bool out) noexcept;

/// What is known of one contact.
struct standing {
  standing() = default;
  standing(subscription_state state_, bool approved_) noexcept : state(state_), approved(approved_) {}
  subscription_state state = subscription_state::none;
  bool approved = false;  ///< the user has said yes before being asked
  friend bool operator==(const standing&, const standing&) = default;
};

/// What a subscription stanza leads to.
struct reaction {
  bool passes = false;   ///< outbound: it is routed to the contact; inbound: it is delivered to the user
  bool granted = false;  ///< inbound: the server answers `subscribed` by itself
  standing next;
};

/// The user sends it: appendix A.2.
reaction on_outbound(subscription_verb v, standing now) noexcept;
/// The contact does: appendix A.3.
reaction on_inbound(subscription_verb v, standing now) noexcept;

}  // namespace couplet::session
