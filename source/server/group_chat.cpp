#include "group_chat.hpp"

#include <algorithm>
#include <utility>

#include "base/address_parts.hpp"
#include "base/log.hpp"
#include "base/text_pool.hpp"
#include "room_jobs.hpp"
#include "session/manager.hpp"
#include "stream/errors.hpp"
#include "xml/first_tag.hpp"

namespace couplet::server {

namespace {

/// Made for one partition before it takes some of it; a single message may go beyond.
constexpr std::size_t slice_bytes = 1024 * 1024;

std::string_view bare_part(std::string_view address) noexcept {
  return address.substr(0, address.find('/'));
}

}  // namespace

group_chat::group_chat(muc::settings s, hub::switchboard& board, std::size_t queue_bytes, const std::vector<std::string>& domains,
                       const std::vector<std::unique_ptr<embedded_manager>>& managers, storage::store* store)
    : board_(board),
      domains_(domains),
      managers_(managers),
      store_(store),
      service_(std::move(s)),
      inbox_(board.own_shard(), queue_bytes, board.pressure()) {
  board.also_drain([this] { return drain(); });
}

bool group_chat::add_stored_room(storage::room&& r) {
  auto read = from_storage(std::move(r));
  return read && service_.add_stored_room(std::move(*read));
}

void group_chat::take(std::string&& xml) {
  const auto bytes = sizeof xml + xml.size();
  inbox_.push(std::move(xml), bytes);
}

void group_chat::on_stanza(std::string&& xml) {
  std::string scratch;
  const auto to = base::jid::parse(xml::decode_attribute(xml::find_attribute(xml, "to"), scratch));
  if (to && serves(to->domain())) return take(std::move(xml));
  if (stream::is_owed_an_error(xml)) {
    auto error = base::take_text();
    stream::append_stanza_error(error, xml, to ? "remote-server-not-found" : "jid-malformed");
    route(std::move(error));
  }
  base::give_text(std::move(xml));
}

bool group_chat::may_go_on() const noexcept {
  return std::all_of(managers_.begin(), managers_.end(), [](const auto& m) { return m->waiting_bytes() < slice_bytes; });
}

bool group_chat::drain() {
  const auto work = [this](std::string&& xml) {
    effects_.clear();
    try {
      service_.on_stanza(std::move(xml), std::chrono::system_clock::now(), effects_);
    } catch (const std::exception& e) {
      base::log::error("group chat failed on a stanza", {{"what", e.what()}});
    }
    apply(effects_);
  };
  const auto count = inbox_.drain(work, [this] { return may_go_on(); });
  if (inbox_.bytes() == 0 || may_go_on()) return count != 0;
  // Said first, then looked at again: a partition that was relieved in between would not wake us.
  waits_.store(true);
  return may_go_on();
}

void group_chat::on_relief() {
  if (waits_.load() && may_go_on() && waits_.exchange(false)) board_.own_shard().request_turn_from_anywhere();
}

void group_chat::on_account_removed(const std::string& bare_jid) {
  board_.own_shard().post([this, bare_jid] {
    muc::effects made;
    service_.on_account_removed(bare_jid, made);
    apply(made);
  });
}

void group_chat::say_goodbye() {
  muc::effects made;
  service_.shut_down(made);
  apply(made);
}

/// What waits is of those who are there no more.
void group_chat::reset() {
  inbox_.drain([](std::string&& xml) { base::give_text(std::move(xml)); });
  effects_.clear();
  service_.destroy_all(std::chrono::system_clock::now(), effects_);
  apply(effects_);
}

void group_chat::apply(muc::effects& made) {
  for (auto& xml : made.stanzas) route(std::move(xml));
  for (auto& q : made.to_storage) keep(std::move(q));
}

/// What it writes itself has prepared addresses; what it answers may have others, which the way of components knows how to read.
void group_chat::route(std::string&& xml) {
  std::string scratch;
  const auto to = xml::decode_attribute(xml::find_attribute(xml, "to"), scratch);
  const auto domain = base::domain_part(to);
  if (std::find(domains_.begin(), domains_.end(), domain) != domains_.end()) {
    const auto place = session::partition_of(bare_part(to), static_cast<std::uint32_t>(managers_.size()));
    return managers_[place]->deliver(std::move(xml));
  }
  if (serves(domain)) return take(std::move(xml));
  board_.to_others(std::move(xml));
}

/// The answer comes on a thread of the store.
void group_chat::keep(muc::storage_request&& q) {
  const auto number = q.number;
  const auto what = q.what;
  auto r = std::make_shared<const storage::room>(to_storage(std::move(q.room)));
  std::size_t bytes = r->configuration.size() + r->subject.size();
  for (const auto& a : r->affiliations) bytes += sizeof a + a.jid.size() + a.nick.size();
  auto& own = board_.own_shard();
  const auto tell = [this, number, &own](storage::outcome o) { own.post([this, number, o] { on_stored(number, o); }); };
  const bool taken =
      store_ != nullptr && store_->write([r, what](storage::database& db) { return perform(db, what, *r); }, tell, bytes);
  if (!taken) tell(storage::outcome::busy);
}

void group_chat::on_stored(std::uint64_t number, storage::outcome what) {
  if (what != storage::outcome::done) base::log::error("a change of a room could not be stored", {});
  if (number == 0) return;
  muc::effects made;
  service_.on_stored(number, told_to_rooms(what), std::chrono::system_clock::now(), made);
  apply(made);
}

}  // namespace couplet::server
