#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../unit/tls/peer.hpp"
#include "connection_stage.hpp"
#include "io_faults.hpp"
#include "peer_end.hpp"

// Connections from a network of proxies: whose they are says the header, and nothing of it may be left to chance.

namespace couplet::lives {

using base::close_reason;

namespace {

const std::string header = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='localhost'>";
const std::string fields = "<iq type='get' id='f'><query xmlns='jabber:iq:auth'/></iq>";

class proxied_house {
 public:
  explicit proxied_house(std::uint32_t connects = 0, std::size_t unauthenticated_bytes = 0, bool through_unix = false)
      : house_(
            [connects, unauthenticated_bytes, through_unix] {
              auto p = default_policy();
              p.proxy_unix = through_unix;
              p.proxies = {*base::ip_network::parse("192.0.2.0/24"), *base::ip_network::parse("127.0.0.9")};
              p.unauthenticated_bytes = unauthenticated_bytes;
              p.connects_per_address.connects = connects;
              p.connects_per_address.window = std::chrono::seconds(60);
              return p;
            }(),
            [] {
              stream::client_settings s;
              s.domains = {"localhost"};
              return s;
            }()) {
    house_.exchange->start_with_manager(true);
  }
  /// From the proxy, which is on this machine or not.
  peer_end connect(bool here = false, client::entry how = client::entry::any) {
    net::peer who;
    who.address = here ? "127.0.0.9" : "192.0.2.1";
    who.loopback = here;
    return {house_.shard, house_.connect(who, how)};
  }
  std::unique_ptr<peer_end> connect_for_long() {
    net::peer who;
    who.address = "192.0.2.1";
    return std::make_unique<peer_end>(house_.shard, house_.connect(who, client::entry::any));
  }
  peer_end connect_directly(const std::string& address) {
    net::peer who;
    who.address = address;
    return {house_.shard, house_.connect(who)};
  }
  std::uint64_t ends(close_reason r) const { return house_.table->count().ends.of(r); }
  small_house& house() { return house_; }

 private:
  small_house house_;
};

/// Whether the client behind this header may log in without TLS.
bool may_log_in_plainly(bool proxy_is_here, const std::string& proxy_header) {
  proxied_house h;
  auto end = h.connect(proxy_is_here);
  end.send(proxy_header + header + fields);
  const auto written = end.take();
  REQUIRE(written.find("<iq") != std::string::npos);
  return written.find("type='result'") != std::string::npos;
}

/// One for all: a key takes longer than a conversation.
const std::shared_ptr<const tls::contexts>& contexts() {
  static const auto made = tls::test::contexts_for({"localhost"});
  return made;
}

/// What the server says to this client. `send`: carries bytes to it.
template <typename Send>
std::string talk(peer_end& end, const Send& send, const std::string& words, bool secured) {
  if (!secured) {
    send(words);
    return end.take();
  }
  tls::test::client client;
  for (int turn = 0; turn < 5 && !client.shake_hands(); ++turn) {
    send(std::exchange(client.to_server, {}));
    client.take(end.take());
  }
  if (client.send(words)) send(client.to_server);
  client.take(end.take());
  return client.receive();
}

/// After the end of the only connection: it is counted once, and nothing is left of it.
void check_clean(const proxied_house& h, small_house& house) {
  CHECK(house.table->size() == 0);
  CHECK(house.shard.lives().inside() == 0);
  CHECK(house.shared.connections.used() == 0);
  CHECK(house.shared.unauthenticated.used() == 0);
  std::uint64_t ends = 0;
  for (std::size_t i = 1; i < base::close_reason_count; ++i) ends += h.ends(static_cast<close_reason>(i));
  CHECK(ends == 1);
  CHECK(h.ends(close_reason::internal_error) == 0);
}

/// Somebody behind a proxy says what he has to say, in pieces; one read or write fails (0: none). Answers how many there were.
std::size_t play_with_fault(const std::string& proxy_header, std::size_t piece, bool secured, std::size_t failing) {
  proxied_house h;
  h.house().table->set_contexts(contexts());
  const caught_log log(base::log::level::info);
  fail_io(failing);
  std::string said;
  {
    auto end = h.connect(true);
    const auto send = [&end, piece](std::string_view bytes) {
      for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) end.send(bytes.substr(0, piece));
    };
    send(proxy_header);
    said = talk(end, send, header + fields + "</stream:stream>", secured);
  }
  const auto calls = io_count();
  fail_io(0);
  check_clean(h, h.house());
  // Whose it was is either known or not: where anything was said, it is.
  const bool by_client = log.has("address=\"127.0.0.2\"");
  CHECK(by_client != log.has("address=\"127.0.0.9\""));
  if (!said.empty()) CHECK(by_client);
  if (failing == 0) {
    CHECK(said.find("type='result'") != std::string::npos);
    CHECK(h.ends(close_reason::closed_by_peer) == 1);
  }
  return calls;
}

}  // namespace

