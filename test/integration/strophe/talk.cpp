// A client made of libstrophe that a test leads: each line of stdin is a stanza to send, each stanza that comes is a line of stdout. First it says
// "online as JID", at the end of its stream "ended: " and the stream error; it leaves at the end of stdin. Arguments: PORT JID;
// COUPLET_TEST_PASSWORD has the password.

#include <fcntl.h>
#include <strophe.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

struct world {
  xmpp_ctx_t* context = nullptr;
  xmpp_conn_t* connection = nullptr;
  bool is_online = false;
  bool has_ended = false;
  std::string input;
};

void say(const char* before, const char* text) {
  std::printf("%s%s\n", before, text);
  std::fflush(stdout);
}

void say_stanza(world& w, const char* before, xmpp_stanza_t* stanza) {
  char* text = nullptr;
  std::size_t size = 0;
  if (xmpp_stanza_to_text(stanza, &text, &size) != XMPP_EOK) return;
  say(before, text);
  xmpp_free(w.context, text);
}

int on_stanza(xmpp_conn_t* /*connection*/, xmpp_stanza_t* stanza, void* data) {
  say_stanza(*static_cast<world*>(data), "", stanza);
  return 1;
}

void on_connection(xmpp_conn_t* connection, xmpp_conn_event_t event, int /*error*/, xmpp_stream_error_t* stream_error,
                   void* data) {
  auto& w = *static_cast<world*>(data);
  if (event == XMPP_CONN_CONNECT) {
    w.is_online = true;
    xmpp_handler_add(connection, on_stanza, nullptr, nullptr, nullptr, data);
    return say("online as ", xmpp_conn_get_bound_jid(connection));
  }
  w.has_ended = true;
  if (stream_error != nullptr && stream_error->stanza != nullptr) return say_stanza(w, "ended: ", stream_error->stanza);
  say("ended: ", "");
}

void send_line(world& w, const std::string& line) {
  xmpp_stanza_t* const stanza = xmpp_stanza_new_from_string(w.context, line.c_str());
  if (stanza == nullptr) return say("not XML: ", line.c_str());
  xmpp_send(w.connection, stanza);
  xmpp_stanza_release(stanza);
}

/// Sends the whole lines that have come. False: there will be no more.
bool send_lines(world& w) {
  std::array<char, 4'096> part{};
  const auto got = read(STDIN_FILENO, part.data(), part.size());
  if (got > 0) w.input.append(part.data(), static_cast<std::size_t>(got));
  for (auto end = w.input.find('\n'); end != std::string::npos; end = w.input.find('\n')) {
    send_line(w, w.input.substr(0, end));
    w.input.erase(0, end + 1);
  }
  return got != 0;
}

}  // namespace

int main(int count, char** words) {
  const char* const password = std::getenv("COUPLET_TEST_PASSWORD");
  if (count != 3 || password == nullptr) return 2;
  world w;
  xmpp_initialize();
  w.context = xmpp_ctx_new(nullptr, xmpp_get_default_logger(XMPP_LEVEL_ERROR));
  w.connection = xmpp_conn_new(w.context);
  xmpp_conn_set_flags(w.connection, XMPP_CONN_FLAG_TRUST_TLS | XMPP_CONN_FLAG_MANDATORY_TLS);
  xmpp_conn_set_jid(w.connection, words[2]);
  xmpp_conn_set_pass(w.connection, password);
  const auto port = static_cast<unsigned short>(std::strtoul(words[1], nullptr, 10));
  fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
  bool is_leaving = xmpp_connect_client(w.connection, "127.0.0.1", port, on_connection, &w) != XMPP_EOK;
  w.has_ended = is_leaving;
  while (!w.has_ended) {
    xmpp_run_once(w.context, 5);
    if (is_leaving || !w.is_online || w.has_ended || send_lines(w)) continue;
    xmpp_disconnect(w.connection);
    is_leaving = true;
  }
  xmpp_conn_release(w.connection);
  xmpp_ctx_free(w.context);
  xmpp_shutdown();
  return 0;
}
