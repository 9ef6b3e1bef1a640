#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "answers.hpp"
#include "command_table.hpp"
#include "order.hpp"

namespace couplet::session {

struct admin_command;

/// A command that has all it needs, and waits for the partitions.
struct running_command {
  const admin_command* what = nullptr;
  std::uint64_t number = 0;  ///< for the answers
  std::string id;            ///< its session's
  std::string iq;            ///< the first tag of the request that it answers. No secret is in it
  std::string domain;        ///< that it was sent to
  std::uint64_t who = 0;     ///< the handle of who asked
  std::size_t waiting = 0;   ///< answers that are still to come
  std::size_t step = 0;      ///< of a command that has several
  std::size_t most = 0;      ///< names in the result

  std::size_t done = 0;             ///< how many of what it names
  std::vector<std::string> failed;  ///< one line each, for a person
  condition first_failure = condition::item_not_found;
  bool failed_wholly = false;  ///< whatever else was done
  bool ends_self = false;      ///< who asked loses his session, behind the answer

  std::uint64_t count = 0;
  std::size_t name_bytes = 0;
  std::vector<std::string> names;
};

/// What one partition keeps for administration.
struct administration {
  static constexpr std::size_t most_running = 64;

  command_table open;
  std::unordered_map<std::uint64_t, running_command> running;
  std::uint64_t last_number = 0;
  /// Accounts as the operator has given them last, where there are admins: what an empty server has.
  std::unordered_map<std::string, std::string> configured;

  // While the server is emptied, see reset.cpp.

  /// An order that is answered when the storage has answered all that was asked before it.
  struct quiet_order {
    std::shared_ptr<order> what;
    std::uint64_t last_question = 0, last_request = 0;
  };
  std::size_t closed = 0;  ///< no session begins
  std::vector<quiet_order> waiting;
  std::optional<std::uint32_t> forgets_before;  ///< sessions of before this sequence number: what comes back from them is gone
  std::int64_t emptied_at = 0;
};

}  // namespace couplet::session
