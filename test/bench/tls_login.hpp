#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "login.hpp"
#include "tls_client.hpp"

namespace couplet::bench {

/// How far a client goes before it leaves, by close_notify alone.
enum class visit {
  handshake,      ///< connect, handshake
  plain_success,  ///< header, PLAIN
  plain,          ///< header, PLAIN, header, bind
  plain_goodbye,  ///< the same, and a footer each way
  scram_success,  ///< the same two with SCRAM-SHA-256
  scram,
  asked_plain,    ///< what `plain` says, but the server has to ask for the name and password: as many words each way as SCRAM has
  inline_plain,   ///< header, PLAIN with the binding in it (XEP-0388, XEP-0386)
  inline_scram,   ///< the same with SCRAM-SHA-256
  clear_connect,  ///< without TLS: connect, and no more
  clear           ///< what `plain` says, in the clear: the same words at the same times
};

/// The keys that a client keeps (RFC 5802 section 3, from the salted password), so that it does not derive them each time. For all
/// threads.
class kept_keys {
 public:
  struct pair {
    std::string client, stored;
  };
  [[nodiscard]] pair of(const std::string& password, const std::string& salt, int iterations);

 private:
  std::mutex lock_;
  std::map<std::string, pair> known_;
};

/// Clients that come by TLS 1.3 to the port site::tls; some at a time, each with a thread of its own that waits for each answer.
/// Throws std::runtime_error with what the server answered instead.
class tls_crowd {
 public:
  tls_crowd(site where, unsigned parallel) : where_(std::move(where)), parallel_(parallel) {}

  /// That many visits, with accounts first .. first + accounts - 1 by turns.
  void come_and_go(visit what, std::size_t first, std::size_t accounts, std::size_t total);
  /// Logs in accounts first .. first + count - 1 with PLAIN, as login_crowd::log_in does. The sockets stay open, their keys
  /// are forgotten.
  [[nodiscard]] std::vector<client> log_in(std::size_t first, std::size_t count, bool presence);
  /// Connects and logs one in; returns its full JID.
  [[nodiscard]] std::unique_ptr<tls_connection> log_in_one(std::size_t account, bool presence, std::string& jid);

 private:
  template <class Work>
  void share(std::size_t total, Work work);
  void come_and_go_once(visit what, std::size_t account);
  void converse(tls_connection& line, visit what, std::size_t account);
  void authenticate(tls_connection& line, std::size_t account, visit what);
  void authenticate_and_bind(tls_connection& line, std::size_t account, bool scram);
  struct scram_words {
    std::string bare;              ///< client-first-message-bare (RFC 5802 section 7)
    std::string initial_response;  ///< in Base64
  };
  [[nodiscard]] std::string plain_response(std::size_t account) const;
  [[nodiscard]] scram_words scram_begin(std::size_t account) const;
  [[nodiscard]] std::string scram_answer(const scram_words& own, const std::string& challenge);
  [[nodiscard]] std::string bind(tls_connection& line) const;
  void open_stream(tls_connection& line) const;

  site where_;
  unsigned parallel_;
  tls_context context_;
  kept_keys keys_;
};

}  // namespace couplet::bench
