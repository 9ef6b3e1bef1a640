#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace couplet::link {

/// Which of several session managers has which client (--sm-policy spread). A user's is the one that works with the highest hash of both names
/// (rendezvous hashing), so when one leaves, its users alone move, and are spread over the others. While a user has a session somewhere, all his sessions go
/// there: so one that is back gets those of its users who begin anew. Other Couplets choose alike where they call the managers alike.
///
/// Clients are named by their packed client_id. A lookup by client allocates nothing. On one thread.
class assignment {
 public:
  static constexpr std::size_t nobody = 0xFF;
  static constexpr std::size_t most_managers = 32;

  /// What each manager is called: HOST:PORT. At most most_managers.
  explicit assignment(const std::vector<std::string>& names);

  void set_working(std::size_t manager, bool works) noexcept;
  bool works(std::size_t manager) const noexcept { return ((working_ >> manager) & 1U) != 0; }
  bool any_works() const noexcept { return working_ != 0; }

  /// Who has, or would have, the sessions of this account (bare JID); nobody: none can be asked now.
  std::size_t of_user(std::string_view bare_jid) const;
  /// The client asks something that needs no session: it belongs to that manager's clients, but counts for no user.
  std::size_t on_question(std::uint64_t client, std::string_view bare_jid);
  /// It asks for a session. nobody: it is remembered as one that was refused.
  std::size_t on_session_start(std::uint64_t client, std::string_view bare_jid);
  /// Whose it is; nobody: it is not known, or between two managers.
  std::size_t of_client(std::uint64_t client) const noexcept;
  /// Its session ends. What still comes of it goes the same way.
  void on_session_end(std::uint64_t client) noexcept;

  std::vector<std::uint64_t> clients_of(std::size_t manager) const;
  /// The same; from now on they are between two managers, and ask for their sessions.
  std::vector<std::uint64_t> take_clients_of(std::size_t manager);
  /// Those whose session nobody could be asked for; from now on they ask again.
  std::vector<std::uint64_t> take_refused();
  std::size_t sessions_at(std::size_t manager) const noexcept;

 private:
  static constexpr std::uint8_t refused = 0xFE;
  struct seat {
    std::uint64_t user = 0;  ///< hash of the bare JID while it counts as one of his sessions; 0: it does not
    std::uint32_t generation = 0;
    std::uint8_t manager = nobody;  ///< or `refused`
  };
  struct user {
    std::size_t manager = nobody;
    std::uint32_t sessions = 0;
  };
  const seat* find(std::uint64_t client) const noexcept;
  seat& seat_for(std::uint64_t client);
  void release(seat& s) noexcept;
  std::size_t choose(std::uint64_t user_hash) const;
  template <class Wanted>
  std::vector<std::uint64_t> ids_where(Wanted&& wanted) const;

  std::vector<std::uint64_t> managers_;   ///< hashes of their names
  std::vector<std::vector<seat>> seats_;  ///< by shard and place
  std::unordered_map<std::uint64_t, user> users_;
  std::uint32_t working_ = 0;
};

}  // namespace couplet::link
