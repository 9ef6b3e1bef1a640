#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sockets.hpp"

namespace couplet::bench {

/// The server under test as a client sees it. Account n is `<user_prefix>n@<domain>`, all have the same password.
struct site {
  endpoint server;
  endpoint tls;         ///< where TLS comes first
  endpoint components;  ///< where components connect; only of a stand with components
  std::string domain = "localhost";
  std::string user_prefix = "user";
  std::string password = "pw";
};

/// A logged-in client: its socket (ours to close) and the full JID that the server gave it.
struct client {
  int fd = -1;
  std::string jid;
};

/// Logins at a steady pace.
struct pace {
  unsigned per_second = 100;
  std::size_t first = 0, accounts = 1;  ///< by turns
};

/// What became of them.
struct paced_logins {
  std::vector<double> milliseconds;  ///< from when each was due until its session was there
  std::size_t refused = 0;
};

/// Logs clients in as a careful client does (RFC 6120): header, SASL PLAIN, header, bind, session where it is offered,
/// each step only after the answer to the one before. Up to `parallel` logins are under way at a time, on one thread.
/// Every call is bounded by two minutes. Throws std::runtime_error with what the server answered instead.
class login_crowd {
 public:
  login_crowd(site where, unsigned parallel);
  ~login_crowd();
  login_crowd(const login_crowd&) = delete;
  login_crowd& operator=(const login_crowd&) = delete;

  /// Logs in accounts first .. first + count - 1. With presence they also become available; in both cases the last thing
  /// is a ping of the server, so that nothing is on its way to a client any more when this returns.
  [[nodiscard]] std::vector<client> log_in(std::size_t first, std::size_t count, bool presence);

  /// Logs in and out again (footer, the server's footer, close) with accounts first .. first + accounts - 1 by turns,
  /// until `total` logins are done or the time (now_ns) is reached. Returns how many were done.
  std::size_t log_in_and_out(std::size_t first, std::size_t accounts, std::size_t total, std::uint64_t until_ns);

  /// The same at a steady pace, as long as `go_on` says so. Who is refused, as while no session manager is there, is counted. A login that is due
  /// while all `parallel` are under way begins late, and its time counts from when it was due.
  [[nodiscard]] paced_logins log_in_at_pace(const pace& how, const std::function<bool()>& go_on);

 private:
  struct attempt;
  enum class step : std::uint8_t;

  void begin(attempt& one, std::size_t account);
  void run(bool leave, std::size_t first, std::size_t accounts, std::size_t total, std::uint64_t until_ns);
  [[nodiscard]] bool on_readable(attempt& one);
  [[nodiscard]] bool advance(attempt& one);
  void say_auth(const attempt& one) const;
  [[nodiscard]] bool on_readable_or_refused(attempt& one);

  site where_;
  std::string header_, ping_;
  int epoll_;
  bool presence_ = false;
  bool leave_ = false;
  std::vector<attempt> attempts_;
  std::vector<client> logged_in_;
  std::size_t first_ = 0, done_ = 0;
  paced_logins* paced_ = nullptr;  ///< where they are being noted
};

/// Closes them all, with a reset.
void close_all(std::vector<client>& clients);

}  // namespace couplet::bench
