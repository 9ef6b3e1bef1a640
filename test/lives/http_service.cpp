#include "http_service.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <stdexcept>
#include <utility>

namespace couplet::lives {

namespace {

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

/// Takes one whole request out of what has been read.
std::optional<std::string> take_request(std::string& read) {
  const auto head = read.find("\r\n\r\n");
  if (head == std::string::npos) return std::nullopt;
  constexpr std::string_view length = "Content-Length: ";
  const auto at = read.find(length);
  const auto body = at < head ? std::stoul(read.substr(at + length.size())) : 0;
  const auto size = head + 4 + body;
  if (read.size() < size) return std::nullopt;
  auto request = read.substr(0, size);
  read.erase(0, size);
  return request;
}

}  // namespace

std::string http_answer(std::string_view status, std::string_view body, std::string_view headers) {
  return "HTTP/1.1 " + std::string(status) + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(headers) + "\r\n" + std::string(body);
}

http_service::http_service(behaviour b) : behaviour_(std::move(b)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof here;
  auto* address = reinterpret_cast<sockaddr*>(&here);
  if (::bind(listener_, address, size) != 0 || ::listen(listener_, 64) != 0 || ::getsockname(listener_, address, &size) != 0)
    throw std::runtime_error("no service");
  port_ = ntohs(here.sin_port);
  acceptor_ = std::thread([this] { accept_loop(); });
}

http_service::~http_service() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int s : sockets_) ::shutdown(s, SHUT_RDWR);
  }
  for (auto& t : threads_) t.join();
  for (const int s : sockets_) ::close(s);
  ::close(listener_);
}

void http_service::accept_loop() {
  while (true) {
    const int s = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (s < 0) return;
    const std::lock_guard lock(mutex_);
    sockets_.push_back(s);
    threads_.emplace_back([this, s] { serve(s); });
  }
}

void http_service::serve(int socket) {
  std::string read;
  std::array<char, 4096> part{};
  while (true) {
    const auto n = ::recv(socket, part.data(), part.size(), 0);
    if (n <= 0) return;
    read.append(part.data(), static_cast<std::size_t>(n));
    while (auto request = take_request(read)) {
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(*request);
      }
      const auto a = behaviour_(*request);
      if (a.silent) continue;
      if (!send_all(socket, a.bytes)) return;
      while (!a.for_ever.empty() && send_all(socket, a.for_ever)) {
      }
      if (a.close) {
        ::shutdown(socket, SHUT_RDWR);
        return;
      }
    }
  }
}

std::vector<std::string> http_service::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::size_t http_service::connections() const {
  const std::lock_guard lock(mutex_);
  return sockets_.size();
}

}  // namespace couplet::lives
