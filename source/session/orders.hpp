#pragma once

#include <memory>

#include "core.hpp"
#include "order.hpp"

/// What partitions ask of each other for the commands of admins: done where the account lives.
namespace couplet::session {

/// One that has come, or its answer.
void on_order(core& c, std::shared_ptr<order> o, effects& out);
/// The storage has answered what an order asked of it.
void on_order_stored(core& c, std::shared_ptr<order> o, account_outcome what, effects& out);
/// Sends it back to who asked.
void answer_order(std::shared_ptr<order> o, order::result outcome, effects& out);

}  // namespace couplet::session
