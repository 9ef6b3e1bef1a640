#include "component_house.hpp"

#include <doctest/doctest.h>

#include <utility>

#include "base/digest.hpp"
#include "base/log.hpp"

namespace couplet::lives {

std::string component_header(std::string_view attributes) {
  return "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' " +
         std::string(attributes) + ">";
}

std::string handshake_for(std::string_view answer, std::string_view secret) {
  const auto at = answer.find(" id='");
  if (at == std::string_view::npos) throw std::runtime_error("no id in: " + std::string(answer));
  const auto id = answer.substr(at + 5, answer.find('\'', at + 5) - at - 5);
  return "<handshake>" + base::sha1_hex(id, secret) + "</handshake>";
}

component::options component_options() {
  component::options o;
  for (const char* name : {"bot.example.org", "other.example.org", "*.bots.example.org"}) o.components.emplace(name, "secret");
  o.domains = {"example.org"};
  o.aliases = {"alias.bots.example.org", "alias.example.com"};
  o.c2s.emplace(c2s_name, c2s_secret);
  return o;
}

namespace {

component::options c2s_options(std::size_t outbox_bytes, std::chrono::seconds handshake_timeout) {
  component::options c;
  c.c2s.emplace(c2s_name, c2s_secret);
  c.c2s.emplace("other.example.org", "another secret");
  c.outbox_bytes = outbox_bytes;
  c.handshake_timeout = handshake_timeout;
  return c;
}

}  // namespace

component_house::component_house(std::size_t outbox_bytes, std::chrono::seconds handshake_timeout)
    : component_house(c2s_options(outbox_bytes, handshake_timeout)) {}

component_house::component_house(component::options c) {
  base::log::set_level(base::log::level::off);
  hub::exchange::options o;
  o.placement = [](const route::message&, std::uint32_t) { return 0U; };
  exchange = std::make_unique<hub::exchange>(std::vector<net::shard*>{&shard}, std::move(o));
  exchange->on(0).attach(&manager);
  c.to_accounts = [this](std::string&& xml, std::string_view bare) { stanzas_.push_back(std::string(bare) + ' ' + xml); };
  router = std::make_unique<component::router>(std::move(c), *exchange, exchange->on(0));
}

component_house::~component_house() {
  router->abort_all(base::close_reason::shutdown);
  settle(shard);
}

std::unique_ptr<peer_end> component_house::connect() {
  net::peer who;
  who.address = "127.0.0.1";
  who.loopback = true;
  return connect_from(who);
}

std::unique_ptr<peer_end> component_house::connect_from(const net::peer& who, component::entry how) {
  const socket_pair pair;
  ++accepted;
  router->accept(pair.life, who, how);
  settle(shard);
  return std::make_unique<peer_end>(shard, pair.test);
}

std::unique_ptr<peer_end> component_house::connect_as(std::string_view name, std::string_view secret) {
  auto c = connect();
  prove(*c, name, secret);
  return c;
}

void component_house::send_stanza(std::string_view xml) {
  exchange->on(0).to_others(std::string(xml));
  settle(shard);
}

void component_house::put_route(std::string_view node, std::string xml) {
  const route::address session(std::string("u@example.org/1f"));
  const route::address client(std::string(node).append("@").append(c2s_name));
  exchange->on(0).to_client(route::stanza(session, client, std::move(xml)));
}

void component_house::send_route(std::string_view node, std::string xml) {
  put_route(node, std::move(xml));
  settle(shard);
}

std::vector<std::string> component_house::take_routes() {
  std::vector<std::string> all;
  for (const auto& m : std::exchange(manager.routes, {})) {
    if (const auto* s = std::get_if<route::stanza>(&m)) {
      all.push_back("stanza " + s->xml);
    } else if (const auto domain = hub::gone_c2s(m); !domain.empty()) {
      all.push_back("gone " + std::string(domain));
    } else if (const auto* f = std::get_if<route::failure>(&m)) {
      all.push_back("failure " + f->xml);
    } else {
      all.emplace_back(route::name_of(m));
    }
  }
  return all;
}

void component_house::check_clean() {
  CHECK(shard.lives().inside() == 0);
  std::uint64_t ends = 0;
  for (std::size_t i = 0; i < base::close_reason_count; ++i) ends += ends_of(static_cast<base::close_reason>(i));
  CHECK(ends == accepted);
  CHECK(ends_of(base::close_reason::none) == 0);
  CHECK(ends_of(base::close_reason::internal_error) == 0);
}

}  // namespace couplet::lives
