#include "session_stage.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>

#include "base/address_parts.hpp"
#include "base/base64.hpp"
#include "base/digest.hpp"
#include "base/text_pool.hpp"
#include "server/entry_jobs.hpp"
#include "server/room_jobs.hpp"
#include "session/capabilities.hpp"
#include "storage/archive.hpp"
#include "storage/entries.hpp"
#include "stream/errors.hpp"
#include "xml/first_tag.hpp"

namespace couplet::transcript {

namespace {

constexpr std::string_view password = "secret";
constexpr const char* rooms_domain = "chat.example.org";

std::string bare_part(std::string_view jid) {
  return std::string(jid.substr(0, jid.find('/')));
}

std::string receiver_of(std::string_view xml) {
  std::string scratch;
  return std::string(xml::decode_attribute(xml::find_attribute(xml, "to"), scratch));
}

stream::client_settings settings_for_clients(const scene& s) {
  stream::client_settings c;
  c.domains = s.domains;
  c.offer_registration = s.registration;
  c.offer_rosters = true;
  c.ask_for_accounts = true;
  return c;
}

}  // namespace

session_stage::session_stage(const scene& s, std::uint32_t partitions)
    : scene_(s), client_settings_(settings_for_clients(s)), managers_(partitions) {
  auto opened = storage::store::open({});
  if (!opened) throw std::runtime_error(opened.error_text());
  store_ = std::move(*opened);
  settings_.domains = s.domains;
  settings_.registration = s.registration;
  settings_.other_domains = true;
  settings_.services = {rooms_domain};
  settings_.offline = s.waiting != 0;
  settings_.offline_limits.messages = s.waiting;
  settings_.archive = s.archive;
  settings_.contacts = s.operators;
  settings_.admins = s.admins;
  settings_.now = [this] { return now_; };
  // Accounts are those of a configuration, and all else lasts; where some may be made and removed in-band, they are in memory.
  settings_.stored = !s.registration;
  for (const auto& a : s.accounts) passwords_.emplace(a, password);
  for (const auto& p : s.clients) {
    guests_[p.name].jid = p.jid;
    if (!p.jid.empty()) passwords_.emplace(bare_part(p.jid), password);
  }
  client_settings_.capabilities = session::capabilities_element(settings_);
  start();
  for (const auto& p : s.clients) p.jid.empty() ? connect(guests_[p.name]) : log_in(guests_[p.name]);
  for (const auto& [one, other] : s.contacts) make_contacts(one, other);
  for (const auto& p : s.clients)
    if (p.available) client_sends(p.name, "<presence/>");
  drop_written();
}

session_stage::~session_stage() = default;

/// What a process does at its start.
void session_stage::start() {
  const auto count = static_cast<std::uint32_t>(managers_.size());
  for (std::uint32_t i = 0; i < count; ++i) managers_[i] = std::make_unique<session::manager>(settings_, i, count);
  for (const auto& [bare, secret] : passwords_) {
    const auto made = partition_of(bare).put_account(base::jid::parse(bare).value(), secret);
    if (!made) throw std::runtime_error(made.error_text());
  }
  muc::settings m;
  m.names = {rooms_domain};
  m.secret = "what ids of occupants come from";
  m.instance = "start" + std::to_string(++starts_);
  m.stored = true;
  rooms_ = std::make_unique<muc::service>(std::move(m));
  store_->read_now([this](storage::database& db) {
    storage::each_archive_preferences(db, [this](auto jid, auto text) { partition_of(jid).set_archive_preferences(jid, text); });
    storage::each_blocked(db, [this](auto owner, auto jid) { partition_of(owner).add_blocked(owner, jid); });
    storage::each_room(db, [this](storage::room&& r) {
      auto read = server::from_storage(std::move(r));
      if (!read || !rooms_->add_stored_room(std::move(*read))) throw std::runtime_error("a stored room is not readable");
    });
    return storage::outcome::done;
  });
}

session_stage::guest& session_stage::called(const std::string& who) {
  const auto found = guests_.find(who);
  if (found == guests_.end()) throw std::runtime_error("no client is called " + who);
  return found->second;
}

void session_stage::connect(guest& g) {
  g.id = ++last_id_;
  g.machine = std::make_unique<client_machine>(client_settings_, scene_.limits, g.id, true, true,
                                               [this](const sasl::question& q) { return answer(q); });
  if (!scene_.address.empty()) g.machine->comes_from(scene_.address);
}

/// As a client would, and nothing of it is left to be expected.
void session_stage::log_in(guest& g) {
  connect(g);
  const auto who = base::jid::parse(g.jid).value();
  const auto say = [this, &g](const std::string& xml) {
    g.machine->sends(xml);
    settle();
  };
  const std::string header = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='" +
                             std::string(who.domain()) + "' version='1.0'>";
  const auto plain = std::string(1, '\0') + std::string(who.node()) + '\0' + passwords_[std::string(who.bare())];
  say(header);
  say("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" + base::base64_encode(plain) + "</auth>");
  say(header);
  say("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>" + std::string(who.resource()) +
      "</resource></bind></iq>");
  const auto written = g.machine->take_written();
  if (g.machine->machine().current_phase() != stream::phase::open || g.machine->machine().who().full() != g.jid)
    throw std::runtime_error(g.jid + " could not log in: " + (written.empty() ? "" : written.back()));
}

void session_stage::make_contacts(const std::string& one, const std::string& other) {
  for (const auto& [from, to] : {std::pair(one, other), std::pair(other, one)}) {
    client_sends(from, "<presence type='subscribe' to='" + bare_part(called(to).jid) + "'/>");
    client_sends(to, "<presence type='subscribed' to='" + bare_part(called(from).jid) + "'/>");
  }
}

void session_stage::drop_written() {
  for (auto& [name, g] : guests_)
    if (g.machine) g.machine->take_written();
}

void session_stage::client_sends(const std::string& who, std::string_view bytes) {
  auto& g = called(who);
  if (!g.machine) throw std::runtime_error(who + " has no connection");
  g.machine->sends(bytes);
  settle();
}

void session_stage::happens(const std::string& who, const std::string& event) {
  constexpr std::string_view returned = "did not take ";
  if (who.empty()) return on_server_event(event);
  auto& g = called(who);
  if (event == "logs in") return log_in(g);
  if (event == "connects") return connect(g);
  if (!g.machine) throw std::runtime_error(who + " has no connection");
  if (event.starts_with(returned)) {
    route_to_manager(g.machine->machine().returned(event.substr(returned.size())));
  } else {
    g.machine->happens(event);
  }
  settle();
  if (event == "gone") g.machine.reset();
}

void session_stage::on_server_event(const std::string& event) {
  if (const auto unit = event.find(" second"); unit != std::string::npos) {
    std::int64_t seconds = 0;
    std::from_chars(event.data(), event.data() + unit, seconds);
    now_ += seconds * 1'000;
  } else if (event == "storage breaks" || event == "storage works") {
    storage_works_ = event == "storage works";
  } else if (event == "shutdown") {
    muc::effects made;
    rooms_->shut_down(made);
    apply(std::move(made));
    settle();
    for (auto& [name, g] : guests_)
      if (g.machine) g.machine->happens("end shutdown");
  } else if (event == "restart") {
    for (auto& [name, g] : guests_) g.machine.reset();
    start();
  } else {
    throw std::runtime_error("unknown event: " + event);
  }
}

std::vector<std::string> session_stage::take_written(const std::string& who) {
  auto& g = called(who);
  return g.machine ? g.machine->take_written() : std::vector<std::string>();
}

std::vector<std::string> session_stage::names() const {
  std::vector<std::string> all;
  for (const auto& [name, g] : guests_) all.push_back(name);
  return all;
}

std::string session_stage::closed(const std::string& who) const {
  const auto found = guests_.find(who);
  if (found == guests_.end() || !found->second.machine) return {};
  const auto why = found->second.machine->closed();
  return why == base::close_reason::none ? std::string() : std::string(base::describe(why).name);
}

session::manager& session_stage::partition_of(std::string_view bare_jid) {
  return *managers_[session::partition_of(bare_jid, static_cast<std::uint32_t>(managers_.size()))];
}

sasl::answer session_stage::answer(const sasl::question& q) {
  using verdict = sasl::answer::verdict;
  if (q.what == sasl::question::kind::account)
    return sasl::answer(partition_of(q.who.bare()).has_account(q.who.bare()) ? verdict::right : verdict::wrong);
  const auto known = partition_of(q.who.bare()).password_of(q.who.bare());
  return sasl::answer(known && base::equal_in_constant_time(*known, q.password) ? verdict::right : verdict::wrong);
}

// ---- between the machines ---------------------------------------------------------------------------------------------------------

/// Until nobody has anything more to do.
void session_stage::settle() {
  for (auto& [name, g] : guests_) collect(g);
  while (!work_.empty()) {
    const auto next = std::move(work_.front());
    work_.pop_front();
    next();
  }
}

void session_stage::collect(guest& g) {
  if (!g.machine) return;
  for (auto& m : g.machine->take_routes()) route_to_manager(std::move(m));
}

void session_stage::route_to_manager(route::message&& m) {
  auto shared = std::make_shared<route::message>(std::move(m));
  work_.emplace_back([this, shared] {
    const auto place = session::partition_for(*shared, static_cast<std::uint32_t>(managers_.size()));
    session::effects made;
    managers_[place]->on_route(std::move(*shared), made);
    apply(std::move(made), place);
  });
}

void session_stage::apply(session::effects&& made, std::uint32_t partition) {
  for (auto& m : made.to_c2s) {
    auto shared = std::make_shared<route::message>(std::move(m));
    work_.emplace_back([this, shared] { to_client(std::move(*shared)); });
  }
  for (auto& d : made.to_partitions) {
    auto shared = std::make_shared<session::delivery>(std::move(d));
    work_.emplace_back([this, shared] {
      session::effects further;
      const auto place = shared->partition;
      managers_[place]->on_delivery(std::move(*shared), further);
      apply(std::move(further), place);
    });
  }
  for (auto& xml : made.to_others) {
    auto shared = std::make_shared<std::string>(std::move(xml));
    work_.emplace_back([this, shared] { to_other_domain(std::move(*shared)); });
  }
  for (const auto& q : made.to_storage) {
    using kind = session::account_request::kind;
    if (q.what != kind::refuse && q.what != kind::check_password) throw std::runtime_error("no account of a scene is stored");
    work_.emplace_back([this, number = q.number, partition] {
      session::effects further;
      managers_[partition]->on_account_answer(number, session::account_outcome::wrong, further);
      apply(std::move(further), partition);
    });
  }
  for (const auto& who : made.removed_accounts) {
    work_.emplace_back([this, who] {
      muc::effects further;
      rooms_->on_account_removed(who, further);
      apply(std::move(further));
    });
  }
  for (auto& r : made.to_entries) work_.emplace_back([this, r, partition] { ask_storage(r, partition); });
}

void session_stage::to_client(route::message&& m) {
  const auto id = route::to_of(m).handle;
  for (auto& [name, g] : guests_) {
    if (g.id != id || !g.machine || g.machine->machine().current_phase() == stream::phase::closed) continue;
    g.machine->takes(std::move(m));
    return collect(g);
  }
  route::bounce_to(m, [this](route::message&& back) { route_to_manager(std::move(back)); });
}

void session_stage::ask_storage(session::storage_request r, std::uint32_t partition) {
  session::storage_answer a(session::storage_outcome::unavailable);
  if (storage_works_) {
    const storage::store::job work = [&](storage::database& db) { return server::perform(db, r, a, now_); };
    const auto what = server::told(session::is_change(r) ? store_->write_now(work) : store_->read_now(work));
    if (what != session::storage_outcome::done) a = session::storage_answer(what);
  }
  session::effects made;
  managers_[partition]->on_storage_answer(r.number, std::move(a), made);
  apply(std::move(made), partition);
}

/// As server::group_chat does for those that it does not serve.
void session_stage::to_other_domain(std::string&& xml) {
  if (rooms_->serves(base::domain_part(receiver_of(xml)))) return to_rooms(std::move(xml));
  if (!stream::is_owed_an_error(xml)) return;
  auto error = base::take_text();
  stream::append_stanza_error(error, xml, "remote-server-not-found");
  from_rooms(std::move(error));
}

void session_stage::to_rooms(std::string&& xml) {
  muc::effects made;
  rooms_->on_stanza(std::move(xml), time(), made);
  apply(std::move(made));
}

void session_stage::apply(muc::effects&& made) {
  for (auto& xml : made.stanzas) {
    auto shared = std::make_shared<std::string>(std::move(xml));
    work_.emplace_back([this, shared] { from_rooms(std::move(*shared)); });
  }
  for (auto& q : made.to_storage) work_.emplace_back([this, q] { ask_storage(q); });
}

void session_stage::from_rooms(std::string&& xml) {
  const auto to = receiver_of(xml);
  if (rooms_->serves(base::domain_part(to))) return to_rooms(std::move(xml));
  const auto place = session::partition_of(bare_part(to), static_cast<std::uint32_t>(managers_.size()));
  session::effects made;
  managers_[place]->on_delivery(session::delivery(place, std::move(xml)), made);
  apply(std::move(made), place);
}

void session_stage::ask_storage(muc::storage_request q) {
  auto outcome = muc::stored::failed;
  const auto number = q.number;
  if (storage_works_) {
    const auto r = server::to_storage(std::move(q.room));
    outcome = server::told_to_rooms(store_->write_now([&](storage::database& db) { return server::perform(db, q.what, r); }));
  }
  if (number == 0) return;
  muc::effects made;
  rooms_->on_stored(number, outcome, time(), made);
  apply(std::move(made));
}

muc::time_point session_stage::time() const {
  return muc::time_point(std::chrono::milliseconds(now_));
}

}  // namespace couplet::transcript
