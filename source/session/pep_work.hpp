#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "core.hpp"
#include "pep_nodes.hpp"

/// What is done with an account's nodes: they are read when they are first needed, and tasks are worked on one after another. So a change is made
/// of what is stored, and of nothing else, and who asks after a change sees it.
namespace couplet::session {

/// Puts a task into the account's row. Where too much waits, a request is answered with an error.
void with_pep(core& c, std::string_view owner, pep_task&& task, effects& out);

/// The account is gone: who waits is told.
void forget_pep(core& c, std::string_view owner, effects& out);

// For tasks, as the last thing they do: the turn goes on when `then` is called, which does not happen if the account is gone by then.

using pep_continuation = std::function<void(core& c, pep_account& a, storage_answer&& answer, effects& out)>;
void ask_in_turn(core& c, pep_account& a, storage_request::work what, pep_continuation then, effects& out, std::size_t kept = 0);

/// Whether somebody has a subscription to the owner's presence; the owner has.
void when_standing_is_known(core& c, pep_account& a, std::string_view who,
                            std::function<void(core& c, pep_account& a, bool subscribed, effects& out)> then, effects& out);

/// Who has a subscription to the owner's presence.
void when_subscribers_are_known(
    core& c, pep_account& a, std::function<void(core& c, pep_account& a, const std::vector<std::string>& who, effects& out)> then,
    effects& out);

}  // namespace couplet::session
