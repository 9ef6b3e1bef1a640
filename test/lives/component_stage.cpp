#include "component_stage.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "base/log.hpp"

namespace couplet::lives {

using base::close_reason;
using transcript::routed;

namespace {

constexpr std::string_view secret = "secret";

component::options options_of(const transcript::scene& s) {
  auto o = component_options();
  o.domains = s.domains;
  o.grace = std::chrono::seconds(s.grace);
  o.keepalive = std::chrono::seconds(s.keepalive);
  o.grace_bytes = s.queue;
  if (s.limits.max_element_bytes != xml::tokenizer_limits().max_element_bytes) o.max_element_bytes = s.limits.max_element_bytes;
  o.default_component = s.default_component;
  if (s.conflict == "refuse") o.conflict = component::conflict_policy::refuse;
  if (s.conflict == "share") o.conflict = component::conflict_policy::share;
  return o;
}

}  // namespace

component_stage::other::other(component_house& house, std::string name_)
    : name(std::move(name_)), end(house.connect_as(name, secret)), tokenizer(pool, limits) {
  std::string header = component_header("to='" + name + "'");
  std::string_view rest = header;
  if (tokenizer.next(rest) != xml::token::header) throw std::runtime_error("no header");
}

component_stage::component_stage(const transcript::scene& s, around what)
    : house_(std::make_unique<component_house>(options_of(s))) {
  if (what == around::nothing) {
    peer_ = house_->connect();
  } else {
    secure_ = std::make_unique<tls_end>(*house_, what == around::tls_in_bytes);
  }
  if (!s.as.empty()) with_client([&](auto& c) { prove(c, s.as, secret); });
  ends_before_ = ends();
}

component_stage::~component_stage() = default;

std::vector<std::uint64_t> component_stage::ends() const {
  std::vector<std::uint64_t> all;
  for (std::size_t i = 0; i < base::close_reason_count; ++i) all.push_back(house_->ends_of(static_cast<close_reason>(i)));
  return all;
}

void component_stage::client_sends(std::string_view bytes) {
  with_client([bytes](auto& c) { c.send(bytes); });
}

void component_stage::manager_sends(const routed& r) {
  if (r.kind == "accounts") return house_->send_stanza(r.text);
  const auto found = std::find_if(others_.begin(), others_.end(), [&](const auto& o) { return o->name == r.address; });
  if (r.kind != "component" || found == others_.end()) throw std::runtime_error("nobody sends " + r.kind + ' ' + r.address);
  (*found)->end->send(r.text);
}

void component_stage::happens(const std::string& event) {
  const auto name = event.substr(std::min(event.find(' ') + 1, event.size()));
  if (event == "deadline") {
    let_deadlines_pass(house_->shard);
  } else if (event == "gone") {
    with_client([](auto& c) { c.hang_up(); });
    settle(house_->shard);
  } else if (event.starts_with("end ")) {
    house_->router->end_all(transcript::reason_called(name));
    settle(house_->shard);
  } else if (event.starts_with("connects ")) {
    others_.push_back(std::make_unique<other>(*house_, name));
  } else if (event.starts_with("leaves ")) {
    std::erase_if(others_, [&](const auto& o) { return o->name == name; });
    settle(house_->shard);
    ends_before_ = ends();
  } else {
    throw std::runtime_error("unknown event: " + event);
  }
}

std::string component_stage::take_written() {
  written_ += with_client([](auto& c) { return c.take(); });
  if (with_client([](auto& c) { return c.ended; })) look_for_end();
  return std::exchange(written_, {});
}

/// The server has shut its end down: the component closes, and the reason is counted.
void component_stage::look_for_end() {
  with_client([](auto& c) { c.hang_up(); });
  settle(house_->shard);
  const auto now = ends();
  for (std::size_t i = 0; i < now.size() && closed_.empty(); ++i) {
    if (now[i] > ends_before_[i]) closed_ = base::describe(static_cast<close_reason>(i)).name;
  }
}

void component_stage::take_from(other& o, std::vector<routed>& all) {
  const auto bytes = o.end->take();
  std::string_view rest = bytes;
  while (true) {
    const auto token = o.tokenizer.next(rest);
    if (token == xml::token::need_more) return;
    if (token == xml::token::error) throw std::runtime_error("another component got what is no XML: " + bytes);
    all.push_back(
        {"component", o.name, token == xml::token::footer ? "</stream:stream>" : std::string(o.tokenizer.element().bytes)});
    if (token == xml::token::footer) return;
  }
}

std::vector<routed> component_stage::take_routes() {
  std::vector<routed> all;
  for (auto& text : house_->take_stanzas()) {
    const auto blank = text.find(' ');
    all.push_back({"accounts", text.substr(0, blank), text.substr(blank + 1)});
  }
  for (auto& o : others_) take_from(*o, all);
  return all;
}

void component_stage::leave() {
  others_.clear();
  with_client([](auto& c) { c.hang_up(); });
  settle(house_->shard);
}

}  // namespace couplet::lives
