#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "hub/switchboard.hpp"
#include "net/shard.hpp"

namespace couplet::lives {

/// Runs the loop until nothing happens any more.
void settle(net::shard& s);
/// Every deadline that is set is met.
void let_deadlines_pass(net::shard& s);

/// Two ends that are connected: one for a life, one for the test. Throws where there is none to be had.
struct socket_pair {
  socket_pair();
  /// Over the loopback.
  static socket_pair of_tcp();
  int life = -1;
  int test = -1;

 private:
  socket_pair(int life_, int test_) : life(life_), test(test_) {}
};

/// The other end of a connection, played by the test. The loop of the shard runs after everything it does.
class peer_end {
 public:
  /// Takes over the descriptor.
  peer_end(net::shard& s, int descriptor) : shard_(s), socket_(descriptor) {}
  peer_end(const peer_end&) = delete;
  peer_end& operator=(const peer_end&) = delete;
  ~peer_end() { hang_up(); }

  void send(std::string_view bytes);
  /// The same, but the loop does not run.
  void put(std::string_view bytes);
  /// All that was written to us. Sets `ended` where nothing more can come.
  std::string take();
  /// What was taken too early comes first the next time.
  void put_back(std::string bytes) { put_back_ = std::move(bytes); }
  void hang_up();
  /// The same, but the loop does not run.
  void let_go();

  bool ended = false;

 private:
  net::shard& shard_;
  int socket_;
  std::string put_back_;
};

/// Keeps what comes for the session manager.
class captured_manager final : public hub::manager {
 public:
  void on_route(route::message&& m) override { routes.push_back(std::move(m)); }
  std::vector<route::message> routes;
};

/// Catches the log's lines of at least this level while it lives; below it nothing is written. One at a time.
class caught_log {
 public:
  explicit caught_log(base::log::level lowest = base::log::level::warning);
  ~caught_log();
  caught_log(const caught_log&) = delete;
  caught_log& operator=(const caught_log&) = delete;
  const std::string& text() const;
  bool has(std::string_view part) const { return text().find(part) != std::string::npos; }
};

}  // namespace couplet::lives
