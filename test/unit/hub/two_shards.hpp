#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "hub/switchboard.hpp"
#include "net/shard.hpp"
#include "route/client_id.hpp"

namespace couplet::hub::test {

/// What was taken and said, in the order in which it happened: "client 0: <a/>", "manager 1: failure <a/>".
using record = std::vector<std::string>;

inline std::string text_of(const route::message& m) {
  if (const auto* s = std::get_if<route::stanza>(&m)) return s->xml;
  if (const auto* f = std::get_if<route::failure>(&m)) {
    const auto domain = gone_c2s(m);
    return domain.empty() ? "failure " + f->xml : "gone " + std::string(domain);
  }
  return route::name_of(m);
}

class recorded_clients final : public clients {
 public:
  recorded_clients(std::string name, record& r) : name_(std::move(name)), record_(r) {}
  bool on_route(route::message& m) override {
    if (route::to_of(m).handle == unknown) return false;
    record_.push_back(name_ + ": " + text_of(m));
    return true;
  }
  void on_relief() override { record_.push_back(name_ + " relieved"); }
  void on_manager_state(bool up) override { record_.push_back(name_ + (up ? " hears up" : " hears down")); }
  bool on_manager_anew() override {
    record_.push_back(name_ + " hears anew");
    return asks_at_once;
  }
  bool on_manager_resumed() override {
    record_.push_back(name_ + " hears resumed");
    return asks_at_once;
  }
  void on_manager_away() override { record_.push_back(name_ + " hears away"); }
  void look_for_names() override { record_.push_back(name_ + " looks for names"); }
  void on_manager_state_of(const client_ids& who, bool up) override {
    record_.push_back(name_ + (up ? " hears up of " : " hears down of ") + std::to_string(who.size()));
  }
  void on_manager_away_of(const client_ids& who) override {
    record_.push_back(name_ + " hears away of " + std::to_string(who.size()));
  }
  bool on_manager_anew_of(const client_ids& who) override {
    record_.push_back(name_ + " hears anew of " + std::to_string(who.size()));
    return asks_at_once;
  }
  void on_sessions_back() override { record_.push_back(name_ + " hears sessions back"); }

  std::uint64_t unknown = 0;
  bool asks_at_once = true;

 private:
  std::string name_;
  record& record_;
};

class recorded_manager final : public manager {
 public:
  recorded_manager(std::string name, record& r) : name_(std::move(name)), record_(r) {}
  void on_route(route::message&& m) override {
    record_.push_back(name_ + ": " + text_of(m));
    if (then) then(std::move(m));
  }
  void on_all_heard() override { ++all_have_heard; }

  std::function<void(route::message&&)> then;
  int all_have_heard = 0;

 private:
  std::string name_;
  record& record_;
};

class recorded_remote final : public remote_clients {
 public:
  explicit recorded_remote(record& r) : record_(r) {}
  bool on_route(route::message& m) override {
    if (!serves) return false;
    record_.push_back("remote: " + text_of(m));
    return true;
  }
  void on_relief() override { record_.push_back("remote relieved"); }

  bool serves = true;

 private:
  record& record_;
};

/// Two shards that one thread runs by turns, with everybody attached. The last digit of a
/// message's `to` tells whose it is: manager 0's, or manager 1's.
class two_shards {
 public:
  explicit two_shards(std::size_t manager_queue_bytes = 0, std::uint32_t remote_shard = 1)
      : whole({&first, &second}, options_for(manager_queue_bytes, remote_shard)) {
    for (std::uint32_t i = 0; i < 2; ++i) {
      board(i).attach(i == 0 ? &clients_0 : &clients_1);
      board(i).attach(i == 0 ? &manager_0 : &manager_1);
    }
    board(remote_shard).attach(&remote);
  }

  switchboard& board(std::uint32_t i) { return whole.on(i); }
  void settle() {
    while (first.io().poll() + second.io().poll() != 0) {
    }
  }
  /// The record since the last call.
  record take() { return std::exchange(seen, {}); }
  /// The same where shards hear in any order.
  record take_sorted() {
    auto all = take();
    std::sort(all.begin(), all.end());
    return all;
  }

  record seen;
  net::shard first{0};
  net::shard second{1};
  exchange whole;
  recorded_clients clients_0{"client 0", seen};
  recorded_clients clients_1{"client 1", seen};
  recorded_manager manager_0{"manager 0", seen};
  recorded_manager manager_1{"manager 1", seen};
  recorded_remote remote{seen};

 private:
  static exchange::options options_for(std::size_t manager_queue_bytes, std::uint32_t remote_shard) {
    exchange::options o;
    o.placement = [](const route::message& m, std::uint32_t shards) {
      const auto& to = route::to_of(m).text;
      return to.empty() ? 0U : static_cast<std::uint32_t>(to.back() - '0') % shards;
    };
    o.manager_queue_bytes = manager_queue_bytes;
    o.remote_shard = remote_shard;
    return o;
  }
};

inline std::uint64_t client_on(std::uint8_t shard) {
  return route::client_id{shard, 1, 1}.packed();
}

/// From a client of shard 0 to a session at manager `place`.
inline route::message up(std::string xml, int place = 0) {
  return route::stanza(route::address(client_on(0)), route::address("session" + std::to_string(place)), std::move(xml));
}

/// From a session at manager `place` to a client.
inline route::message down(std::string xml, std::uint64_t client, int place = 0) {
  return route::stanza(route::address("session" + std::to_string(place)), route::address(client), std::move(xml));
}

}  // namespace couplet::hub::test
