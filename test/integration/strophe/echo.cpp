// A client made of libstrophe: logs in, says so on stdout, and sends each message back to whoever it came from until one says "quit".
// Arguments: starttls|direct|legacy PORT JID; COUPLET_TEST_PASSWORD has the password. What the library sends and receives goes to stderr.
// legacy: jabber:iq:auth, under STARTTLS. Exit code 0: said goodbye; 1: did not get in, or was dropped.

#include <strophe.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

struct world {
  xmpp_ctx_t* context = nullptr;
  bool said_goodbye = false;
};

int on_message(xmpp_conn_t* connection, xmpp_stanza_t* message, void* data) {
  auto& w = *static_cast<world*>(data);
  const char* const type = xmpp_stanza_get_type(message);
  char* const body = xmpp_message_get_body(message);
  if (body == nullptr || (type != nullptr && std::strcmp(type, "error") == 0)) return 1;
  const std::string text = body;
  xmpp_free(w.context, body);
  xmpp_stanza_t* const reply = xmpp_stanza_reply(message);
  xmpp_stanza_set_type(reply, "chat");
  xmpp_message_set_body(reply, ("echo: " + text).c_str());
  xmpp_send(connection, reply);
  xmpp_stanza_release(reply);
  if (text == "quit") {
    w.said_goodbye = true;
    xmpp_disconnect(connection);
  }
  return 1;
}

void on_connection(xmpp_conn_t* connection, xmpp_conn_event_t event, int /*error*/, xmpp_stream_error_t* /*stream_error*/,
                   void* data) {
  auto& w = *static_cast<world*>(data);
  if (event != XMPP_CONN_CONNECT) return xmpp_stop(w.context);
  xmpp_handler_add(connection, on_message, nullptr, "message", nullptr, data);
  xmpp_stanza_t* const presence = xmpp_presence_new(w.context);
  xmpp_send(connection, presence);
  xmpp_stanza_release(presence);
  std::printf("online as %s, %s\n", xmpp_conn_get_bound_jid(connection),
              xmpp_conn_is_secured(connection) != 0 ? "secured" : "in the clear");
  std::fflush(stdout);
}

long flags_of(const std::string& way) {
  long flags = XMPP_CONN_FLAG_TRUST_TLS;  // the server has signed its certificate itself
  if (way == "direct") flags |= XMPP_CONN_FLAG_LEGACY_SSL;
  if (way != "direct") flags |= XMPP_CONN_FLAG_MANDATORY_TLS;
  if (way == "legacy") flags |= XMPP_CONN_FLAG_LEGACY_AUTH;
  return flags;
}

}  // namespace

int main(int count, char** words) {
  const char* const password = std::getenv("COUPLET_TEST_PASSWORD");
  if (count != 4 || password == nullptr) return 2;
  world w;
  xmpp_initialize();
  w.context = xmpp_ctx_new(nullptr, xmpp_get_default_logger(XMPP_LEVEL_DEBUG));
  xmpp_conn_t* const connection = xmpp_conn_new(w.context);
  xmpp_conn_set_flags(connection, flags_of(words[1]));
  xmpp_conn_set_jid(connection, words[3]);
  xmpp_conn_set_pass(connection, password);
  const auto port = static_cast<unsigned short>(std::strtoul(words[2], nullptr, 10));
  if (xmpp_connect_client(connection, "127.0.0.1", port, on_connection, &w) == XMPP_EOK) xmpp_run(w.context);
  xmpp_conn_release(connection);
  xmpp_ctx_free(w.context);
  xmpp_shutdown();
  return w.said_goodbye ? 0 : 1;
}
