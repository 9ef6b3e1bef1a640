#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "config/options.hpp"

namespace couplet::server {

/// The first thing in main, before any thread: SIGTERM, SIGINT and SIGHUP wait until the server listens to them, however long the
/// start takes; then it stops cleanly, as at any other time. And the numbers of the standard descriptors belong to nobody else.
void prepare_process() noexcept;

/// The whole program in one of its three roles: builds shards, lives and what they share, runs them, and takes them down in
/// three steps. One for each process (it owns the signals).
class server {
 public:
  /// Reads the configuration anew (SIGHUP); nothing where it is wrong now, which has been logged.
  using reload = std::function<std::optional<config::options>()>;

  server(config::options o, reload again);
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// Runs until SIGTERM or SIGINT. Answers the exit code: 0 a clean stop, 1 it could not start or run, 2 a descriptor
  /// of the configuration is none; with one line on standard error that says why.
  int run();

 private:
  class house;
  std::unique_ptr<house> house_;
};

}  // namespace couplet::server
