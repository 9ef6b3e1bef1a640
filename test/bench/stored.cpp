#include "stored.hpp"

#include <limits>
#include <memory>
#include <stdexcept>
#include <utility>

#include "session/delay.hpp"
#include "storage/entries.hpp"
#include "storage/store.hpp"

namespace couplet::bench {

namespace {

constexpr std::int64_t stored_at = 1'700'000'000'000;  // milliseconds since 1970

std::unique_ptr<storage::store> open_store(const std::string& folder) {
  storage::store::options o;
  o.folder = folder;
  auto opened = storage::store::open(std::move(o));
  if (!opened) throw std::runtime_error(opened.error_text());
  return std::move(*opened);
}

/// One transaction.
void change(const std::string& folder, storage::store::job what) {
  if (open_store(folder)->write_now(std::move(what)) != storage::outcome::done)
    throw std::runtime_error("the data of the benchmark could not be stored");
}

std::string waiting_message(unsigned number, std::size_t size) {
  std::string xml = "<message from='sender@localhost/bench' to='" + jid_of(0) + "' type='chat' id='m" + std::to_string(number) +
                    "'><body>" + std::to_string(number) + ' ';
  constexpr std::string_view end = "</body></message>";
  if (xml.size() + end.size() < size) xml.append(size - xml.size() - end.size(), 'x');
  xml += end;
  session::append_delay(xml, "localhost", stored_at);
  return xml;
}

}  // namespace

std::string jid_of(unsigned user) {
  return "user" + std::to_string(user) + "@localhost";
}

unsigned contact_in_ring(unsigned user, unsigned number, unsigned users, unsigned contacts) {
  const unsigned behind = contacts / 2;
  return number < behind ? (user + 1 + number) % users : (user + users - 1 - (number - behind)) % users;
}

std::string roster_item_of(unsigned contact) {
  return "<item jid='" + jid_of(contact) + "' subscription='both'/>";
}

void store_rosters(const std::string& folder, unsigned users, unsigned contacts) {
  change(folder, [=](storage::database& db) {
    for (unsigned user = 0; user < users; ++user)
      for (unsigned n = 0; n < contacts; ++n) {
        const unsigned other = contact_in_ring(user, n, users, contacts);
        storage::put_entry(db, jid_of(user), storage::entry_kind::roster_item, jid_of(other), roster_item_of(other));
      }
    return storage::outcome::done;
  });
}

void store_messages(const std::string& folder, unsigned count, std::size_t size) {
  change(folder, [=](storage::database& db) {
    const storage::offline_limits no_limit{count, std::numeric_limits<std::size_t>::max()};
    for (unsigned number = 1; number <= count; ++number)
      if (const auto kept = storage::append_offline(db, jid_of(0), waiting_message(number, size), no_limit);
          kept != storage::outcome::done)
        return kept;
    return storage::outcome::done;
  });
}

std::size_t messages_in(const std::string& folder) {
  std::size_t count = 0;
  const auto look = [&count](storage::database& db) {
    storage::read_offline(db, jid_of(0), 0, std::numeric_limits<std::size_t>::max(), [&count](auto, auto, auto) { ++count; });
    return storage::outcome::done;
  };
  if (open_store(folder)->read_now(look) != storage::outcome::done) throw std::runtime_error("what is left could not be read");
  return count;
}

}  // namespace couplet::bench
