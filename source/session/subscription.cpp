#include "subscription.hpp"

#include <array>

namespace couplet::session {
namespace {

using enum subscription_state;

struct cell {
  bool passes;
  subscription_state next;
};
using row = std::array<cell, subscription_states>;
using table = std::array<row, 4>;

constexpr bool yes = true;
constexpr bool no = false;

// Columns: none, none_out, none_in, none_out_in, to, to_in, from, from_out, both.

constexpr table outbound{{
    // subscribe (A.2.1)
    {{{yes, none_out},
      {yes, none_out},
      {yes, none_out_in},
      {yes, none_out_in},
      {yes, to},
      {yes, to_in},
      {yes, from_out},
      {yes, from_out},
      {yes, both}}},
    // subscribed (A.2.3)
    {{{no, none}, {no, none_out}, {yes, from}, {yes, from_out}, {no, to}, {yes, both}, {no, from}, {no, from_out}, {no, both}}},
    // unsubscribe (A.2.2)
    {{{yes, none},
      {yes, none},
      {yes, none_in},
      {yes, none_in},
      {yes, none},
      {yes, none_in},
      {yes, from},
      {yes, from},
      {yes, from}}},
    // unsubscribed (A.2.4)
    {{{no, none}, {no, none_out}, {yes, none}, {yes, none_out}, {no, to}, {yes, to}, {yes, none}, {yes, none_out}, {yes, to}}},
}};

constexpr table inbound{{
    // subscribe (A.3.1)
    {{{yes, none_in},
      {yes, none_out_in},
      {no, none_in},
      {no, none_out_in},
      {yes, to_in},
      {no, to_in},
      {no, from},
      {no, from_out},
      {no, both}}},
    // subscribed (A.3.3)
    {{{no, none}, {yes, to}, {no, none_in}, {yes, to_in}, {no, to}, {no, to_in}, {no, from}, {yes, both}, {no, both}}},
    // unsubscribe (A.3.2)
    {{{no, none}, {no, none_out}, {yes, none}, {yes, none_out}, {no, to}, {yes, to}, {yes, none}, {yes, none_out}, {yes, to}}},
    // unsubscribed (A.3.4)
    {{{no, none}, {yes, none}, {no, none_in}, {yes, none_in}, {yes, none}, {yes, none_in}, {no, from}, {yes, from}, {yes, from}}},
}};

constexpr bool is_one_of(subscription_state s, subscription_state a, subscription_state b, subscription_state c) noexcept {
  return s == a || s == b || s == c;
}

const cell& look_up(const table& t, subscription_verb v, subscription_state s) noexcept {
  return t[static_cast<std::size_t>(v)][static_cast<std::size_t>(s)];
}

subscription_state with_from(subscription_state s) noexcept {
  if (s == none || s == none_in) return from;
  if (s == none_out || s == none_out_in) return from_out;
  return s == to || s == to_in ? both : s;
}

}  // namespace

bool has_to(subscription_state s) noexcept {
  return is_one_of(s, to, to_in, both);
}
bool has_from(subscription_state s) noexcept {
  return is_one_of(s, from, from_out, both);
}
bool has_out(subscription_state s) noexcept {
  return is_one_of(s, none_out, none_out_in, from_out);
}
bool has_in(subscription_state s) noexcept {
  return is_one_of(s, none_in, none_out_in, to_in);
}

subscription_state with_in(subscription_state s, bool in) noexcept {
  if (s == none || s == none_in) return in ? none_in : none;
  if (s == none_out || s == none_out_in) return in ? none_out_in : none_out;
  if (s == to || s == to_in) return in ? to_in : to;
  return s;
}

std::string_view name_of(subscription_state s) noexcept {
  if (s == both) return "both";
  if (has_to(s)) return "to";
  return has_from(s) ? "from" : "none";
}

subscription_state state_named(std::string_view name, bool out) noexcept {
  if (name == "both") return both;
  if (name == "to") return to;
  if (name == "from") return out ? from_out : from;
  return out ? none_out : none;
}

reaction on_outbound(subscription_verb v, standing now) noexcept {
  const auto& found = look_up(outbound, v, now.state);
  reaction r;
  r.passes = found.passes;
  r.next = standing(found.next, now.approved);
  if (v == subscription_verb::unsubscribed) r.next.approved = false;
  const bool was_early = v == subscription_verb::subscribed && !has_in(now.state) && !has_from(now.state);
  if (was_early) r.next.approved = true;
  return r;
}

reaction on_inbound(subscription_verb v, standing now) noexcept {
  const auto& found = look_up(inbound, v, now.state);
  reaction r;
  r.passes = found.passes;
  r.next = standing(found.next, now.approved);
  if (v != subscription_verb::subscribe || (!has_from(now.state) && !now.approved)) return r;
  r.passes = false;
  r.granted = true;
  r.next.state = with_from(now.state);
  return r;
}

}  // namespace couplet::session
