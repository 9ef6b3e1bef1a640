#pragma once

#include <asio/basic_signal_set.hpp>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "attached_components.hpp"
#include "base/random.hpp"
#include "base/sip_hash.hpp"
#include "client/table.hpp"
#include "component/router.hpp"
#include "config/options.hpp"
#include "credentials/lanes.hpp"
#include "credentials/source.hpp"
#include "embedded_credentials.hpp"
#include "embedded_manager.hpp"
#include "encryption.hpp"
#include "group_chat.hpp"
#include "hub/switchboard.hpp"
#include "link/fleet.hpp"
#include "net/listener.hpp"
#include "net/shard.hpp"
#include "net/workers.hpp"
#include "ready_file.hpp"
#include "server/server.hpp"
#include "session/manager.hpp"
#include "storage/store.hpp"
#include "stored_accounts.hpp"

namespace couplet::server {

/// For the component listener.
component::options component_options_of(const config::options& o);

/// Everything there is one of, or one for each shard.
class server::house {
 public:
  house(config::options o, reload again);
  ~house();

  int run();

 private:
  // building (furnish.cpp)
  void furnish();
  std::optional<std::string> open_storage();
  std::optional<std::string> load_accounts();
  void furnish_managers(std::uint32_t count);
  void furnish_workers();
  void furnish_accounts(std::uint32_t count);
  void furnish_clients();
  void furnish_components();
  void furnish_group_chat();
  void reset_group_chat(std::uint32_t asked_on, const std::function<void()>& then);
  std::optional<std::string> load_rooms();
  bool needs_certificates() const noexcept;
  std::optional<std::string> make_certificates();
  std::optional<std::string> make_back_end();
  credentials::source* credentials_on(std::uint32_t shard) const noexcept;
  std::optional<std::string> open_listeners();
  std::optional<std::string> open_listener(const char* kind, const config::endpoint& where, bool on_all_shards);
  std::optional<std::string> make_accounts(const std::vector<config::account>& accounts);

  // starting and running (house.cpp)
  std::optional<std::string> build();
  void start_lives();
  void say_what_starts() const;
  void start_threads();
  void on_ready();
  void on_link_outcome(link::manager_link::outcome o, const std::string& why);
  void watch_signals();
  void on_signal(int number);
  void say_who_is_served();
  net::task<> say_so_far();
  net::task<> housekeeping();
  void fail(const std::string& why);

  // reading the configuration again (reload.cpp)
  void on_hangup();
  net::task<> read_configuration_again();
  void read_files(std::optional<config::options>& fresh, encryption::both& renewed);
  void take_over(config::options& fresh, const encryption::both& renewed);
  void take_over_secrets(const config::options& fresh);
  void take_over_accounts(std::vector<config::account> accounts);
  bool is_as_configured(const config::account& a) const;
  void remember(const std::vector<config::account>& accounts);

  // stopping (shutdown.cpp)
  net::task<> shut_down();
  void stop_taking(std::uint32_t shard);
  net::task<> on_every_shard(std::function<void(std::uint32_t shard)> step);
  net::task<> let_queues_run_dry();
  net::task<> let_link_fall_silent();
  net::task<> wait_for_clients(std::chrono::milliseconds at_most);
  net::task<> wait_for_lives(std::chrono::milliseconds at_most);
  net::task<> wait_until_none(std::size_t (house::*count)() const, std::chrono::milliseconds at_most);
  std::size_t clients() const;
  std::size_t lives() const;
  void stop_shards();
  void say_what_was() const;
  void say_what_was_asked() const;

  struct open_port {
    open_port(const char* kind_, std::uint32_t shard_, net::listener&& l) : kind(kind_), shard(shard_), socket(std::move(l)) {}
    std::string kind;
    std::uint32_t shard;
    net::listener socket;
  };

  config::options options_;
  reload reload_;
  session::settings session_settings_;
  attached_components attached_;
  std::unique_ptr<client::shared_state> clients_shared_;
  std::unique_ptr<hub::exchange> exchange_;
  std::vector<std::unique_ptr<embedded_manager>> managers_;
  std::vector<std::unique_ptr<session::manager>> accounts_;  ///< with an outside manager: whose logins we check
  std::vector<session::manager*> partitions_;                ///< of either, one for each shard; none: nobody has accounts here
  encryption encryption_;
  std::string process_secret_;             ///< for the salts of names; as old as the database, where there is one
  std::unique_ptr<storage::store> store_;  ///< of the embedded manager; in memory where nothing is to last
  std::unique_ptr<net::workers> workers_;  ///< derive the keys that logins need
  credentials::lanes lanes_;               ///< on whose behalf
  std::unique_ptr<net::workers>
      checkers_;  ///< the same of passwords that are checked, of accounts that are stored; their crowds are not each other's
  std::unique_ptr<stored_accounts> stored_;
  std::unique_ptr<net::workers> files_;  ///< reads the configuration again; from the first time on
  const base::sip_key configured_key_{base::random_u64(), base::random_u64()};
  std::unordered_map<std::uint64_t, std::uint64_t> configured_;  ///< accounts and secrets as the configuration last had them
  bool reading_ = false;                                         ///< just now
  bool read_once_more_ = false;                                  ///< then
  std::vector<std::unique_ptr<embedded_credentials>> credentials_;
  std::unique_ptr<credentials::source> back_end_;  ///< who checks passwords instead
  std::vector<std::unique_ptr<client::table>> tables_;
  std::unique_ptr<component::router> router_;
  std::unique_ptr<group_chat> group_chat_;  ///< null: there is none
  std::vector<std::unique_ptr<open_port>> ports_;
  std::vector<ready_listener> ready_;
  ready_file ready_file_;
  std::vector<std::unique_ptr<net::shard>> shards_;
  std::unique_ptr<link::fleet> link_;
  std::unique_ptr<asio::basic_signal_set<net::executor>> signals_;
  std::vector<std::thread> threads_;
  int exit_code_ = 0;
  bool stopping_ = false;
  bool at_once_ = false;  ///< a second signal came
};

}  // namespace couplet::server
