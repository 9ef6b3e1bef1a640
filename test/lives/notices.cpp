#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "../../source/client/notices.hpp"
#include "base/base64.hpp"
#include "base/log.hpp"
#include "connection_stage.hpp"
#include "net/peer.hpp"

// Who hears of logins and logouts, and of whose.

namespace couplet::lives {
namespace {

using texts = std::vector<std::string>;
using client::append_update;
using client::change;

const std::string header =
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='example.org'>";
const std::string header_1_0 =
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='example.org' version='1.0'>";
const std::string password = "<username>u</username><password>secret</password><resource>r'&amp;</resource>";
const std::string login = "<iq type='set' id='a'><query xmlns='jabber:iq:auth'>" + password + "</query></iq>";

/// A house whose clients are told of at two addresses.
class telling_house {
 public:
  explicit telling_house(stream::login_check checked_by = stream::login_check::manager, texts whom = {"x@n.example", "n.example"})
      : house(policy(std::move(whom)), settings(checked_by)) {
    base::log::set_level(base::log::level::off);
  }
  static client::policy policy(texts whom) {
    auto p = default_policy();
    p.notify = std::move(whom);
    p.proxies = {*base::ip_network::parse("127.0.0.9")};
    return p;
  }
  static stream::client_settings settings(stream::login_check checked_by) {
    stream::client_settings s;
    s.domains = {"example.org"};
    s.offer_registration = true;
    s.logins_checked_by = checked_by;
    s.sessions = stream::session_protocol::route;
    return s;
  }
  peer_end connect(const std::string& address = "127.0.0.1") {
    net::peer who;
    who.address = address;
    who.loopback = true;
    return {house.shard, house.connect(who)};
  }
  std::uint64_t last_id() { return house.table->ids().back(); }
  /// Answers the login that the manager was asked about.
  void accept_login() {
    const auto asked = std::get<route::auth>(house.routes.back());
    const auto at = asked.iq.find("id='") + 4;
    const auto iq_id = asked.iq.substr(at, asked.iq.find('\'', at) - at);
    house.manager_sends(route::auth(asked.to, asked.from, "<iq type='result' id='" + iq_id + "'/>"));
  }
  void start_session() {
    REQUIRE(std::holds_alternative<route::session_start>(house.routes.back()));
    house.manager_sends(route::session_started(address_of_session(), route::address(last_id())));
  }
  void end_session(std::string why) {
    house.manager_sends(route::failure(address_of_session(), route::address(last_id()), std::move(why)));
  }
  static route::address address_of_session() { return route::address(std::string("u@example.org/1f")); }
  /// What reached the manager since the last call, in order: notices as "TO JID login IP", session ends as "end", nothing else.
  texts told() {
    texts all;
    for (const auto& m : std::exchange(house.routes, {})) {
      if (std::holds_alternative<route::failure>(m)) all.emplace_back("end");
      const auto* const n = std::get_if<route::notice>(&m);
      if (n == nullptr) continue;
      CHECK_FALSE(n->returned);
      ids.push_back(n->from.handle);
      all.push_back(n->to.text + " " + n->xml);
    }
    return all;
  }
  small_house house;
  std::vector<std::uint64_t> ids;  ///< whom they were about
};

std::string update(std::string_view what, std::string_view ip = "127.0.0.1") {
  return "<update xmlns='http://amessage.info/protocol/connectionstate'><jid>u@example.org/r'&amp;</jid><" + std::string(what) +
         "/><ip>" + std::string(ip) + "</ip></update>";
}

texts to_both(std::string_view what, std::string_view ip = "127.0.0.1") {
  return {"x@n.example " + update(what, ip), "n.example " + update(what, ip)};
}

texts end_then_logout() {
  auto all = to_both("logout");
  all.insert(all.begin(), "end");
  return all;
}

}  // namespace

TEST_CASE("notices: the text, as jadc2s writes it") {
  const auto text = [](std::string_view jid, change what, std::string_view ip, const tls::protection& by = {}) {
    std::string out;
    append_update(out, jid, what, ip, by);
    return out;
  };
  const std::string begin = "<update xmlns='http://amessage.info/protocol/connectionstate'><jid>";
  CHECK(text("alice@localhost/home", change::login, "127.0.0.1") ==
        begin + "alice@localhost/home</jid><login/><ip>127.0.0.1</ip></update>");
  CHECK(text("a@b/c", change::logout, "2001:db8::1") == begin + "a@b/c</jid><logout/><ip>2001:db8::1</ip></update>");
  CHECK(text("a@b/<c>&'\"]]>", change::logout, "local") == begin + "a@b/&lt;c&gt;&amp;'\"]]&gt;</jid><logout/></update>");
  tls::protection by;
  by.version = "TLSv1.3";
  by.cipher = "TLS_AES_256_GCM_SHA384";
  by.secret_bits = 256;
  by.algorithm_bits = 255;
  CHECK(text("a@b/c", change::login, "::1", by) ==
        begin +
            "a@b/c</jid><login/><ip>::1</ip><tls><version>TLSv1.3</version><cipher>TLS_AES_256_GCM_SHA384</cipher>"
            "<bits secret='256' algorithm='255'/></tls></update>");
}

TEST_CASE("notices: jabber:iq:auth: one login when the session runs, one logout when it is given up") {
  telling_house h;
  auto c = h.connect();
  c.send(header + login);
  h.accept_login();
  CHECK(h.house.routes.size() == 2);  // the question and the session's start
  h.start_session();
  const auto id = h.last_id();
  CHECK(h.told() == to_both("login"));
  c.send("<presence/>");
  CHECK(h.told().empty());
  c.hang_up();
  CHECK(h.told() == end_then_logout());
  CHECK(h.ids == std::vector<std::uint64_t>(4, id));
  CHECK(h.house.table->count().notices == 4);
}

TEST_CASE("notices: SASL: not before the resource is bound") {
  telling_house h(stream::login_check::credentials);
  auto c = h.connect();
  c.send(header_1_0);
  c.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" +
         base::base64_encode(std::string_view("\0u\0secret", 9)) + "</auth>");
  CHECK(c.take().find("<success") != std::string::npos);
  CHECK(h.house.table->count().logins == 1);
  c.send(header_1_0);
  c.send("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>r'&amp;</resource></bind></iq>");
  CHECK(h.house.routes.size() == 1);
  h.start_session();
  CHECK(h.told() == to_both("login"));
  c.send("</stream:stream>");
  CHECK(h.told() == end_then_logout());
  c.hang_up();
  CHECK(h.told().empty());
}

