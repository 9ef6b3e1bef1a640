#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "client_machine.hpp"
#include "muc/service.hpp"
#include "script.hpp"
#include "session/manager.hpp"
#include "storage/store.hpp"

namespace couplet::transcript {

/// Several clients in front of the embedded session manager and group chat: the machines that a server has, and between them queues instead of
/// shards. What they ask of the storage is done by the server's own jobs on a database in memory, in the order of the questions. The clock
/// stands still unless the scene moves it.
class session_stage {
 public:
  /// `partitions`: of the manager. Logs in whom the scene wants to be logged in.
  session_stage(const scene& s, std::uint32_t partitions);
  ~session_stage();

  void client_sends(const std::string& who, std::string_view bytes);
  /// Of a client: "gone", "logs in", "did not take XML", or what client_machine::happens() knows. Of nobody: "N seconds", "storage breaks",
  /// "storage works", "shutdown", "restart".
  void happens(const std::string& who, const std::string& event);

  /// What was written to somebody since the last call; each stanza is a text of its own.
  std::vector<std::string> take_written(const std::string& who);
  std::vector<std::string> names() const;
  /// The name of the close_reason; empty: the stream is open.
  std::string closed(const std::string& who) const;

 private:
  struct guest {
    std::string jid;
    std::uint64_t id = 0;
    std::unique_ptr<client_machine> machine;  ///< null: he has no connection
  };

  void start();
  void log_in(guest& g);
  void make_contacts(const std::string& one, const std::string& other);
  guest& called(const std::string& who);
  void connect(guest& g);
  void end(guest& g);
  void drop_written();
  void on_gone(const std::string& who);
  void on_server_event(const std::string& event);

  session::manager& partition_of(std::string_view bare_jid);
  sasl::answer answer(const sasl::question& q);
  void settle();
  void collect(guest& g);
  void route_to_manager(route::message&& m);
  void apply(session::effects&& made, std::uint32_t partition);
  void to_client(route::message&& m);
  void ask_storage(session::storage_request r, std::uint32_t partition);
  void to_other_domain(std::string&& xml);
  void to_rooms(std::string&& xml);
  void apply(muc::effects&& made);
  void from_rooms(std::string&& xml);
  void ask_storage(muc::storage_request q);
  muc::time_point time() const;

  const scene& scene_;
  session::settings settings_;
  stream::client_settings client_settings_;
  std::unique_ptr<storage::store> store_;
  std::vector<std::unique_ptr<session::manager>> managers_;
  std::unique_ptr<muc::service> rooms_;
  std::map<std::string, guest> guests_;
  std::map<std::string, std::string> passwords_;  // of accounts that are not stored: by bare JID
  std::deque<std::function<void()>> work_;
  std::int64_t now_ = 1'704'067'200'000;  // 2024-01-01T00:00:00Z
  std::uint64_t last_id_ = 100;
  int starts_ = 0;
  bool storage_works_ = true;
};

/// Plays a scene. Throws std::runtime_error that tells the line, what was expected, and what came. `every`: how the clients' bytes are cut (0: not
/// at all). `in_order`: what one client is written between two steps comes in the order of the text; between several partitions there is none.
void play(const scene& s, session_stage& on, std::size_t every, bool in_order);

}  // namespace couplet::transcript
