#include "bursts.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string_view>

#include "pairs.hpp"

namespace couplet::bench {

namespace {

constexpr std::string_view end_tag = "</message>";
constexpr std::size_t record_head = 5;
constexpr std::uint64_t time_limit_ns = 10'000'000'000;
/// For each pair: somewhat more than decrypting a message and encrypting one takes the generator.
constexpr std::uint64_t pause_ns = 15'000;

bool is_whole_record(std::string_view bytes) {
  if (bytes.size() < record_head) return false;
  const auto byte = [&](std::size_t n) { return std::size_t{static_cast<unsigned char>(bytes[n])}; };
  return bytes.size() >= record_head + (byte(3) << 8U | byte(4));
}

}  // namespace

burst_load::burst_load(const stand& server, std::size_t first, std::size_t pairs, std::size_t size, bool tls) : pairs_(pairs) {
  if (!tls) {
    clients_ = login_crowd(server.where(), 8).log_in(first, 2 * pairs, true);
    for (std::size_t n = 0; n < pairs; ++n) {
      pairs_[n].from = clients_[2 * n].fd;
      pairs_[n].to = clients_[2 * n + 1].fd;
      pairs_[n].message = make_message(clients_[2 * n + 1].jid, size, 0);
    }
    return;
  }
  tls_crowd crowd(server.where(), 1);
  for (std::size_t n = 0; n < pairs; ++n) {
    auto& one = pairs_[n];
    std::string jid;
    one.sender = crowd.log_in_one(first + 2 * n, true, jid);
    one.receiver = crowd.log_in_one(first + 2 * n + 1, true, jid);
    one.from = one.sender->use_memory();
    one.to = one.receiver->use_memory();
    one.message = make_message(jid, size, 0);
  }
}

burst_load::~burst_load() {
  close_all(clients_);
}

void burst_load::run(std::size_t bursts) {
  for (std::size_t n = 0; n < bursts; ++n) burst();
}

void burst_load::burst() {
  for (auto& one : pairs_) {
    one.sent = one.sender ? one.sender->encrypt(one.message) : one.message;
    one.received.clear();
  }
  while (now_ns() < quiet_until_) {
  }
  for (const auto& one : pairs_) send_all(one.from, one.sent);
  const std::uint64_t give_up = now_ns() + time_limit_ns;
  for (auto& one : pairs_)
    while (!hear(one))
      if (now_ns() >= give_up) throw std::runtime_error("a message is missing after ten seconds");
  quiet_until_ = now_ns() + pause_ns * pairs_.size();
  for (auto& one : pairs_) {
    if (!one.receiver) continue;
    const auto plain = one.receiver->decrypt(one.received);
    if (!plain.ends_with(end_tag)) throw std::runtime_error("a record is not a message: " + plain);
  }
}

/// Looks what is there, without sleeping: to wake us would be the server's work. True: the message has arrived.
bool burst_load::hear(pair& one) {
  char room[16'384];
  const ssize_t got = recv(one.to, room, sizeof room, 0);
  if (got == 0 || (got < 0 && errno != EAGAIN)) throw std::runtime_error("a connection was closed while messages were under way");
  if (got > 0) one.received.append(room, static_cast<std::size_t>(got));
  return one.receiver ? is_whole_record(one.received) : one.received.ends_with(end_tag);
}

}  // namespace couplet::bench
