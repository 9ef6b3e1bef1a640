#include "left_behind.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/random.hpp"
#include "connection.hpp"
#include "each.hpp"
#include "xml/first_tag.hpp"

namespace couplet::client {

namespace {

/// Clients that have left last, and are remembered: that what they said was not handled is known when the link is up again, at the latest.
constexpr std::size_t most_leavers = 1024;

/// Sessions that are asked for at once.
constexpr std::ptrdiff_t most_asked = 8;

/// Where the policy knows no deadline: nobody is there who would end the waiting.
constexpr std::chrono::seconds longest_wait{60};

/// What our link says where it was not to be had: an error for a stanza.
bool is_error_of_link(std::string_view xml) noexcept {
  return xml::find_attribute(xml, "type") == "error" && xml.find("<remote-server-timeout") != std::string_view::npos;
}

}  // namespace

enum class left_behind::stage : std::uint8_t {
  looked_for,  ///< until everybody has his session, and it is known who has this one
  to_ask,
  asked,
  turned_away  ///< there was no manager
};

/// One client that has left.
class left_behind::one final : public net::has_deadline {
 public:
  one(left_behind& whose, std::uint64_t id, std::uint64_t was_, stream::departure d)
      : was(was_), machine(id, std::move(d)), whose_(whose) {}
  void on_deadline(base::time_point) override { whose_.give_up(machine.id()); }

  std::uint64_t was;  ///< the client's id
  stream::left_session machine;
  stage at = stage::looked_for;
  bool owns_name = false;
  bool name_is_taken = false;  ///< by somebody who is here
  std::size_t bytes = 0;       ///< of the budget

