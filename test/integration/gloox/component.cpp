// A component made of gloox: connects, says so on stdout, and sends each message back to whoever it came from until one says "quit".
// Arguments: PORT NAME; COUPLET_TEST_PASSWORD has the secret. Exit code 0: said goodbye; 1: did not get in, or was dropped.

#include <gloox/component.h>
#include <gloox/connectionlistener.h>
#include <gloox/message.h>
#include <gloox/messagehandler.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

namespace {

class echo final : public gloox::ConnectionListener, public gloox::MessageHandler {
 public:
  echo(const char* name, const char* secret, int port) : component_("jabber:component:accept", "127.0.0.1", name, secret, port) {
    component_.registerConnectionListener(this);
    component_.registerMessageHandler(this);
  }

  /// Whether it said goodbye itself.
  bool run() {
    component_.connect(true);
    return said_goodbye_;
  }

  void onConnect() override {
    std::printf("connected\n");
    std::fflush(stdout);
  }
  void onDisconnect(gloox::ConnectionError e) override {
    std::printf("disconnected %d\n", static_cast<int>(e));
    std::fflush(stdout);
  }
  bool onTLSConnect(const gloox::CertInfo&) override { return true; }

  void handleMessage(const gloox::Message& m, gloox::MessageSession*) override {
    if (m.subtype() == gloox::Message::Error || m.body().empty()) return;
    gloox::Message reply(gloox::Message::Chat, m.from(), "echo: " + m.body());
    reply.setFrom(m.to());
    component_.send(reply);
    if (m.body() != "quit") return;
    said_goodbye_ = true;
    component_.disconnect();
  }

 private:
  gloox::Component component_;
  bool said_goodbye_ = false;
};

}  // namespace

int main(int count, char** words) {
  const char* const secret = std::getenv("COUPLET_TEST_PASSWORD");
  if (count != 3 || secret == nullptr) return 2;
  echo one(words[2], secret, std::atoi(words[1]));
  return one.run() ? 0 : 1;
}
