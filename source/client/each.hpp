#pragma once

#include <cstddef>
#include <exception>

#include "base/log.hpp"
#include "client/table.hpp"
#include "connection.hpp"

namespace couplet::client {

/// What goes wrong costs this client only.
template <class Action>
void table::guarded(connection& c, Action&& action) {
  try {
    action(c);
  } catch (const std::exception& e) {
    base::log::error("a client connection failed", {{"what", e.what()}});
    c.abort(base::close_reason::internal_error);
  }
}

template <class Action>
void table::for_each(Action&& action) {
  // By index: an action may make or free seats.
  for (std::size_t i = 0; i < places_.size(); ++i) {
    if (auto* const c = places_[i].occupant) guarded(*c, action);
  }
}

template <class Action>
void table::for_each_of(const hub::client_ids& who, Action&& action) {
  for (const auto id : who) {
    if (auto* const c = find(id)) guarded(*c, action);
  }
}

}  // namespace couplet::client