TEST_CASE("notices: whoever got no session is nobody's business") {
  SUBCASE("registered only") {
    telling_house h;
    auto c = h.connect();
    c.send(header +
           "<iq type='set' id='r'><query xmlns='jabber:iq:register'><username>u</username><password>p</password></query></iq>");
    REQUIRE(h.house.routes.size() == 1);
    h.accept_login();
    c.hang_up();
    CHECK(h.told().empty());
  }
  SUBCASE("a wrong password") {
    telling_house h(stream::login_check::credentials);
    auto c = h.connect();
    c.send(header +
           "<iq type='set' id='a'><query xmlns='jabber:iq:auth'><username>u</username><password>no</password>"
           "<resource>r</resource></query></iq>");
    CHECK(c.take().find("not-authorized") != std::string::npos);
    c.hang_up();
    CHECK(h.told().empty());
  }
  SUBCASE("a session that was refused") {
    telling_house h;
    auto c = h.connect();
    c.send(header + login);
    h.accept_login();
    const auto asked = route::to_of(h.house.routes.back());
    h.house.manager_sends(route::failure(asked, route::address(h.last_id()), "Session Failed"));
    c.hang_up();
    CHECK(h.told().empty());
  }
  SUBCASE("SASL without a session") {
    telling_house h(stream::login_check::credentials);
    auto c = h.connect();
    c.send(header_1_0);
    c.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" +
           base::base64_encode(std::string_view("\0u\0secret", 9)) + "</auth>");
    CHECK(h.house.table->count().logins == 1);
    c.hang_up();
    CHECK(h.told().empty());
  }
  SUBCASE("gone before the session was there: both") {
    telling_house h;
    auto c = h.connect();
    c.send(header + login);
    h.accept_login();
    const auto id = h.last_id();
    c.hang_up();
    h.house.manager_sends(route::session_started(telling_house::address_of_session(), route::address(id)));
    h.house.let_deadlines_pass();
    // Nobody reads while the manager is asked: that the client has left is seen behind the login.
    auto all = to_both("login");
    for (auto& one : end_then_logout()) all.push_back(std::move(one));
    CHECK(h.told() == all);
    CHECK(h.house.table->size() == 0);
  }
}

TEST_CASE("notices: exactly one logout, whoever ends it") {
  telling_house h;
  auto c = h.connect();
  c.send(header + login);
  h.accept_login();
  h.start_session();
  CHECK(h.told().size() == 2);
  SUBCASE("the manager") {
    h.end_session("Disconnected");
    CHECK(h.told() == to_both("logout"));
  }
  SUBCASE("the server stops") {
    h.house.table->end_all(base::close_reason::shutdown);
    h.house.settle();
    CHECK(h.told() == end_then_logout());
  }
  SUBCASE("at once") {
    h.house.table->abort_all(base::close_reason::shutdown);
    h.house.settle();
    CHECK(h.told() == end_then_logout());
  }
  SUBCASE("something that is not XML") {
    c.send("<<");
    CHECK(h.told() == end_then_logout());
  }
  h.house.let_deadlines_pass();
  c.hang_up();
  CHECK(h.told().empty());
  CHECK(h.house.table->size() == 0);
}

TEST_CASE("notices: the address is the one that a proxy told; without one there is none") {
  telling_house h;
  auto c = h.connect("127.0.0.9");
  c.send("PROXY TCP4 127.0.0.7 127.0.0.1 40000 5222\r\n");
  c.send(header + login);
  h.accept_login();
  h.start_session();
  CHECK(h.told() == to_both("login", "127.0.0.7"));
  telling_house local;
  auto d = local.connect(std::string(net::local_address));
  d.send(header + login);
  local.accept_login();
  local.start_session();
  for (const auto& one : local.told()) CHECK(one.find("<ip>") == std::string::npos);
}

TEST_CASE("notices: nobody is told where nobody wants to know") {
  telling_house h(stream::login_check::manager, {});
  auto c = h.connect();
  c.send(header + login);
  h.accept_login();
  h.start_session();
  CHECK(h.told().empty());
  c.hang_up();
  CHECK(h.told() == texts{"end"});
  CHECK(h.house.table->count().notices == 0);
}

}  // namespace couplet::lives
