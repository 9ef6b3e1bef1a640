#include "components.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "base/random.hpp"
#include "base/text_pool.hpp"
#include "component/names.hpp"
#include "component_traffic.hpp"
#include "stanza.hpp"
#include "stream/errors.hpp"

namespace couplet::component {

using base::close_reason;

components::components(const options& o, hub::switchboard& board)
    : options_(o),
      limits_{o.max_element_bytes, 64, 64, 0},
      board_(board),
      waiting_(o.grace_bytes),
      key_{base::random_u64(), base::random_u64()} {
  board.attach(static_cast<hub::other_domains*>(this));
}

components::~components() = default;

bool components::is_ours(std::string_view domain) const noexcept {
  return std::find(options_.domains.begin(), options_.domains.end(), domain) != options_.domains.end();
}

/// Names that mean something else: other names of ours, and other connection managers, which no stanza is for.
bool components::is_nobodys(std::string_view domain) const noexcept {
  const auto& aliases = options_.aliases;
  return std::find(aliases.begin(), aliases.end(), domain) != aliases.end() || options_.c2s.find(domain) != options_.c2s.end();
}

bool components::is_configured(std::string_view domain) const {
  return !is_ours(domain) && !is_nobodys(domain) && find_secret(options_.components, domain) != nullptr;
}

// ---- who has which name ---------------------------------------------------------------------------------------------

bool components::is_taken(std::string_view name) const {
  return options_.conflict == conflict_policy::refuse && served_.find(name) != served_.end();
}

void components::serve(component_traffic& c) {
  const auto name = c.name();  // a copy: connections end meanwhile
  const auto before = take_predecessors(name);
  served_[name].push_back(&c);
  if (options_.on_served && options_.components.find(name) != options_.components.end()) options_.on_served(name, true);
  for (auto* old : before) old->peer().hand_over([&c](std::string_view xml) { c.peer().send_piece(xml); });
  for (const auto& xml : waiting_.take(name)) c.peer().send_piece(xml);
  set_next_deadline();
}

/// Those that are on their way out, and where the name is not shared the one that has it, which is shown out now. The oldest first.
components::connections components::take_predecessors(const std::string& name) {
  connections all;
  const auto [begin, end] = leaving_.equal_range(name);
  for (auto at = begin; at != end; ++at) all.push_back(at->second);
  leaving_.erase(begin, end);
  const auto served = served_.find(name);
  if (served == served_.end() || options_.conflict != conflict_policy::replace) return all;
  const auto replaced = std::exchange(served->second, {});
  served_.erase(served);
  for (auto* old : replaced) {
    old->peer().end(close_reason::replaced);
    all.push_back(old);
  }
  return all;
}

/// False: it did not have it.
bool components::take_name(component_traffic& c) {
  const auto found = served_.find(c.name());
  if (found == served_.end() || std::erase(found->second, &c) == 0) return false;
  if (!found->second.empty()) return true;
  if (options_.on_served) options_.on_served(found->first, false);
  served_.erase(found);
  return true;
}

void components::leave(component_traffic& c) {
  if (!take_name(c)) return;
  if (served_.find(c.name()) == served_.end()) {
    leaving_.emplace(c.name(), &c);
  } else if (!stopping_) {  // otherwise the others leave as well
    c.peer().hand_over([this](std::string_view xml) { send_on(xml); });
  }
}

void components::forget(component_traffic& c, std::vector<std::string>&& not_given) {
  take_name(c);
  const auto [begin, end] = leaving_.equal_range(c.name());
  const auto found = std::find_if(begin, end, [&c](const auto& one) { return one.second == &c; });
  if (found != end) leaving_.erase(found);
  take_back(c.name(), std::move(not_given));
}

void components::take_back(const std::string& name, std::vector<std::string>&& stanzas) {
  if (stanzas.empty()) return;
  const auto found = served_.find(name);
  const bool waits = found == served_.end() && !stopping_ && options_.grace.count() != 0 && options_.grace_bytes != 0;
  if (waits) {
    waiting_.put_back(name, std::move(stanzas), board_.own_shard().now() + options_.grace);
    return set_next_deadline();
  }
  for (const auto& xml : stanzas) send_on(xml);
}

bool components::may_speak_for(std::string_view name, std::string_view domain) const {
  if (options_.default_component.empty() || name != options_.default_component) return false;
  const bool is_somebodys = is_ours(domain) || is_configured(domain) || served_.find(domain) != served_.end();
  return !is_somebodys && !is_nobodys(domain);
}

/// With several connections the one with the highest number for this sender (rendezvous hashing): a connection that comes or goes moves
/// nobody's conversation but those that it takes or had.
component_traffic* components::choose(std::string_view domain, std::string_view xml) const {
  const auto found = served_.find(domain);
  if (found == served_.end()) return nullptr;
  if (found->second.size() == 1) return found->second.front();
  stanza_address from;
  from.read(stanza_head(xml).from);
  const auto whose = base::sip_hash(key_, from.bare());
  component_traffic* best = nullptr;
  std::uint64_t highest = 0;
  for (auto* c : found->second) {
    const auto number = base::sip_hash({key_.first ^ whose, key_.second}, c->peer().id());
    if (best != nullptr && number <= highest) continue;
    best = c;
    highest = number;
  }
  return best;
}

// ---- where a stanza goes ----------------------------------------------------------------------------------------------

void components::on_stanza(std::string&& xml) {
  send_on(xml);
  base::give_text(std::move(xml));
}

void components::send_on(std::string_view xml) {
  if (stanza_address to; to.read(stanza_head(xml).to)) {
    route(xml, to);
  } else {
    answer(xml, "jid-malformed", {});
  }
}

void components::route(std::string_view xml, const stanza_address& to) {
  if (is_ours(to.domain())) return to_accounts(xml, to);
  if (auto* const c = choose(to.domain(), xml)) return send(*c, xml);
  if (is_configured(to.domain())) return keep(to.domain(), xml);
  const auto& fallback = options_.default_component;
  if (fallback.empty() || is_nobodys(to.domain())) return answer(xml, "remote-server-not-found", {});
  if (auto* const c = choose(fallback, xml)) return send(*c, xml);
  keep(fallback, xml);
}

void components::to_accounts(std::string_view xml, const stanza_address& to) {
  if (!options_.to_accounts) return answer(xml, "remote-server-not-found", {});
  auto text = base::take_text();
  text += xml;
  options_.to_accounts(std::move(text), to.bare());
}

/// A component that is slow keeps what it was sent, up to its limit; nobody else waits for it.
void components::send(component_traffic& c, std::string_view xml) {
  const auto limit = options_.outbox_bytes;
  const auto waits = c.peer().waiting_bytes();
  if (limit != 0 && waits != 0 && waits + xml.size() > limit) {
    return answer(xml, "resource-constraint", "too much waits for this component already");
  }
  try {
    c.peer().send_piece(xml);
  } catch (const std::exception& e) {
    base::log::error("a component connection failed on a stanza", {{"what", e.what()}, {"name", c.name()}});
    c.peer().abort(close_reason::internal_error);
  }
}

void components::keep(std::string_view name, std::string_view xml) {
  if (stopping_ || options_.grace.count() == 0 || options_.grace_bytes == 0) {
    return answer(xml, "remote-server-timeout", "the component is not connected");
  }
  const auto entry = find_entry(options_.components, name);
  const waiting_room::receiver whom{name, entry == options_.components.end() ? name : entry->first};
  if (!waiting_.put(whom, xml, board_.own_shard().now() + options_.grace)) {
    return answer(xml, "resource-constraint", "too much waits for components already");
  }
  set_next_deadline();
}

/// To whoever sent it; errors and results are owed nothing, and so an answer never leads to another one.
void components::answer(std::string_view xml, std::string_view condition, std::string_view why) {
  const stanza_head head(xml);
  stanza_address back;
  if (!is_answerable(head) || !back.read(head.from)) return;
  auto error = base::take_text();
  stream::append_stanza_error(error, xml, condition, why);
  route(error, back);
  base::give_text(std::move(error));
}

// ---- the waiting room ---------------------------------------------------------------------------------------------------

void components::set_next_deadline() {
  if (const auto next = waiting_.next_due()) {
    board_.own_shard().wheel().set(*this, *next);
  } else {
    net::deadlines::clear(*this);
  }
}

void components::on_deadline(base::time_point now) {
  for (const auto& xml : waiting_.take_due(now)) {
    answer(xml, "remote-server-timeout", "the component did not come back in time");
  }
  set_next_deadline();
}

void components::stop_waiting() {
  stopping_ = true;
  for (const auto& xml : waiting_.take_all()) answer(xml, "remote-server-timeout", "the server stops");
  set_next_deadline();
}

void components::say_who_is_missing() const {
  const auto say = [this](const std::string& name) {
    if (served_.find(name) != served_.end()) return;
    base::log::info("served domain", {{"name", name},
                                      {"kind", "component"},
                                      {"state", "not connected"},
                                      {"waiting_bytes", static_cast<long long>(waiting_.bytes_for(name))}});
  };
  for (const auto& [name, secret] : options_.components) {
    if (!name.starts_with('*')) say(name);
  }
  for (const auto& name : waiting_.names()) {
    if (options_.components.find(name) == options_.components.end()) say(name);
  }
}

}  // namespace couplet::component
