// Messages that wait for one client, who comes back: how much the server's resident memory grows at most while it gives them out, and its CPU
// time for each. The client reads as fast as it can, then slowly (16 KiB, a millisecond of sleep). Each message has to come once, in order,
// and none may be left: anything else is an error, and so is growth beyond --most-growth.

#include <poll.h>
#include <sys/socket.h>

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "args.hpp"
#include "login.hpp"
#include "report.hpp"
#include "stand.hpp"
#include "stored.hpp"

namespace {

using namespace couplet::bench;

constexpr std::uint64_t time_limit_ns = 300'000'000'000;

struct plan {
  unsigned messages = 100'000, size = 300, most_growth = 8'192;  ///< in KiB: SQLite's caches, a page, and what the queue may have
};

/// The client: answers what it is asked, and looks at what comes.
class returning_client {
 public:
  explicit returning_client(int fd) : fd_(fd) {}

  /// Until `messages` are there, and the server has answered what was asked behind them.
  void read_all(unsigned messages, bool slowly) {
    send_all(fd_, "<presence/>");
    const std::uint64_t give_up = now_ns() + time_limit_ns;
    while (!ended_) {
      if (now_ns() >= give_up) throw std::runtime_error("no end after " + std::to_string(last_) + " messages");
      read_some(slowly ? 16'384 : in_.size());
      if (slowly) poll(nullptr, 0, 1);
      if (last_ >= messages && !asked_ && is_answered_) ask_for_the_end();
    }
    if (last_ != messages) throw std::runtime_error("more messages came than there were");
  }
  [[nodiscard]] unsigned pages() const noexcept { return pages_; }

 private:
  void read_some(std::size_t most) {
    pollfd wish{fd_, POLLIN, 0};
    if (poll(&wish, 1, 10'000) != 1) throw std::runtime_error("nothing came after message " + std::to_string(last_));
    const ssize_t got = recv(fd_, in_.data(), std::min(most, in_.size()), 0);
    if (got <= 0) throw std::runtime_error("the server has closed after message " + std::to_string(last_));
    text_.append(in_.data(), static_cast<std::size_t>(got));
    std::string_view rest = text_;
    while (take_element(rest)) continue;
    text_.erase(0, text_.size() - rest.size());
  }

  /// False: the next one is not there as a whole.
  bool take_element(std::string_view& rest) {
    const std::size_t tag_end = rest.find('>');
    if (tag_end == std::string_view::npos) return false;
    std::size_t end = tag_end + 1;
    if (rest[tag_end - 1] != '/') {
      const std::string_view name = rest.substr(1, rest.find_first_of(" >") - 1);
      const std::string close = "</" + std::string(name) + ">";
      end = rest.find(close, tag_end);
      if (end == std::string_view::npos) return false;
      end += close.size();
    }
    on_element(rest.substr(0, end));
    rest.remove_prefix(end);
    return true;
  }

  void on_element(std::string_view xml) {
    if (xml.starts_with("<message")) return on_message(xml);
    if (xml.starts_with("<stream:error")) throw std::runtime_error(std::string(xml));
    if (!xml.starts_with("<iq")) return;
    const std::size_t id = xml.find(" id='") + 5;
    const std::string name(xml.substr(id, xml.find('\'', id) - id));
    if (name == "end") ended_ = true;
    if (xml.find("urn:xmpp:ping") == std::string_view::npos) return;
    ++pages_;
    is_answered_ = true;
    send_all(fd_, "<iq type='result' id='" + name + "' to='localhost'/>");
  }

  void on_message(std::string_view xml) {
    const std::size_t at = xml.find("<body>");
    unsigned number = 0;
    if (at != std::string_view::npos) std::from_chars(xml.data() + at + 6, xml.data() + xml.size(), number);
    if (number != last_ + 1)
      throw std::runtime_error("message " + std::to_string(number) + " came after message " + std::to_string(last_));
    last_ = number;
    is_answered_ = false;
  }

  void ask_for_the_end() {
    asked_ = true;
    send_all(fd_, "<iq type='get' id='end' to='localhost'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>");
  }

  int fd_;
  std::string in_ = std::string(262'144, '\0'), text_;
  unsigned last_ = 0, pages_ = 0;
  bool ended_ = false, asked_ = false, is_answered_ = true;
};

void measure(stand_options how, const plan& what, bool slowly) {
  const scratch_folder folder;
  const std::string data = folder.file("data"), name = slowly ? "offline.slow" : "offline.fast";
  store_messages(data, what.messages, what.size);
  how.users = 1;
  how.data = false;  // in a folder of ours
  how.arguments = {"--data", data, "--max-offline-messages", std::to_string(what.messages), "--max-offline-bytes", "0"};
  double growth = 0;
  {
    stand server(how, role::one);
    auto crowd = login_crowd(server.where(), 1).log_in(0, 1, false);
    const auto& process = *server.processes().front();
    const memory before = process.memory_settled();
    process.forget_peak();
    const std::uint64_t cpu = server.cpu_ns(), begin = now_ns();
    returning_client reader(crowd.front().fd);
    reader.read_all(what.messages, slowly);
    const std::uint64_t spent = server.cpu_ns() - cpu, took = now_ns() - begin;
    growth = (static_cast<double>(process.peak_resident()) - static_cast<double>(before.resident)) / 1024;
    figure(name + ".growth", growth, "KiB");
    figure(name + ".cpu", static_cast<double>(spent) / 1000 / what.messages, "us/message");
    figure(name + ".time", static_cast<double>(took) * 1e-9, "s");
    figure(name + ".pages", reader.pages(), "pages");
    close_all(crowd);
    server.stop();
  }
  if (const auto left = messages_in(data); left != 0) throw std::runtime_error(std::to_string(left) + " messages are left");
  if (growth > what.most_growth) throw std::runtime_error("the server has grown by more than it may");
}

void body(args given) {
  plan what;
  what.messages = given.number("--messages", what.messages, 1, 10'000'000);
  what.size = given.number("--size", what.size, 150, 200'000);
  what.most_growth = given.number("--most-growth", what.most_growth, 1, 10'000'000);
  const bool only_fast = given.flag("--only-fast");
  const stand_options how = stand_options::from(given);
  given.finish();
  pin_to_core(1);
  for (const bool slowly : {false, true})
    if (!slowly || !only_fast) measure(how, what, slowly);
}

}  // namespace

int main(int argc, char** argv) {
  return run_main("bench_offline", [&] { body(args(argc, argv)); });
}
