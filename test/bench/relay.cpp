// The yardstick of bench_pairs: forwards bytes between the two sockets of each pair and does nothing else. One thread,
// epoll, level-triggered, one read and one write for an event: what any server has to do at least.
// Usage: relay READY_FILE. Connections are paired in the order they come: the first with the second, and so on.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include "sockets.hpp"

namespace {

volatile std::sig_atomic_t stop_wanted = 0;

void on_signal(int) {
  stop_wanted = 1;
}

class relay {
 public:
  explicit relay(int listener) : listener_(listener), epoll_(epoll_create1(EPOLL_CLOEXEC)), in_(65536) {
    watch(EPOLL_CTL_ADD, listener_, EPOLLIN);
  }

  void run() {
    epoll_event events[256];
    while (stop_wanted == 0) {
      const int ready = epoll_wait(epoll_, events, 256, -1);
      for (int i = 0; i < ready; ++i) {
        const int fd = events[i].data.fd;
        if (fd == listener_) {
          accept_one();
        } else if ((events[i].events & EPOLLOUT) != 0) {
          flush(fd);
        } else {
          forward(fd);
        }
      }
    }
  }

 private:
  struct end {
    int partner = -1;
    std::string pending;  ///< what this socket has not taken yet; its partner is not read meanwhile
  };

  void watch(int operation, int fd, std::uint32_t what) const {
    epoll_event wish{};
    wish.events = what;
    wish.data.fd = fd;
    epoll_ctl(epoll_, operation, fd, &wish);
  }

  void accept_one() {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (ends_.size() <= static_cast<std::size_t>(fd)) ends_.resize(static_cast<std::size_t>(fd) + 1);
    ends_[static_cast<std::size_t>(fd)].partner = waiting_;
    if (waiting_ >= 0) ends_[static_cast<std::size_t>(waiting_)].partner = fd;
    waiting_ = waiting_ >= 0 ? -1 : fd;
    watch(EPOLL_CTL_ADD, fd, EPOLLIN);
  }

  void forward(int fd) {
    const int partner = ends_[static_cast<std::size_t>(fd)].partner;
    const ssize_t got = recv(fd, in_.data(), in_.size(), 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0 || partner < 0) return close_pair(fd, partner);
    ssize_t sent = send(partner, in_.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL);
    if (sent == got) return;
    if (sent < 0 && errno != EAGAIN) return close_pair(fd, partner);
    if (sent < 0) sent = 0;
    ends_[static_cast<std::size_t>(partner)].pending.assign(in_.data() + sent, static_cast<std::size_t>(got - sent));
    watch(EPOLL_CTL_MOD, fd, 0);
    watch(EPOLL_CTL_MOD, partner, EPOLLOUT);
  }

  void flush(int fd) {
    end& one = ends_[static_cast<std::size_t>(fd)];
    const ssize_t sent = send(fd, one.pending.data(), one.pending.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) return;
    if (sent < 0) return close_pair(fd, one.partner);
    one.pending.erase(0, static_cast<std::size_t>(sent));
    if (!one.pending.empty()) return;
    watch(EPOLL_CTL_MOD, fd, EPOLLIN);
    watch(EPOLL_CTL_MOD, one.partner, EPOLLIN);
  }

  void close_pair(int fd, int partner) {
    if (waiting_ == fd) waiting_ = -1;
    for (const int one : {fd, partner}) {
      if (one < 0) continue;
      ends_[static_cast<std::size_t>(one)] = end();
      close(one);
    }
  }

  int listener_;
  int epoll_;
  int waiting_ = -1;
  std::vector<char> in_;
  std::vector<end> ends_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGTERM, &action, nullptr);
  couplet::bench::raise_open_files(64);
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener, reinterpret_cast<const sockaddr*>(&address), size) != 0 || listen(listener, 1024) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return 1;
  const std::string making = std::string(argv[1]) + ".new";
  std::FILE* const ready = std::fopen(making.c_str(), "w");
  if (ready == nullptr) return 1;
  std::fprintf(ready, "{\"pid\":%d,\"listeners\":[{\"kind\":\"client\",\"address\":\"127.0.0.1\",\"port\":%d}]}\n", getpid(),
               ntohs(address.sin_port));
  std::fclose(ready);
  if (std::rename(making.c_str(), argv[1]) != 0) return 1;
  relay(listener).run();
  return 0;
}