TEST_CASE("proxied: the client's address is the one in the header, also byte by byte") {
  for (const bool cut : {false, true}) {
    proxied_house h;
    auto end = h.connect();
    caught_log log(base::log::level::info);
    const auto input = "PROXY TCP4 203.0.113.7 192.0.2.9 40000 5222\r\n" + header + "</stream:stream>";
    if (!cut) end.send(input);
    for (std::size_t i = 0; cut && i < input.size(); ++i) end.send(input.substr(i, 1));
    CHECK(end.take().starts_with("<?xml"));
    end.hang_up();
    h.house().settle();
    CHECK(log.has("reason=\"closed_by_peer\""));
    CHECK(log.has("203.0.113.7"));
    CHECK(!log.has("192.0.2.1"));
  }
}

TEST_CASE("proxied: without the header there is no answer, and the log says why") {
  for (const std::string& input : {header, std::string("GET / HTTP/1.1\r\n\r\n"), std::string("PROXY TCP4 203.0.113.7\r\n"),
                                   std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11)}) {
    proxied_house h;
    auto end = h.connect();
    caught_log log;
    end.send(input);
    CHECK(end.take().empty());
    CHECK(end.ended);
    CHECK(h.ends(close_reason::proxy_header_refused) == 1);
    CHECK(log.has("reason=\"proxy_header_refused\""));
    CHECK(log.has("why="));
    CHECK(log.has("192.0.2.1"));
  }
}

