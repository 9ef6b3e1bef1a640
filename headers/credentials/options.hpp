#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "credentials/command_protocol.hpp"

namespace couplet::credentials {

/// How to ask an HTTP service.
struct http_options {
  /// Where, as it stands: with the path, and a query if there is one; no name or password, no fragment. https, or http
  /// to a loopback address or "localhost": passwords never cross a network in the clear.
  std::string url;
  /// PEM file of the authorities that may have signed the service's certificate; empty: those that the system trusts.
  std::string ca_file;
  unsigned connections = 4;                   ///< at the same time, each with a thread. At least 1
  std::size_t waiting = 256;                  ///< questions that may wait for one; more are unavailable at once
  std::chrono::milliseconds timeout{10'000};  ///< of one question, with connecting
};

/// How to ask a program of the operator's, as `extauth` scripts for other servers are written.
struct command_options {
  /// The program and its arguments, separated by blanks. No shell reads them: no quotes, no variables, no argument with a blank in it.
  /// The program is an absolute path.
  std::string command;
  command_protocol protocol = command_protocol::generic;
  unsigned processes = 1;                      ///< that run side by side; each is asked one thing at a time. At least 1
  std::size_t waiting = 256;                   ///< questions that may wait for one; more are unavailable at once
  std::chrono::milliseconds timeout{10'000};   ///< of one question; then the process is killed, and another one started
  std::chrono::milliseconds first_pause{500};  ///< before a process is started that failed twice in a row; doubles each time
  std::chrono::milliseconds longest_pause{30'000};
};

/// What is wrong with the configuration, if anything: the URL, the file; or that the library libcurl is missing. Nothing is started,
/// and nobody asked.
std::optional<std::string> fault_of(const http_options& o);
/// The same: the command is not one that can be executed.
std::optional<std::string> fault_of(const command_options& o);

}  // namespace couplet::credentials
