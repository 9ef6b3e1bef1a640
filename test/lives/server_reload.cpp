#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>

#include "server/server.hpp"

// A whole server in this process, whose configuration can be made impossible to read. It owns the process's signals, so there is one
// test in this program.

namespace couplet::lives {
namespace {

/// What the process says on standard error, while this lives.
class overheard {
 public:
  overheard() : file_(std::tmpfile()), before_(::dup(STDERR_FILENO)) {
    if (file_ == nullptr || before_ < 0) throw std::runtime_error("standard error cannot be read");
    // Lines are appended, wherever they were read last.
    ::dup2(::fileno(file_), STDERR_FILENO);
  }
  ~overheard() {
    ::dup2(before_, STDERR_FILENO);
    ::close(before_);
    std::fclose(file_);
  }
  overheard(const overheard&) = delete;
  overheard& operator=(const overheard&) = delete;

  std::string all() const {
    std::string text(1 << 16, '\0');
    const auto size = ::pread(::fileno(file_), text.data(), text.size(), 0);
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
  }
  std::size_t count(const std::string& what) const {
    const auto text = all();
    std::size_t found = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
    return found;
  }
  /// The log has a thread of its own: asks again and again, for a minute at the most.
  bool says(const std::string& what, std::size_t times) const {
    for (int i = 0; i < 6000 && count(what) < times; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return count(what) == times;
  }

 private:
  std::FILE* file_;
  int before_;
};

/// The port that stands in what the server says when it is ready.
std::uint16_t port_in(int descriptor) {
  std::string text;
  char part[512];
  for (ssize_t n = 0; (n = ::read(descriptor, part, sizeof part)) > 0;) text.append(part, static_cast<std::size_t>(n));
  const std::string mark = "\"port\":";
  const auto at = text.find(mark);
  if (at == std::string::npos) throw std::runtime_error("not ready: " + text);
  return static_cast<std::uint16_t>(std::atoi(text.c_str() + at + mark.size()));
}

/// What a login by jabber:iq:auth is answered.
std::string login(std::uint16_t port, const std::string& password) {
  const int s = ::socket(AF_INET, SOCK_STREAM, 0);
  const timeval patience{60, 0};
  ::setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string text;
  if (::connect(s, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) {
    const std::string said =
        "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='localhost'>"
        "<iq type='set' id='a'><query xmlns='jabber:iq:auth'><username>alice</username><password>" +
        password + "</password><resource>r</resource></query></iq></stream:stream>";
    [[maybe_unused]] const auto sent = ::send(s, said.data(), said.size(), MSG_NOSIGNAL);
    char part[2048];
    for (ssize_t n = 0; (n = ::recv(s, part, sizeof part, 0)) > 0;) text.append(part, static_cast<std::size_t>(n));
  }
  ::close(s);
  if (text.find("not-authorized") != std::string::npos) return "refused";
  return text.find("result") != std::string::npos ? "accepted" : text;
}

config::options with_password(std::string password) {
  config::options o;
  o.client_listeners.emplace_back("127.0.0.1", std::uint16_t{0});
  o.accounts.emplace_back(*base::jid::parse("alice@localhost"), std::move(password));
  o.threads = 2;
  return o;
}

TEST_CASE("lives: where reading the configuration again throws, what runs stays as it is, and the log has one line") {
  server::prepare_process();
  const overheard log;
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  auto options = with_password("first");
  options.ready_fd = ready[1];
  std::atomic<int> times = 0;
  server::server house(std::move(options), [&times]() -> std::optional<config::options> {
    if (++times == 1) throw std::runtime_error("a disk that fails");
    return with_password("second");
  });
  int code = -1;
  std::thread life([&house, &code] { code = house.run(); });
  const auto port = port_in(ready[0]);
  CHECK(login(port, "first") == "accepted");

  ::kill(::getpid(), SIGHUP);
  CHECK(log.says(" error the configuration could not be read again what=\"a disk that fails\"\n", 1));
  CHECK(login(port, "first") == "accepted");
  CHECK(login(port, "second") == "refused");
  CHECK(log.count("the configuration") == 1);
  CHECK(log.count("configuration read again") == 0);

  // It still listens to the signal, and the thread for files is still there.
  ::kill(::getpid(), SIGHUP);
  CHECK(log.says("configuration read again", 1));
  CHECK(login(port, "second") == "accepted");
  CHECK(login(port, "first") == "refused");

  ::kill(::getpid(), SIGTERM);
  life.join();
  ::close(ready[0]);
  CHECK(code == 0);
  CHECK(times == 2);
}

}  // namespace
}  // namespace couplet::lives
