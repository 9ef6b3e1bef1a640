#include "pairs.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string_view>

#include "process.hpp"
#include "sockets.hpp"

namespace couplet::bench {

namespace {

constexpr std::string_view end_tag = "</message>";
constexpr std::size_t front = 16;  ///< room before what is read, for what was kept
constexpr std::uint64_t drain_ns = 10'000'000'000;

/// Counts end tags and says how many bytes at the end may be the beginning of another one.
std::size_t count_messages(const char* begin, const char* end, std::size_t& open) {
  std::size_t found = 0;
  open = 0;
  while (begin != end) {
    begin = static_cast<const char*>(std::memchr(begin, '<', static_cast<std::size_t>(end - begin)));
    if (begin == nullptr) break;
    const std::size_t left = static_cast<std::size_t>(end - begin);
    if (left < end_tag.size()) {
      if (std::memcmp(begin, end_tag.data(), left) == 0) open = left;
      ++begin;
    } else if (std::memcmp(begin, end_tag.data(), end_tag.size()) == 0) {
      ++found;
      begin += end_tag.size();
    } else {
      ++begin;
    }
  }
  return found;
}

}  // namespace

pair_load::pair_load(const std::vector<int>& sockets, const std::vector<std::string>& messages, unsigned in_flight, answer how)
    : sides_(sockets.size()), in_(front + 65536), in_flight_(in_flight), how_(how), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  for (std::size_t n = 0; n < sides_.size(); ++n) {
    sides_[n].fd = sockets[n];
    sides_[n].message = messages[n].size();
    for (unsigned copy = 0; copy < in_flight; ++copy) sides_[n].block += messages[n];
    epoll_event wish{};
    // Edge-triggered: one recv for an event, no second one only to learn that there is no more.
    wish.events = EPOLLIN | EPOLLET;
    wish.data.u32 = static_cast<std::uint32_t>(n);
    epoll_ctl(epoll_, EPOLL_CTL_ADD, sides_[n].fd, &wish);
  }
}

pair_load::~pair_load() {
  close(epoll_);
}

void pair_load::say(side& one, std::uint64_t count) {
  count = std::min(count, may_send_);
  if (count == 0) return;
  send_all(one.fd, one.block.data(), static_cast<std::size_t>(count) * one.message);
  may_send_ -= count;
  under_way_ += count;
}

/// Reads what has come and returns the number of messages that are complete with it.
std::uint64_t pair_load::hear(side& one) {
  std::uint64_t found = 0;
  ssize_t got = 0;
  const std::size_t room = in_.size() - front;
  do {
    got = recv(one.fd, in_.data() + front, room, 0);
    if (got == 0) throw std::runtime_error("a connection was closed while messages were under way");
    if (got < 0 && errno == EAGAIN) return found;
    if (got < 0) throw std::runtime_error("recv: " + std::string(strerror(errno)));
    char* const begin = in_.data() + front - one.kept;
    char* const end = in_.data() + front + got;
    std::memcpy(begin, one.keep.data(), one.kept);
    found += count_messages(begin, end, one.kept);
    std::memcpy(one.keep.data(), end - one.kept, one.kept);
  } while (static_cast<std::size_t>(got) == room);
  return found;
}

std::uint64_t pair_load::take_events(int wait_ms, bool answered) {
  epoll_event events[256];
  const int ready = epoll_wait(epoll_, events, 256, wait_ms);
  std::uint64_t found = 0;
  for (int i = 0; i < ready; ++i) {
    const std::size_t n = events[i].data.u32;
    const std::uint64_t messages = hear(sides_[n]);
    if (messages > under_way_) throw std::runtime_error("more messages arrived than were sent");
    found += messages;
    under_way_ -= messages;
    if (answered) say(sides_[how_ == answer::credit ? n ^ 1U : n], messages);
  }
  return found;
}

pair_result pair_load::run(std::uint64_t max_ns, std::uint64_t max_messages) {
  const std::uint64_t cpu_before = cpu_ns_of(getpid()), begin = now_ns(), stop = begin + max_ns;
  pair_result result;
  const auto note = [&](std::uint64_t now) {
    result.messages = result.all_messages;
    result.seconds = static_cast<double>(now - begin) * 1e-9;
  };
  may_send_ = max_messages;
  under_way_ = 0;
  for (std::size_t n = 0; n < sides_.size(); n += 2) say(sides_[n], in_flight_);
  while (under_way_ > 0) {
    result.all_messages += take_events(1000, true);
    const std::uint64_t now = now_ns();
    if (result.seconds <= 0 && (now >= stop || under_way_ == 0)) {
      note(now);
      may_send_ = 0;
    }
    if (now >= stop + drain_ns) throw std::runtime_error(std::to_string(under_way_) + " messages are missing after ten seconds");
  }
  result.generator_cpu_ns = cpu_ns_of(getpid()) - cpu_before;
  return result;
}

pair_result pair_load::run_at_rate(std::uint64_t max_ns, cadence wanted) {
  const std::uint64_t cpu_before = cpu_ns_of(getpid()), begin = now_ns(), stop = begin + max_ns;
  pair_result result;
  std::uint64_t sent = 0, now = begin;
  std::size_t turn = 0;
  const std::uint64_t between_bursts = std::uint64_t{1'000'000'000} * wanted.burst / wanted.per_second;
  may_send_ = max_ns / between_bursts * wanted.burst;
  under_way_ = 0;
  while (may_send_ > 0 || under_way_ > 0) {
    for (const std::uint64_t due = (now - begin) / between_bursts * wanted.burst; sent < due && may_send_ > 0; ++sent) {
      say(sides_[turn], 1);
      turn = (turn + 2) % sides_.size();
    }
    result.messages += take_events(0, false);
    now = now_ns();
    if (now >= stop + drain_ns) throw std::runtime_error(std::to_string(under_way_) + " messages are missing after ten seconds");
  }
  result.all_messages = result.messages;
  result.seconds = static_cast<double>(now - begin) * 1e-9;
  result.generator_cpu_ns = cpu_ns_of(getpid()) - cpu_before;
  return result;
}

std::string make_message(const std::string& to, std::size_t size, std::size_t body, const std::string& from) {
  const std::string sender = from.empty() ? "" : "' from='" + from;
  const std::string head = "<message to='" + to + sender + "' type='chat' id='m1'><body>", tail = "</body></message>";
  if (size != 0 && size < head.size() + tail.size() + 1) throw std::invalid_argument("no message is that small");
  if (size != 0) body = size - head.size() - tail.size();
  return head + std::string(body, 'x') + tail;
}

}  // namespace couplet::bench
