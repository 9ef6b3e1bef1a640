#pragma once

#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace couplet::lives {

/// An HTTP service on a loopback port that the kernel chose, played by the test: a thread for each connection.
class http_service {
 public:
  /// What to send for a request (head and body), and what to do then.
  struct act {
    std::string bytes;
    bool close = false;    ///< the connection
    bool silent = false;   ///< until the service ends; nothing is sent
    std::string for_ever;  ///< sent again and again
  };
  using behaviour = std::function<act(const std::string& request)>;

  explicit http_service(behaviour b);
  ~http_service();
  http_service(const http_service&) = delete;
  http_service& operator=(const http_service&) = delete;

  std::string url(std::string_view path) const { return "http://127.0.0.1:" + std::to_string(port_) + std::string(path); }
  /// All so far; each a whole request.
  std::vector<std::string> requests() const;
  std::size_t connections() const;

 private:
  void accept_loop();
  void serve(int socket);

  behaviour behaviour_;
  int listener_ = -1;
  unsigned port_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::list<std::thread> threads_;
  std::vector<int> sockets_;
  std::thread acceptor_;
};

/// A whole answer.
std::string http_answer(std::string_view status, std::string_view body, std::string_view headers = {});

}  // namespace couplet::lives