TEST_CASE("proxied: a header that never ends is given up in time, without a word") {
  for (const std::string& input :
       {std::string(), std::string("PROXY TCP4 203."), std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11", 14)}) {
    proxied_house h;
    auto end = h.connect();
    if (!input.empty()) end.send(input);
    h.house().let_deadlines_pass();
    CHECK(end.take().empty());
    CHECK(end.ended);
    CHECK(h.ends(close_reason::proxy_timeout) == 1);
  }
}

TEST_CASE("proxied: nobody else's header is believed") {
  proxied_house h;
  auto end = h.connect_directly("198.51.100.1");
  caught_log log(base::log::level::info);
  end.send("PROXY TCP4 127.0.0.1 127.0.0.1 40000 5222\r\n" + header);
  CHECK(end.take().find("<stream:error>") != std::string::npos);
  end.hang_up();
  h.house().settle();
  CHECK(log.has("198.51.100.1"));
}

TEST_CASE("proxied: a login in the clear needs both the proxy and the client on this machine") {
  CHECK(may_log_in_plainly(true, "PROXY TCP4 127.0.0.1 127.0.0.1 40000 5222\r\n"));
  CHECK(!may_log_in_plainly(true, "PROXY TCP4 203.0.113.7 127.0.0.1 40000 5222\r\n"));
  CHECK(!may_log_in_plainly(false, "PROXY TCP4 127.0.0.1 127.0.0.1 40000 5222\r\n"));
  CHECK(!may_log_in_plainly(true, "PROXY UNKNOWN\r\n"));
}

TEST_CASE("proxied: connects are counted by client, and never those of the proxy") {
  proxied_house h(2);
  const std::string one = "PROXY TCP4 203.0.113.7 192.0.2.9 40000 5222\r\n" + header;
  const std::string other = "PROXY TCP6 2001:db8::7 2001:db8::9 40000 5222\r\n" + header;
  const std::string health_check("\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00", 16);
  for (int i = 0; i < 5; ++i) {
    auto end = h.connect();
    end.send(one);
    CHECK((end.take().find("policy-violation") != std::string::npos) == (i >= 2));
    auto check = h.connect();
    check.send(health_check + header);
    CHECK(check.take().find("stream:error") == std::string::npos);
  }
  auto end = h.connect();
  end.send(other);
  CHECK(end.take().find("stream:error") == std::string::npos);
  CHECK(h.ends(close_reason::too_many_connects) == 3);
}

TEST_CASE("proxied: clients that the proxy does not name are counted together") {
  proxied_house h(2);
  for (int i = 0; i < 4; ++i) {
    auto end = h.connect();
    end.send("PROXY UNKNOWN\r\n" + header);
    CHECK((end.take().find("policy-violation") != std::string::npos) == (i >= 2));
  }
}

TEST_CASE("proxied: that holds for a proxy behind a Unix-domain socket as well; without one, its connects are not counted") {
  for (const bool proxied : {true, false}) {
    CAPTURE(proxied);
    proxied_house h(2, 0, proxied);
    for (int i = 0; i < 4; ++i) {
      auto end = h.connect_directly(std::string(net::local_address));
      end.send((proxied ? "PROXY UNKNOWN\r\n" : "") + header);
      CHECK((end.take().find("policy-violation") != std::string::npos) == (proxied && i >= 2));
    }
  }
}

TEST_CASE("SECURITY 3: proxied: half a header costs what is held, and is given up where that is too much") {
  proxied_house h(0, 10'000);
  std::vector<std::unique_ptr<peer_end>> ends;
  const std::string half = std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\x0f\x00", 16) + std::string(3000, 'x');
  for (int i = 0; i < 8; ++i) {
    ends.push_back(h.connect_for_long());
    ends.back()->send(half);
  }
  const auto refused = h.ends(close_reason::memory_budget);
  CHECK(refused >= 4);
  CHECK(refused < 8);
  CHECK(ends.back()->take().empty());
}

TEST_CASE("proxied: who has not said whom it speaks for is told nothing at the end, either") {
  for (const auto how : {client::entry::any, client::entry::tls}) {
    proxied_house h;
    auto end = h.connect(false, how);
    end.send("PROXY TCP4");
    h.house().table->end_all(close_reason::shutdown);
    h.house().settle();
    CHECK(end.take().empty());
    CHECK(end.ended);
  }
}

TEST_CASE("proxied: with every read and write failing in turn, the connection ends once, in the proxy's name or the client's") {
  // Version 2: TCP over IPv4, 12 bytes of addresses, and a part that means nothing to us.
  const std::string line = "PROXY TCP4 127.0.0.2 127.0.0.1 40000 5222\r\n";
  const std::string block("\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x11\x7f\x00\x00\x02\x7f\x00\x00\x01\x9c\x40\x14\x66\x04\x00\x02pp",
                          33);
  for (const auto& proxy_header : {line, block}) {
    for (const bool secured : {false, true}) {
      for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{4096}}) {
        const auto calls = play_with_fault(proxy_header, piece, secured, 0);
        CHECK(calls >= 3);
        for (std::size_t nth = 1; nth <= calls; ++nth) {
          INFO(proxy_header.size(), " bytes of header, TLS ", secured, ", pieces of ", piece, ", I/O ", nth);
          play_with_fault(proxy_header, piece, secured, nth);
        }
      }
    }
  }
}

TEST_CASE("proxied: what is refused before the header is refused without a word") {
  proxied_house h;
  h.house().table->stop_reading();
  auto end = h.connect();
  CHECK(end.take().empty());
  CHECK(end.ended);
  CHECK(h.ends(close_reason::shutdown) == 1);
}

}  // namespace couplet::lives
