#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "peer.hpp"

using namespace couplet::tls;
using namespace couplet::tls::test;

namespace {

/// What the shards of a server share: replaced by a reload while connections are made.
class current_contexts {
 public:
  explicit current_contexts(std::shared_ptr<const contexts> first) : now_(std::move(first)) {}
  std::shared_ptr<const contexts> get() {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  void set(std::shared_ptr<const contexts> next) {
    const std::lock_guard lock(mutex_);
    now_ = std::move(next);
  }

 private:
  std::mutex mutex_;
  std::shared_ptr<const contexts> now_;
};

/// One shard's work: connects, comes back with its ticket, says something each time. How often it went wrong.
int one_shard(current_contexts& shared, int rounds) {
  int wrong = 0;
  WOLFSSL_SESSION* session = nullptr;
  for (int i = 0; i < rounds; ++i) {
    client_options options;
    options.version = WOLFSSL_TLSV1_3;
    options.server_name = "example.net";
    options.session = session;
    client c(options);
    engine server(shared.get(), true);
    std::string out;
    const bool fine = run(c, server).client_done && server.encrypt("x", out);
    c.take(out);
    if (!fine || c.receive() != "x") ++wrong;
    if (session != nullptr) wolfSSL_SESSION_free(session);
    session = i % 3 == 2 ? nullptr : c.session();
  }
  if (session != nullptr) wolfSSL_SESSION_free(session);
  return wrong;
}

}  // namespace

TEST_CASE("several threads share contexts and ticket keys, which are renewed meanwhile") {
  const auto keys = std::make_shared<ticket_keys>(0);
  const auto make = [&] { return contexts_for({"example.net"}, [&](context_options& options) { options.tickets = keys; }); };
  current_contexts shared(make());
  std::atomic<int> wrong = 0, running = 3;
  std::vector<std::thread> shards;
  for (int i = 0; i < 3; ++i) {
    shards.emplace_back([&] {
      wrong += one_shard(shared, 30);
      leave_thread();
      --running;
    });
  }
  for (std::int64_t time = 0; running != 0; time += ticket_keys::seal_seconds / 4) {
    keys->rotate(time);
    shared.set(make());
  }
  for (auto& shard : shards) shard.join();
  CHECK(wrong == 0);
}