 private:
  left_behind& whose_;
};

left_behind::left_behind(table& t) : table_(t) {
  t.shared_.left_names.add_shard(t.shard_.index());
}

left_behind::~left_behind() {
  for (const auto& o : all_) lose(o->machine.kept());
  say_what_is_lost();
}

void left_behind::note(std::uint64_t id, stream::departure d) {
  if (leavers_.size() == most_leavers) leavers_.pop_front();
  leavers_.emplace_back(id, std::move(d));
}

void left_behind::take(std::vector<route::held>&& left) {
  for (auto& m : left) adopt(std::move(m));
  say_what_is_lost();
  have_names_looked_for();
}

const stream::departure* left_behind::leaver(std::uint64_t id) const noexcept {
  const auto found = std::find_if(leavers_.rbegin(), leavers_.rend(), [id](const auto& l) { return l.first == id; });
  return found != leavers_.rend() ? &found->second : nullptr;
}

left_behind::one* left_behind::find(std::uint64_t id) const noexcept {
  const auto found = std::find_if(all_.begin(), all_.end(), [id](const auto& o) { return o->machine.id() == id; });
  return found != all_.end() ? found->get() : nullptr;
}

left_behind::one* left_behind::of_client(std::uint64_t was) const noexcept {
  const auto found = std::find_if(all_.begin(), all_.end(), [was](const auto& o) { return o->was == was; });
  return found != all_.end() ? found->get() : nullptr;
}

// ---- routes ---------------------------------------------------------------------------------------------------------

bool left_behind::on_route(route::message& m) {
  const auto to = route::to_of(m).handle;
  if (auto* const held = std::get_if<route::held>(&m)) {
    adopt(std::move(*held));
    return true;
  }
  if (auto* const o = find(to)) {
    using outcome = stream::left_session::outcome;
    auto& fx = table_.effects_;
    fx.clear();
    const auto kept = o->machine.kept();
    const auto what = o->machine.on_route(std::move(m), fx);
    send(fx);
    if (what == outcome::none || what == outcome::speaks) return true;
    net::deadlines::clear(*o);
    if (what == outcome::away) {
      o->at = stage::turned_away;
      return true;
    }
    if (what == outcome::refused) lose(kept);
    // It may turn out that its end was not handled.
    if (what == outcome::said && o->machine.is_shown()) note(to, o->machine.shown());
    remove(to);
    if (what == outcome::refused) say_what_is_lost();
    ask_some();
    return true;
  }
  const auto* const s = std::get_if<route::stanza>(&m);
  const auto* const c = std::get_if<route::controlled_stanza>(&m);
  if ((s == nullptr && c == nullptr) || leaver(to) == nullptr) return false;
  if (!is_error_of_link(s != nullptr ? s->xml : c->xml)) return false;
  lose(1);  // nobody waited long enough for the manager, nor for its error
  return true;
}

/// Without a stanza: its end was not handled.
void left_behind::adopt(route::held&& m) {
  const bool is_stanza = !m.xml.empty();
  const auto bytes = is_stanza ? m.xml.size() + sizeof(route::held) : 0;
  auto& budget = table_.shared_.left_bytes;
  if (!budget.try_take(bytes)) return lose(1);
  auto* o = find(m.to.handle);  // it had said it already, to a manager that is gone as well
  if (o == nullptr) o = of_client(m.to.handle);
  const auto* const known = leaver(m.to.handle);
  if (o != nullptr && known != nullptr && known->available) o->machine.keep_availability();
  if (o == nullptr) {
    stream::departure d;
    if (known != nullptr) d = *known;
    if (!is_stanza && !d.available) return;
    if (known == nullptr) {
      const auto& s = table_.shared_.settings;
      const bool ours = s.logins_checked_by == stream::login_check::credentials;
      d.who = stream::sender_of(m.xml);
      d.controlled =
          s.sessions == stream::session_protocol::control || (s.sessions == stream::session_protocol::automatic && ours);
    }
    o = d.who.find('/') == std::string::npos ? nullptr : make(m.to.handle, std::move(d));
  }
  if (!is_stanza) return;
  if (o == nullptr) {
    budget.give_back(bytes);
    return lose(1);
  }
  o->bytes += bytes;
  o->machine.keep(std::move(m.xml), m.origin);
}

left_behind::one* left_behind::make(std::uint64_t was, stream::departure d) {
  if (!table_.shared_.left_clients.try_take(1)) return nullptr;
  all_.push_back(std::make_unique<one>(*this, table_.take_place(nullptr), was, std::move(d)));
  auto& o = *all_.back();
  o.owns_name = table_.shared_.left_names.add(o.machine.who(), call_when_seen(o.machine.id()));
  // Two that had the same name, one after the other: the later one does not take the session of the one before.
  o.name_is_taken = !o.owns_name;
  return &o;
}

// ---- when the manager is there --------------------------------------------------------------------------------------

/// Everything begins anew for this one.
void left_behind::look_again(one& o) {
  o.at = stage::looked_for;
  if (o.owns_name) table_.shared_.left_names.look_again(o.machine.who(), call_when_seen(o.machine.id()));
}

left_names::when_seen left_behind::call_when_seen(std::uint64_t id) {
  return [&t = table_, id](bool taken) { t.shard_.post([&t, id, taken] { t.left_behind_->on_seen(id, taken); }); };
}

void left_behind::on_manager_anew() {
  for (const auto& o : all_) {
    net::deadlines::clear(*o);
    look_again(*o);
  }
}

void left_behind::on_manager_anew_of(const hub::client_ids& who) {
  for_each_of(who, [this](one& o) {
    net::deadlines::clear(o);
    look_again(o);
  });
}

void left_behind::look_for_names() {
  auto& names = table_.shared_.left_names;
  if (auto found = names.begin_look(); !found.empty()) {
    table_.for_each([&found](const connection& c) {
      // Who has not asked yet will wait.
      if (!c.is_open() || c.start_) return;
      const auto& who = c.machine_.who();
      const auto at = who.is_bare() ? found.find(std::string(c.machine_.asked_session())) : found.find(who.full());
      if (at != found.end()) at->second = true;
    });
    names.end_look(table_.shard_.index(), found);
  }
  for (const auto& o : all_) {
    if (o->at == stage::looked_for && !o->owns_name) o->at = stage::to_ask;
  }
  ask_some();
}

/// As soon as nobody's session is waited for. That may be so already, and then nothing else would lead to it.
void left_behind::have_names_looked_for() {
  const auto waits = [](const auto& o) { return o->at == stage::looked_for; };
  const auto& board = table_.board_;
  if (!board.manager_up() || board.manager_away() || std::none_of(all_.begin(), all_.end(), waits)) return;
  table_.board_.look_for_names();
}

void left_behind::on_seen(std::uint64_t id, bool taken) {
  auto* const o = find(id);
  if (o == nullptr || o->at != stage::looked_for) return;
  // By somebody the others see: an end under another name tells them nothing.
  if (taken && o->machine.kept() == 0) return remove(id);
  o->name_is_taken = taken;
  o->at = stage::to_ask;
  ask_some();
}

void left_behind::ask_some() {
  auto asked = std::count_if(all_.begin(), all_.end(), [](const auto& o) { return o->at == stage::asked; });
  for (const auto& o : all_) {
    if (o->at != stage::to_ask) continue;
    if (++asked > most_asked) return;
    ask(*o);
  }
}

void left_behind::ask(one& o) {
  auto& fx = table_.effects_;
  fx.clear();
  o.machine.ask(o.name_is_taken ? base::random_hex(8) : std::string(), fx);
  send(fx);
  o.at = stage::asked;
  wait_for_answer(o);
}

void left_behind::wait_for_answer(one& o) {
  auto patience = table_.shared_.limit.manager_timeout;
  if (patience.count() == 0) patience = longest_wait;
  table_.shard_.wheel().set(o, table_.shard_.now() + patience);
}

void left_behind::send(stream::effects& fx) {
  for (auto& m : fx.to_manager) table_.board_.to_manager(std::move(m));
  fx.to_manager.clear();
}

// ---- when it is not -------------------------------------------------------------------------------------------------

void left_behind::on_manager_away() {
  for (const auto& o : all_) net::deadlines::clear(*o);
}

void left_behind::on_manager_away_of(const hub::client_ids& who) {
  for_each_of(who, [](one& o) { net::deadlines::clear(o); });
}

/// Up: it is the same as before, and answers what it was asked.
void left_behind::on_manager_state(bool up) {
  while (!up && !all_.empty()) {
    lose(all_.back()->machine.kept());
    remove(all_.back()->machine.id());
  }
  say_what_is_lost();
  for (const auto& o : all_) {
    if (o->at == stage::turned_away) o->at = stage::to_ask;
    if (o->at == stage::asked) wait_for_answer(*o);
  }
  have_names_looked_for();
  ask_some();
}

void left_behind::on_manager_state_of(const hub::client_ids& who, bool up) {
  for_each_of(who, [this, up](one& o) {
    if (!up) {
      lose(o.machine.kept());
      return remove(o.machine.id());
    }
    if (o.at == stage::turned_away) o.at = stage::to_ask;
    if (o.at == stage::asked) wait_for_answer(o);
  });
  say_what_is_lost();
  have_names_looked_for();
  ask_some();
}

template <class Action>
void left_behind::for_each_of(const hub::client_ids& who, Action&& action) {
  if (all_.empty()) return;
  for (const auto id : who) {
    if (auto* const o = find(id)) action(*o);
  }
}

/// The manager does not answer.
void left_behind::give_up(std::uint64_t id) {
  auto* const o = find(id);
  if (o == nullptr) return;
  auto& fx = table_.effects_;
  fx.clear();
  o->machine.give_up(fx);
  send(fx);
  lose(o->machine.kept());
  if (o->machine.is_shown()) note(id, o->machine.shown());
  remove(id);
  say_what_is_lost();
  ask_some();
}

void left_behind::remove(std::uint64_t id) {
  const auto at = std::find_if(all_.begin(), all_.end(), [id](const auto& o) { return o->machine.id() == id; });
  if (at == all_.end()) return;
  const auto gone = std::move(*at);
  all_.erase(at);
  auto& shared = table_.shared_;
  shared.left_bytes.give_back(gone->bytes);
  shared.left_clients.give_back(1);
  table_.leave_place(id);
  if (gone->owns_name) shared.left_names.remove(gone->machine.who());
}

void left_behind::lose(std::size_t stanzas) {
  lost_ += stanzas;
  table_.count_.unsaid += stanzas;
}

void left_behind::say_what_is_lost() {
  const auto lost = std::exchange(lost_, 0);
  if (lost == 0) return;
  base::log::warning("stanzas are lost: their senders had left, and there is no session manager that takes them",
                     {{"stanzas", static_cast<long long>(lost)}});
}

}  // namespace couplet::client
