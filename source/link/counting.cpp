#include <algorithm>

#include "conversation.hpp"
#include "route/message.hpp"

// Stream management (XEP-0198) at the connecting side: what a conversation has to do with a link that outlives it.

namespace couplet::link {

using base::close_reason;

namespace {

/// What came is said for so many routes at once, or after this time.
constexpr std::uint64_t most_unsaid = 16;
constexpr auto soon = std::chrono::milliseconds(100);

}  // namespace

/// A manager that counts is asked to; the link that there was goes on where it can.
void manager_link::conversation::on_authenticated() {
  if (!machine_.management_offered() || owner_.options_.grace.count() == 0) {
    owner_.begin_counting(0);
    return on_up(false);
  }
  std::string ask;
  if (owner_.may_resume()) {
    stream::management::append_resume(ask, owner_.link_, owner_.received_);
  } else {
    stream::management::append_enable(ask);
  }
  out().append(ask);
}

void manager_link::conversation::on_up(bool resumed) {
  up_ = true;
  said_ = owner_.received_;
  keep_alive(own_shard().now());
  owner_.on_up(resumed);
}

void manager_link::conversation::on_management(const stream::management::element& e) {
  using stream::management::verb;
  switch (e.what) {
    case verb::enabled:
      if (up_ || e.link == 0) return end(close_reason::protocol_violation);
      counts_ = true;
      owner_.begin_counting(e.link);
      out().keep_until_acknowledged();
      return on_up(false);
    case verb::resumed:
      if (up_ || !e.handled || e.link != owner_.link_) return end(close_reason::protocol_violation);
      return on_resumed(*e.handled);
    case verb::failed:
      if (up_) return end(close_reason::protocol_violation);
      return on_not_resumed(e.handled);
    case verb::request:
      if (counts_) say_what_came();
      return;
    case verb::answer: {
      question_open_ = false;
      if (!counts_ || !e.handled) return;
      const auto more = stream::management::newly_handled(*e.handled, owner_.acknowledged_, owner_.sent_);
      if (!more) return end(close_reason::protocol_violation);
      owner_.acknowledged_ += *more;
      out().acknowledge(*more);
      return on_flushed();
    }
    case verb::enable:
    case verb::resume:
    case verb::unknown: return end(close_reason::protocol_violation);
  }
}

/// It has so many of our routes; the others are written again.
void manager_link::conversation::on_resumed(std::uint32_t handled) {
  const auto taken = stream::management::newly_handled(handled, owner_.acknowledged_, owner_.sent_);
  if (!taken) return end(close_reason::protocol_violation);
  counts_ = true;
  out().take_over(owner_.pending_, *taken);
  on_up(true);
}

/// That link is not known (any more). It may be said how much of it was handled: that is done with.
void manager_link::conversation::on_not_resumed(std::optional<std::uint32_t> handled) {
  const auto done = handled ? stream::management::newly_handled(*handled, owner_.acknowledged_, owner_.sent_) : std::nullopt;
  if (done) {
    owner_.acknowledged_ += *done;
    owner_.pending_.acknowledge(*done);
  }
  stream::management::append_enable(effects_.to_peer);
}

/// For many at once, or soon: others wait for it.
void manager_link::conversation::say_in_time() {
  if (!counts_ || owner_.received_ == said_) return;
  if (owner_.received_ - said_ >= most_unsaid) return say_what_came();
  if (!std::exchange(says_soon_, true)) set_deadline(own_shard().now() + soon);
}

void manager_link::conversation::say_what_came() {
  said_ = owner_.received_;
  scratch_.clear();
  stream::management::append_answer(scratch_, owner_.received_);
  out().append(scratch_);
  flush_later();
}

/// What a c2s sent again may have been handled before, and have arrived here.
bool manager_link::conversation::is_given_twice(route::message& m) {
  auto* const carried = route::trace_of(m);
  if (carried == nullptr || !carried->origin.is_known()) return false;
  const auto had_before = [carried](const route::origins* given) { return given->has_before(carried->origin); };
  if (carried->origin.again && std::any_of(owner_.givens_.begin(), owner_.givens_.end(), had_before)) return true;
  owner_.given_.note(carried->origin);
  carried->origin = {};
  return false;
}

}  // namespace couplet::link
