#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "io_faults.hpp"
#include "link/manager_link.hpp"
#include "peer_end.hpp"
#include "route/client_id.hpp"

namespace couplet::lives::links {

inline constexpr std::uint32_t run = 0x12ab34cd;
inline constexpr std::uint64_t first_client = route::client_id{0, 1, 7}.packed();
inline constexpr std::uint64_t second_client = route::client_id{0, 2, 7}.packed();

inline std::string address_of(std::uint64_t client) {
  return route::client_node(run, client) + "@c2s.example.org";
}

/// Stands for the table of clients: keeps what comes for them, and what they hear of the manager.
class listening_clients final : public hub::clients {
 public:
  bool on_route(route::message& m) override {
    const auto handle = route::to_of(m).handle;
    if (handle != first_client && handle != second_client) return false;
    const std::string who = handle == first_client ? "1 " : "2 ";
    if (const auto* s = std::get_if<route::stanza>(&m)) {
      heard.push_back(who + "stanza " + s->xml);
    } else if (const auto* c = std::get_if<route::controlled_stanza>(&m)) {
      heard.push_back(who + "controlled " + c->sm + " " + c->xml);
    } else if (const auto* f = std::get_if<route::failure>(&m)) {
      heard.push_back(who + "failure " + f->text + f->xml);
    } else if (const auto* a = std::get_if<route::auth>(&m)) {
      heard.push_back(who + "auth " + a->iq);
    } else if (const auto* h = std::get_if<route::held>(&m)) {
      heard.push_back(who + "held " + h->xml);
      origins.push_back(h->origin);
    } else {
      heard.push_back(who + route::name_of(m));
    }
    return true;
  }
  void on_relief() override { heard.emplace_back("relief"); }
  void on_manager_state(bool up) override { heard.emplace_back(up ? "up" : "down"); }
  bool on_manager_anew() override {
    heard.emplace_back("anew");
    return true;
  }
  void on_sessions_back() override { heard.emplace_back("sessions back"); }
  std::vector<std::string> heard;
  std::vector<route::origin> origins;  ///< of what was held
};

class link_house {
 public:
  explicit link_house(std::size_t queue_bytes = 0, std::chrono::seconds grace = std::chrono::seconds(0),
                      std::chrono::seconds keepalive = std::chrono::seconds(0)) {
    base::log::set_level(base::log::level::off);
    hub::exchange::options o;
    o.placement = [](const route::message&, std::uint32_t) { return 0U; };
    exchange = std::make_unique<hub::exchange>(std::vector<net::shard*>{&shard}, std::move(o));
    exchange->on(0).attach(&clients);
    exchange->start_with_manager(false);
    link::options l;
    l.where = {{"manager.example.org", 5347}};
    l.name = "c2s.example.org";
    l.secret = "open sesame";
    l.queue_bytes = queue_bytes;
    l.keepalive = keepalive;
    l.grace = grace;
    link = std::make_unique<link::manager_link>(std::move(l), *exchange, exchange->on(0), run);
  }
  ~link_house() {
    fail_io(0);
    hang_up();
  }

  void connect() { connect(socket_pair()); }
  void connect(const socket_pair& pair) {
    shard.spawn("link", link->live_on(pair.life));
    peer.emplace(shard, pair.test);
    settle(shard);
  }
  /// Answers what was written up to the handshake, and lets it in.
  std::string shake_hands(std::string_view more = {}) {
    connect();
    auto said = peer->take();
    peer->send(
        "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' "
        "from='c2s.example.org' id='5ca1ab1e'" +
        std::string(more) + ">");
    said += peer->take();
    peer->send("<handshake/>");
    return said;
  }
  void hang_up() {
    if (peer) peer->hang_up();
    let_deadlines_pass(shard);
  }
  void client_sends(std::uint64_t client, std::string xml) {
    send(route::stanza(route::address(client), session(), std::move(xml)));
  }
  void send(route::message m) {
    exchange->on(0).to_manager(std::move(m));
    settle(shard);
  }
  std::vector<std::string> take_heard() { return std::exchange(clients.heard, {}); }
  static route::address session() { return route::address(std::string("u@example.org/1f")); }

  net::shard shard{0};
  listening_clients clients;
  std::unique_ptr<hub::exchange> exchange;
  std::unique_ptr<link::manager_link> link;
  std::optional<peer_end> peer;
};

inline std::string to_client(std::string_view address, std::string_view inside, std::string_view more = {}) {
  return "<route from='u@example.org/1f' to='" + std::string(address) + "'" + std::string(more) + ">" + std::string(inside) +
         "</route>";
}

inline std::string from_client(std::uint64_t client, std::string_view inside, std::string_view more = {}) {
  return "<route from='" + address_of(client) + "' to='u@example.org/1f'" + std::string(more) + ">" + std::string(inside) +
         "</route>";
}

inline std::string numbered(int n) {
  return "<message id='" + std::to_string(n) + "'><body>" + std::string(1000, 'x') + "</body></message>";
}

}  // namespace couplet::lives::links
