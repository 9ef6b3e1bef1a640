// RFC 6121 appendix A, row by row, and pre-approval.

#include "../../../source/session/subscription.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

using namespace couplet::session;

namespace {

constexpr std::array<const char*, subscription_states> names{"None",  "None+Out", "None+In",  "None+Out+In", "To",
                                                             "To+In", "From",     "From+Out", "Both"};

std::string text_of(const reaction& r) {
  std::string text = r.passes ? "passes" : "stays";
  if (r.granted) text += ", granted";
  text += std::string(", ") + names[static_cast<std::size_t>(r.next.state)];
  return r.next.approved ? text + ", approved" : text;
}

struct table_row {
  subscription_verb verb;
  std::array<const char*, subscription_states> after;  // in the order of the states
};

using react = reaction (*)(subscription_verb, standing) noexcept;

void check(react what, bool approved, const table_row& row) {
  for (std::size_t i = 0; i < subscription_states; ++i) {
    CAPTURE(static_cast<int>(row.verb));
    CAPTURE(std::string(names[i]));
    const auto found = text_of(what(row.verb, standing(static_cast<subscription_state>(i), approved)));
    CHECK(found == row.after[i]);
  }
}

using verb = subscription_verb;

}  // namespace

TEST_CASE("subscription: RFC 6121 A.2: what the user sends") {
  check(on_outbound, false,
        {verb::subscribe,
         {"passes, None+Out", "passes, None+Out", "passes, None+Out+In", "passes, None+Out+In", "passes, To", "passes, To+In",
          "passes, From+Out", "passes, From+Out", "passes, Both"}});
  check(on_outbound, false,
        {verb::unsubscribe,
         {"passes, None", "passes, None", "passes, None+In", "passes, None+In", "passes, None", "passes, None+In", "passes, From",
          "passes, From", "passes, From"}});
  check(on_outbound, false,
        {verb::subscribed,
         {"stays, None, approved", "stays, None+Out, approved", "passes, From", "passes, From+Out", "stays, To, approved",
          "passes, Both", "stays, From", "stays, From+Out", "stays, Both"}});
  check(on_outbound, false,
        {verb::unsubscribed,
         {"stays, None", "stays, None+Out", "passes, None", "passes, None+Out", "stays, To", "passes, To", "passes, None",
          "passes, None+Out", "passes, To"}});
}

TEST_CASE("subscription: RFC 6121 A.3: what the contact sends") {
  check(on_inbound, false,
        {verb::subscribe,
         {"passes, None+In", "passes, None+Out+In", "stays, None+In", "stays, None+Out+In", "passes, To+In", "stays, To+In",
          "stays, granted, From", "stays, granted, From+Out", "stays, granted, Both"}});
  check(on_inbound, false,
        {verb::unsubscribe,
         {"stays, None", "stays, None+Out", "passes, None", "passes, None+Out", "stays, To", "passes, To", "passes, None",
          "passes, None+Out", "passes, To"}});
  check(on_inbound, false,
        {verb::subscribed,
         {"stays, None", "passes, To", "stays, None+In", "passes, To+In", "stays, To", "stays, To+In", "stays, From",
          "passes, Both", "stays, Both"}});
  check(on_inbound, false,
        {verb::unsubscribed,
         {"stays, None", "passes, None", "stays, None+In", "passes, None+In", "passes, None", "passes, None+In", "stays, From",
          "passes, From", "passes, From"}});
}

TEST_CASE("subscription: RFC 6121 section 3.4: who was approved is not asked about; the approval is taken back by a refusal") {
  check(on_inbound, true,
        {verb::subscribe,
         {"stays, granted, From, approved", "stays, granted, From+Out, approved", "stays, granted, From, approved",
          "stays, granted, From+Out, approved", "stays, granted, Both, approved", "stays, granted, Both, approved",
          "stays, granted, From, approved", "stays, granted, From+Out, approved", "stays, granted, Both, approved"}});
  check(on_outbound, true,
        {verb::unsubscribed,
         {"stays, None", "stays, None+Out", "passes, None", "passes, None+Out", "stays, To", "passes, To", "passes, None",
          "passes, None+Out", "passes, To"}});
  check(on_outbound, true,
        {verb::subscribed,
         {"stays, None, approved", "stays, None+Out, approved", "passes, From, approved", "passes, From+Out, approved",
          "stays, To, approved", "passes, Both, approved", "stays, From, approved", "stays, From+Out, approved",
          "stays, Both, approved"}});
}

TEST_CASE("subscription: the words of rosters say the state and back") {
  for (std::size_t i = 0; i < subscription_states; ++i) {
    const auto s = static_cast<subscription_state>(i);
    CHECK(state_named(name_of(s), has_out(s)) == with_in(s, false));
    CHECK(has_in(with_in(s, true)) == !has_from(s));
    CHECK(has_to(with_in(s, true)) == has_to(s));
    CHECK(has_out(with_in(s, true)) == has_out(s));
  }
  CHECK(state_named("to", true) == subscription_state::to);
  CHECK(state_named("both", true) == subscription_state::both);
  CHECK(state_named("nonsense", false) == subscription_state::none);
}
