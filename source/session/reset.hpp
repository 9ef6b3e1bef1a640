#pragma once

#include <cstdint>
#include <memory>

#include "core.hpp"
#include "order.hpp"

/// The server is emptied at the command of an admin: as if it had just been started, with the accounts of the configuration and nothing else.
///
/// Each partition goes through three steps. `close_doors`: no session begins, and all end but that of the admin. `settle`: what had been on its
/// way between partitions is there by then. Both are answered when the storage has answered all that was asked before, so nothing is written
/// behind its end, which comes now: rooms, and all that is stored. `open_doors`: what is in memory goes as well, and sessions may begin.
namespace couplet::session {

void close_doors(core& c, std::shared_ptr<order> o, effects& out);
void open_doors(core& c, std::shared_ptr<order> o, effects& out);

/// Answers the order as soon as nothing waits for the storage that was asked for up to now.
void answer_when_quiet(core& c, std::shared_ptr<order> o, effects& out);
/// The storage has answered something: those that have waited for it.
void answer_quiet_orders(core& c, effects& out);

/// Whether a session was ended by a reset, some minutes ago at the most: what its client was not given is gone with all else.
bool is_of_before_reset(const core& c, std::uint64_t handle) noexcept;

}  // namespace couplet::session
