#include "connection_stage.hpp"

#include <unistd.h>

#include <cerrno>
#include <stdexcept>

namespace couplet::lives {

using base::close_reason;
using transcript::routed;

client::policy default_policy() {
  client::policy p;
  p.before_login = p.after_login;  // limits have their own tests
  p.idle_timeout = std::chrono::seconds(600);
  p.longest_pause = std::chrono::microseconds(0);
  return p;
}

namespace {

client::policy policy_of(const transcript::scene& s) {
  auto p = default_policy();
  p.before_login = p.after_login = s.limits;
  return p;
}

std::unique_ptr<hub::exchange> exchange_for(net::shard& s) {
  hub::exchange::options o;
  o.placement = [](const route::message&, std::uint32_t) { return 0U; };
  return std::make_unique<hub::exchange>(std::vector<net::shard*>{&s}, std::move(o));
}

/// The name of the session that a route says is over: that of session control, or `address`. Empty: it says no such thing.
std::string ended_session(const route::message& m, const std::string& address) {
  using verb = route::session_control::verb;
  const auto* const command = std::get_if<route::session_control>(&m);
  if (command != nullptr) return command->action == verb::end || command->action == verb::ended ? command->sm : std::string();
  const auto* const f = std::get_if<route::failure>(&m);
  return f != nullptr && f->xml.empty() ? address : std::string();
}

}  // namespace

small_house::small_house(client::policy p, stream::client_settings s)
    : shard(0), exchange(exchange_for(shard)), shared(p, std::move(s), client::plaintext_logins::loopback) {
  exchange->on(0).attach(this);
  table = std::make_unique<client::table>(shared, exchange->on(0), &credentials);
}

small_house::~small_house() {
  table->abort_all(close_reason::shutdown);
  settle();
}

void small_house::on_route(route::message&& m) {
  const auto given_up = ended_session(m, route::to_of(m).text);
  if (!given_up.empty() && running_.erase(given_up) != 0) ++sessions.given_up;
  routes.push_back(std::move(m));
}

void small_house::manager_sends(route::message m) {
  const auto from = route::from_of(m).text;
  const auto* const command = std::get_if<route::session_control>(&m);
  const bool starts = std::holds_alternative<route::session_started>(m);
  const bool starts_controlled = command != nullptr && command->action == route::session_control::verb::started;
  if (starts && running_.insert(from).second) ++sessions.started;
  if (starts_controlled && running_.insert(command->sm).second) ++sessions.started;
  if (std::holds_alternative<route::failure>(m) && running_.erase(from) != 0) ++sessions.ended;
  if (running_.erase(ended_session(m, {})) != 0) ++sessions.ended;
  exchange->on(0).to_client(std::move(m));
  settle();
}

int small_house::connect(bool loopback) {
  net::peer who;
  who.address = "127.0.0.1";
  who.loopback = loopback;
  return connect(who);
}

int small_house::connect(const net::peer& who, client::entry how) {
  const socket_pair pair;
  table->accept(pair.life, who, how);
  settle();
  return pair.test;
}

void small_house::settle() {
  lives::settle(shard);
}

void small_house::let_deadlines_pass() {
  lives::let_deadlines_pass(shard);
}

namespace {
/// One certificate for all: a key takes longer than a conversation.
const std::shared_ptr<const tls::contexts>& contexts() {
  static const auto made = tls::test::contexts_for(
      {"example.org"}, [](auto& options) { options.tickets = std::make_shared<tls::ticket_keys>(tls::test::now()); });
  return made;
}
}  // namespace

connection_stage::connection_stage(const transcript::scene& s, around what)
    : house_(policy_of(s), transcript::settings_of(s)), in_bytes_(what == around::tls_in_bytes) {
  const bool with_tls = what != around::nothing;
  house_.exchange->start_with_manager(s.manager_up);
  net::peer who;
  who.address = "127.0.0.1";
  who.loopback = s.plaintext;
  if (with_tls) house_.table->set_contexts(contexts());
  peer_ = house_.connect(who, with_tls ? client::entry::tls : client::entry::any);
  const auto ids = house_.table->ids();
  if (!ids.empty()) id_ = ids.front();
  if (with_tls) shake_hands();
}

namespace {
/// The scenes know nothing of what features only have behind TLS: SASL2 (XEP-0388). There are no channel bindings (XEP-0440): no scene has SCRAM.
std::string without_what_tls_brings(std::string features) {
  const std::string end_tag = "</authentication>";
  const auto begin = features.find("<authentication xmlns='urn:xmpp:sasl:2'");
  const auto end = features.find(end_tag, begin);
  if (begin != std::string::npos && end != std::string::npos) features.erase(begin, end + end_tag.size() - begin);
  return features;
}
}  // namespace

/// As far as it goes: reads and writes may be made to fail.
void connection_stage::shake_hands() {
  secure_ = std::make_unique<tls::test::client>();
  for (int turn = 0; turn < 5 && peer_ >= 0; ++turn) {
    const bool done = secure_->shake_hands();
    put(std::exchange(secure_->to_server, {}));
    if (done) return;
    std::string bytes;
    while (get(bytes)) {
    }
    secure_->take(bytes);
  }
}

connection_stage::~connection_stage() {
  leave();
}

void connection_stage::client_sends(std::string_view bytes) {
  if (!secure_) {
    put(bytes);
  } else if (secure_->send(bytes)) {
    put(std::exchange(secure_->to_server, {}));
  }
}

/// False: the server has gone.
bool connection_stage::put(std::string_view bytes) {
  while (!bytes.empty() && peer_ >= 0) {
    const auto n = ::write(peer_, bytes.data(), in_bytes_ ? 1 : bytes.size());
    if (n < 0 && (errno == EPIPE || errno == ECONNRESET)) return false;
    if (n < 0) throw std::runtime_error("the connection takes nothing");
    bytes.remove_prefix(static_cast<std::size_t>(n));
    house_.settle();
  }
  return peer_ >= 0;
}

/// False: nothing is there, or nothing can come any more.
bool connection_stage::get(std::string& into) {
  char part[4096];
  const auto n = ::read(peer_, part, sizeof part);
  if (n == 0) look_for_end();
  if (n <= 0) return false;
  into.append(part, static_cast<std::size_t>(n));
  house_.settle();
  return true;
}

void connection_stage::manager_sends(const routed& r) {
  house_.manager_sends(transcript::message_from(r, id_));
}

void connection_stage::happens(const std::string& event) {
  if (event == "manager up" || event == "manager down") {
    house_.exchange->start_with_manager(event == "manager up");
  } else if (event == "deadline") {
    house_.let_deadlines_pass();
  } else if (event == "gone") {
    leave();
  } else if (event.starts_with("end ")) {
    house_.table->end_all(transcript::reason_called(event.substr(4)));
    house_.settle();
  } else {
    throw std::runtime_error("unknown event: " + event);
  }
}

std::string connection_stage::take_written() {
  std::string bytes;
  while (peer_ >= 0 && get(bytes)) {
  }
  if (!secure_) {
    written_ += bytes;
  } else {
    secure_->take(bytes);
    written_ += without_what_tls_brings(secure_->receive());
  }
  return std::exchange(written_, {});
}

/// The server has shut its end down: the client closes, and the reason is counted.
void connection_stage::look_for_end() {
  ::close(std::exchange(peer_, -1));
  house_.settle();
  for (std::size_t i = 0; i < base::close_reason_count; ++i) {
    const auto reason = static_cast<close_reason>(i);
    if (house_.table->count().ends.of(reason) != 0) closed_ = base::describe(reason).name;
  }
}

void connection_stage::leave() {
  gone_ = true;
  if (peer_ >= 0) ::close(std::exchange(peer_, -1));
  house_.settle();
  // Nobody reads from a client that waits for the manager: that it left is seen when the manager's time is up.
  if (house_.table->size() != 0) house_.let_deadlines_pass();
}

std::vector<routed> connection_stage::take_routes() {
  std::vector<routed> all;
  std::vector<route::message> later;
  for (auto& m : house_.routes) {
    // A connection gives its session up as soon as it says goodbye; the texts tell of it when the client is gone.
    if (!ended_session(m, route::to_of(m).text).empty() && !closed_.empty() && !gone_) {
      later.push_back(std::move(m));
      continue;
    }
    all.push_back(transcript::to_text(m, id_));
  }
  house_.routes = std::move(later);
  return all;
}

}  // namespace couplet::lives
