#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "net/gate.hpp"
#include "net/shard.hpp"
#include "route/message.hpp"
#include "session/storage_request.hpp"
#include "storage/store.hpp"

namespace couplet::server {

/// The requests of one partition about what is stored beside credentials, on its shard: hands them to the store and answers them.
///
/// The store has a queue for changes and one for reads, which know nothing of each other. So of one owner only requests of one sort are in it
/// at the same time, and the others wait here: who asks after a change sees it, and answers come in the order of the questions. Changes of
/// many owners, or many of one, still share a transaction.
class stored_entries {
 public:
  /// Called on the shard, never before work_on() returns.
  using answered = std::function<void(std::uint64_t number, session::storage_answer&& answer, const route::trace& cause)>;

  /// The store and the shard must outlive what is asked for.
  stored_entries(storage::store& where, net::shard& own, answered tell) : where_(where), own_(own), tell_(std::move(tell)) {}

  /// On the shard. `cause` comes back with the answer: who waits for what led to this waits until then.
  void work_on(session::storage_request r, route::trace cause);

 private:
  /// What the store's threads hold.
  struct job {
    explicit job(session::storage_request r) : request(std::move(r)) {}
    session::storage_request request;
    session::storage_answer answer;
  };
  /// What stays on the shard.
  struct waiting {
    waiting(session::storage_request r, route::trace c, net::gate& lives)
        : what(std::make_shared<job>(std::move(r))), cause(std::move(c)), inside(lives) {}
    std::shared_ptr<job> what;
    route::trace cause;
    net::gate::pass inside;  ///< a shutdown waits for what is to be stored
    bool started = false;
    bool done = false;
  };
  using queue = std::deque<waiting>;

  void go_on(queue& q);
  void start(waiting& w);
  void on_done(std::uint64_t number, const std::string& owner);

  storage::store& where_;
  net::shard& own_;
  answered tell_;
  std::unordered_map<std::string, queue> by_owner_;
};

}  // namespace couplet::server
