// A component made of gloox. Arguments: PORT NAME [talk]; COUPLET_TEST_PASSWORD has the secret. It says on stdout when it is let in.
// Without `talk` it sends each message back to whoever it came from until one says "quit". With it, it says `got FROM TEXT` for each message,
// sends what lines `TO TEXT` on stdin tell it to, and leaves at the line `bye`. At its end it says `ended`, and the stream error if there was
// one. Exit code 0: said goodbye; 1: did not get in, or was dropped.

#include <gloox/component.h>
#include <gloox/connectionlistener.h>
#include <gloox/message.h>
#include <gloox/messagehandler.h>
#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

class bot final : public gloox::ConnectionListener, public gloox::MessageHandler {
 public:
  bot(const char* name, const char* secret, int port, bool echoes)
      : component_("jabber:component:accept", "127.0.0.1", name, secret, port), name_(name), echoes_(echoes) {
    component_.registerConnectionListener(this);
    component_.registerMessageHandler(this);
  }

  /// Whether it said goodbye itself.
  bool run() {
    if (echoes_) {
      component_.connect(true);
    } else if (component_.connect(false)) {
      while (component_.recv(10'000) == gloox::ConnNoError)  // microseconds
        if (connected_) look_for_words();
    }
    return said_goodbye_;
  }

  void onConnect() override {
    connected_ = true;
    say("connected");
  }
  void onDisconnect(gloox::ConnectionError e) override {
    const bool conflict = e == gloox::ConnStreamError && component_.streamError() == gloox::StreamErrorConflict;
    say(conflict ? "ended conflict" : "ended " + std::to_string(static_cast<int>(e)));
  }
  bool onTLSConnect(const gloox::CertInfo&) override { return true; }

  void handleMessage(const gloox::Message& m, gloox::MessageSession*) override {
    if (m.subtype() == gloox::Message::Error || m.body().empty()) return;
    if (!echoes_) return say("got " + m.from().full() + ' ' + m.body());
    send(m.from(), m.to(), "echo: " + m.body());
    if (m.body() == "quit") leave();
  }

 private:
  static void say(const std::string& line) {
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
  }

  void send(const gloox::JID& to, const gloox::JID& from, const std::string& text) {
    gloox::Message m(gloox::Message::Chat, to, text);
    m.setFrom(from);
    component_.send(m);
  }

  void leave() {
    said_goodbye_ = true;
    component_.disconnect();
  }

  void look_for_words() {
    pollfd in{STDIN_FILENO, POLLIN, 0};
    if (poll(&in, 1, 0) <= 0) return;
    char part[4096];
    const auto size = read(STDIN_FILENO, part, sizeof part);
    if (size <= 0) return leave();
    words_.append(part, static_cast<std::size_t>(size));
    for (auto end = words_.find('\n'); end != std::string::npos; end = words_.find('\n')) {
      const auto line = words_.substr(0, end);
      words_.erase(0, end + 1);
      if (line == "bye") return leave();
      const auto blank = line.find(' ');
      if (blank != std::string::npos) send(gloox::JID(line.substr(0, blank)), gloox::JID(name_), line.substr(blank + 1));
    }
  }

  gloox::Component component_;
  std::string name_;
  std::string words_;  ///< of stdin: what is not a whole line yet
  bool echoes_;
  bool connected_ = false;
  bool said_goodbye_ = false;
};

}  // namespace

int main(int count, char** words) {
  const char* const secret = std::getenv("COUPLET_TEST_PASSWORD");
  const bool talks = count == 4 && std::string_view(words[3]) == "talk";
  if ((count != 3 && !talks) || secret == nullptr) return 2;
  bot one(words[2], secret, std::atoi(words[1]), !talks);
  return one.run() ? 0 : 1;
}
