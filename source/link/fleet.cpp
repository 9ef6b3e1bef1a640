#include "link/fleet.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.hpp"

namespace couplet::link {

using outcome = manager_link::outcome;
using verb = route::session_control::verb;

namespace {

std::vector<std::string> names_of(const options& o) {
  std::vector<std::string> names;
  for (const auto& w : o.where) names.push_back(net::to_text(w));
  return names;
}

/// So long everybody waits for a manager that takes too little.
constexpr std::chrono::milliseconds patience_with_one{1000};

/// USER@HOST of any address.
std::string_view bare(std::string_view address) noexcept {
  return address.substr(0, address.find('/'));
}

}  // namespace

fleet::fleet(const options& o, policy how, hub::exchange& whole, hub::switchboard& board, std::uint32_t run)
    : whole_(whole), board_(board), policy_(how), assignment_(names_of(o)) {
  if (policy_ == policy::failover) {
    links_.push_back(std::make_unique<manager_link>(o, whole, board, run));
    return;
  }
  overseer& self = *this;
  for (const auto& where : o.where) {
    options one = o;
    one.where = {where};
    links_.push_back(std::make_unique<manager_link>(std::move(one), whole, board, run, self));
  }
  for (std::size_t i = 0; i < links_.size(); ++i) slownesses_.push_back(std::make_unique<slowness>(*this, i));
  for (const auto& each : links_) {
    for (const auto& other : links_) {
      if (other != each) each->know(*other);
    }
  }
  board.attach(static_cast<hub::manager*>(this));
}

fleet::~fleet() = default;

void fleet::start(on_first_outcome first_outcome) {
  first_outcome_ = std::move(first_outcome);
  firsts_due_ = links_.size();
  for (std::size_t i = 0; i < links_.size(); ++i) {
    board_.own_shard().spawn("link", links_[i]->live([this, i](outcome o, const std::string& why) { note_first(i, o, why); }));
  }
}

/// One that is up says most, and one that refuses us more than one that is not there.
void fleet::note_first(std::size_t number, outcome o, const std::string& why) {
  const auto weight = [](outcome one) { return one == outcome::up ? 2 : one == outcome::refused ? 1 : 0; };
  if (first_why_.empty() || weight(o) > weight(first_)) {
    first_ = o;
    first_why_ = policy_ == policy::failover ? why : links_[number]->peer() + ": " + why;
  }
  if (--firsts_due_ == 0) first_outcome_(first_, first_why_);
}

void fleet::set_secret(const std::string& secret) {
  for (const auto& l : links_) l->set_secret(secret);
}

void fleet::stop_waiting() {
  for (const auto& l : links_) l->stop_waiting();
}

void fleet::stop() {
  for (const auto& l : links_) l->stop();
}

void fleet::abort() {
  for (const auto& l : links_) l->abort();
}

std::uint64_t fleet::sum(std::uint64_t (manager_link::*count)() const noexcept) const noexcept {
  std::uint64_t all = 0;
  for (const auto& l : links_) all += ((*l).*count)();
  return all;
}

void fleet::say_table() const {
  if (policy_ == policy::failover) return links_.front()->say_table();
  for (std::size_t i = 0; i < links_.size(); ++i) {
    const bool away = ((away_ >> i) & 1U) != 0;
    const std::string_view state = assignment_.works(i) ? "linked" : away ? "away" : "not linked";
    base::log::info(
        "session manager",
        {{"manager", links_[i]->peer()}, {"state", state}, {"sessions", static_cast<long long>(assignment_.sessions_at(i))}});
  }
}

std::size_t fleet::number_of(const manager_link& l) const noexcept {
  const auto found = std::find_if(links_.begin(), links_.end(), [&l](const auto& one) { return one.get() == &l; });
  return static_cast<std::size_t>(found - links_.begin());
}

std::size_t fleet::any_working() const noexcept {
  for (std::size_t i = 0; i < links_.size(); ++i) {
    if (assignment_.works(i)) return i;
  }
  return assignment::nobody;
}

// ---- where messages go ----------------------------------------------------------------------------------------------

std::size_t fleet::place(const route::message& m) {
  const auto client = route::from_of(m).handle;
  const auto& to = route::to_of(m).text;
  if (std::holds_alternative<route::session_start>(m)) return assignment_.on_session_start(client, bare(to));
  if (std::holds_alternative<route::auth>(m)) return assignment_.on_question(client, bare(to));
  const auto* const command = std::get_if<route::session_control>(&m);
  if (command != nullptr && command->action == verb::start) return assignment_.on_session_start(client, bare(command->target));
  const auto where = assignment_.of_client(client);
  if (manager_link::is_end(m)) assignment_.on_session_end(client);
  return where != assignment::nobody ? where : assignment_.of_user(bare(to));
}

/// What comes of a session at a manager that was left is for whoever knows its user now: that one answers it.
void fleet::on_route(route::message&& m) {
  auto where = place(m);
  if (where != assignment::nobody) {
    if (is_slow(where) && manager_link::is_request(m)) whole_.set_manager_away_of({route::from_of(m).handle});
    return links_[where]->on_route(std::move(m));
  }
  if (manager_link::is_request(m)) return links_.front()->turn_down(std::move(m));
  where = any_working();
  links_[where != assignment::nobody ? where : 0]->on_route(std::move(m));
}

void fleet::hand_on_notice(std::string_view written) {
  const auto where = any_working();
  if (where != assignment::nobody && links_[where]->is_up()) return links_[where]->send_notice(written);
  links_.front()->keep_notice(std::string(written));
}

// ---- how the managers are -------------------------------------------------------------------------------------------

void fleet::on_all_heard() {
  for (const auto& l : links_) l->on_all_heard();
}

void fleet::set_state(std::size_t number, bool works, bool away) {
  assignment_.set_working(number, works);
  const auto bit = std::uint32_t{1} << number;
  away_ = away ? away_ | bit : away_ & ~bit;
  const bool admits = assignment_.any_works();
  if (std::exchange(admits_, admits) != admits) whole_.admit(admits);
  if (!somebody_waits()) return;
  for (const auto& l : links_) l->hurry();
}

void fleet::on_away(const manager_link& l) {
  const auto i = number_of(l);
  set_state(i, false, true);
  whole_.set_manager_away_of(assignment_.clients_of(i));
}

void fleet::on_up(const manager_link& l, bool anew) {
  const auto i = number_of(l);
  set_state(i, true, false);
  if (anew) {
    whole_.set_manager_anew_of(assignment_.take_clients_of(i));
  } else {
    whole_.set_manager_state_of(assignment_.clients_of(i), true);
  }
  auto refused = assignment_.take_refused();
  if (!refused.empty()) whole_.set_manager_anew_of(std::move(refused));
}

void fleet::on_down(const manager_link& l) {
  const auto i = number_of(l);
  set_state(i, false, false);
  whole_.set_manager_state_of(assignment_.take_clients_of(i), false);
  if (!assignment_.any_works() && away_ != 0) return;
  // Those that were refused on its account are asked for elsewhere, or nobody is waited for any more.
  auto refused = assignment_.take_refused();
  if (refused.empty()) return;
  if (assignment_.any_works()) return whole_.set_manager_anew_of(std::move(refused));
  whole_.set_manager_state_of(std::move(refused), false);
}

/// Often for a moment, under load: that is no reason to tell each of its clients.
void fleet::on_congested(const manager_link& l, bool congested) {
  const auto i = number_of(l);
  if (congested) {
    whole_.add_congested_manager();
    auto& shard = board_.own_shard();
    return shard.wheel().set(*slownesses_[i], shard.now() + patience_with_one);
  }
  net::deadlines::clear(*slownesses_[i]);
  if (!is_slow(i)) return whole_.remove_congested_manager();
  slow_ &= ~(std::uint32_t{1} << i);
  if (assignment_.works(i)) whole_.set_manager_state_of(assignment_.clients_of(i), true);
}

void fleet::on_slow(std::size_t number) {
  slow_ |= std::uint32_t{1} << number;
  base::log::warning("a session manager takes too little: its clients wait", {{"manager", links_[number]->peer()}});
  whole_.set_manager_away_of(assignment_.clients_of(number));
  whole_.remove_congested_manager();
}

void fleet::on_leaving(const manager_link& l) {
  moving_ = assignment_.take_clients_of(number_of(l));
}

void fleet::on_left(const manager_link& l) {
  set_state(number_of(l), false, false);
  base::log::info("sessions are asked for elsewhere",
                  {{"manager", l.peer()}, {"clients", static_cast<long long>(moving_.size())}});
  // Who has asked meanwhile, and could be asked for nowhere else, since another session of the same user was there.
  const auto refused = assignment_.take_refused();
  moving_.insert(moving_.end(), refused.begin(), refused.end());
  whole_.set_manager_anew_of(std::exchange(moving_, {}));
}

}  // namespace couplet::link
