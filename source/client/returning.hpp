#pragma once

#include <cstddef>
#include <functional>

#include "base/clock.hpp"
#include "client/table.hpp"

namespace couplet::client {

/// How the clients of a shard fare when the session manager goes, comes back, or is one that knows none of their sessions: who asks for his
/// session when, and who is told what. Small steps, and after each a pause in proportion to what it took: whoever logs in meanwhile waits for one
/// step at the most, here, on the link and at the manager. On the shard's thread.
class returning {
 public:
  explicit returning(table& t);
  returning(const returning&) = delete;
  returning& operator=(const returning&) = delete;

  // What hub::clients says.
  void on_manager_state(bool up);
  bool on_manager_anew();
  bool on_manager_resumed();
  void on_manager_away();
  void on_sessions_back();
  void on_manager_state_of(const hub::client_ids& who, bool up);
  bool on_manager_anew_of(const hub::client_ids& who);
  void on_manager_away_of(const hub::client_ids& who);

  // What its clients say of their sessions.
  void session_awaited();
  void session_settled();

 private:
  /// Answers whether it led to anything.
  using news = bool (connection::*)();
  /// News for all clients.
  struct round {
    std::size_t next = 0;
    bool goes_on = false;
  };

  void tell_all(round& r, news what);
  void go_on(round& r, news what);
  void rest(round& r, news what, base::time_point began);
  void pause_after(base::duration step, std::function<void()> next);
  bool ask_for_sessions();
  bool ask_some();
  bool is_asking() const noexcept { return asking_ || asking_parts_ != 0; }
  void note_asking();
  void ask_later();
  void ask_on();

  table& table_;
  hub::switchboard& board_;
  net::shard& shard_;
  bool asking_ = false;           ///< the manager for the sessions that it has lost
  std::size_t asking_parts_ = 0;  ///< the same of some clients, so many times
  hub::client_ids to_ask_;        ///< those
  std::size_t next_to_ask_ = 0;
  std::size_t awaited_ = 0;
  std::size_t most_awaited_;     ///< now
  base::time_point asked_at_{};  ///< the last ones
  base::duration quickest_{};    ///< of the times that half of what was asked took since the manager came
  bool asks_later_ = false;      ///< a pause is under way
  round manager_back_;
  round sessions_back_;
};

}  // namespace couplet::client
