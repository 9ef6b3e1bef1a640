#include "../../../source/tls/tickets.hpp"

#include <doctest/doctest.h>

#include "peer.hpp"

using namespace couplet::tls;
using namespace couplet::tls::test;
using status = engine::status;

namespace {

/// A client's session, freed at the end.
class kept_session {
 public:
  explicit kept_session(WOLFSSL_SESSION* s) : session_(s) { REQUIRE(s != nullptr); }
  ~kept_session() { wolfSSL_SESSION_free(session_); }
  kept_session(const kept_session&) = delete;
  kept_session& operator=(const kept_session&) = delete;
  WOLFSSL_SESSION* get() const noexcept { return session_; }

 private:
  WOLFSSL_SESSION* session_;
};

struct login {
  bool resumed;
  facts known;
  std::string exporter, first_finished;
  std::unique_ptr<kept_session> session;
};

/// Connects, reads what comes behind the handshake (the ticket), and keeps the session.
login connect(const std::shared_ptr<const contexts>& shared, client_options options, const kept_session* session = nullptr) {
  options.session = session != nullptr ? session->get() : nullptr;
  client c(options);
  engine server(shared, false);
  REQUIRE(run(c, server).client_done);
  REQUIRE(server.state() == status::open);
  std::string out;
  CHECK(server.encrypt("x", out));
  c.take(out);
  CHECK(c.receive() == "x");
  login all{wolfSSL_session_reused(c.get()) != 0, *server.known(), c.exporter(), c.first_finished(server.known()->resumed),
            nullptr};
  all.session = std::make_unique<kept_session>(c.session());
  CHECK(all.resumed == all.known.resumed);
  return all;
}

std::shared_ptr<const contexts> with_tickets(std::shared_ptr<ticket_keys> keys, const std::string& domain = "example.net") {
  return contexts_for({domain}, [&](context_options& options) { options.tickets = std::move(keys); });
}

client_options for_version(int version, const std::string& name = "example.net") {
  client_options options;
  options.version = version;
  options.server_name = name;
  return options;
}

}  // namespace

TEST_CASE("a session is resumed, also after a reload with another certificate") {
  for (const int version : {WOLFSSL_TLSV1_2, WOLFSSL_TLSV1_3}) {
    CAPTURE(version);
    const auto keys = std::make_shared<ticket_keys>(now());
    const auto before = with_tickets(keys);
    const auto first = connect(before, for_version(version));
    CHECK_FALSE(first.resumed);
    const auto second = connect(before, for_version(version), first.session.get());
    CHECK(second.resumed);
    CHECK(second.known.tls_exporter == second.exporter);
    CHECK(second.known.tls_exporter != first.known.tls_exporter);
    if (version == WOLFSSL_TLSV1_2) CHECK(second.known.tls_unique == second.first_finished);

    const auto after = with_tickets(keys);
    const auto third = connect(after, for_version(version), second.session.get());
    CHECK(third.resumed);
    // The client still has the old certificate in mind: that is what it binds to.
    CHECK(third.known.tls_server_end_point == before->certificates()[0].server_end_point());
    const auto fourth = connect(after, for_version(version), third.session.get());
    CHECK(fourth.resumed);
    CHECK(fourth.known.tls_server_end_point == before->certificates()[0].server_end_point());
    CHECK(connect(after, for_version(version)).known.tls_server_end_point == after->certificates()[0].server_end_point());
  }
}

/// Whether the server wants a whole handshake of a client with this session. The library's own client can't be refused a ticket
/// of TLS 1.2, so only what the server says is looked at: its Certificate.
bool is_refused(const std::shared_ptr<const contexts>& shared, client_options options, const kept_session& session) {
  if (options.version == WOLFSSL_TLSV1_3) return !connect(shared, options, &session).resumed;
  options.session = session.get();
  client c(options);
  engine server(shared, false);
  std::string plain, out;
  c.shake_hands();
  CHECK(server.feed(c.to_server, plain, out) == status::handshaking);
  return out.find("example.net") != std::string::npos;
}

TEST_CASE("a ticket of other keys, or for another name, means a whole handshake") {
  for (const int version : {WOLFSSL_TLSV1_2, WOLFSSL_TLSV1_3}) {
    CAPTURE(version);
    const auto keys = std::make_shared<ticket_keys>(now());
    const auto shared = with_tickets(keys);
    const auto first = connect(shared, for_version(version));
    CHECK_FALSE(is_refused(shared, for_version(version), *first.session));
    CHECK(is_refused(with_tickets(std::make_shared<ticket_keys>(now())), for_version(version), *first.session));
    CHECK(is_refused(shared, for_version(version, "other.example"), *first.session));
    CHECK(is_refused(contexts_for({"example.net"}), for_version(version), *first.session));
  }
}

TEST_CASE("keys are renewed with the time, and tickets end with them") {
  for (const int version : {WOLFSSL_TLSV1_2, WOLFSSL_TLSV1_3}) {
    CAPTURE(version);
    const auto begin = now();
    const auto keys = std::make_shared<ticket_keys>(begin);
    const auto shared = with_tickets(keys);
    const auto first = connect(shared, for_version(version));
    keys->rotate(begin + ticket_keys::seal_seconds);
    CHECK(connect(shared, for_version(version), first.session.get()).resumed);
    keys->rotate(begin + ticket_keys::seal_seconds + 5);
    keys->rotate(begin - 1'000'000);  // a clock that jumps back changes nothing
    CHECK(connect(shared, for_version(version), first.session.get()).resumed);
    keys->rotate(begin + 2 * ticket_keys::seal_seconds);
    CHECK(is_refused(shared, for_version(version), *first.session));
    const auto later = connect(shared, for_version(version));
    keys->rotate(begin + 10 * ticket_keys::seal_seconds);  // nobody called it for days
    CHECK(is_refused(shared, for_version(version), *later.session));
  }
}

TEST_CASE("without keys there are no tickets") {
  for (const int version : {WOLFSSL_TLSV1_2, WOLFSSL_TLSV1_3}) {
    const auto shared = contexts_for({"example.net"});
    const auto first = connect(shared, for_version(version));
    CHECK_FALSE(connect(shared, for_version(version), first.session.get()).resumed);
  }
}

TEST_CASE("TLS 1.2: a session without extended master secret gives no tls-unique when it is resumed (RFC 7627 section 5.3)") {
  const auto shared = with_tickets(std::make_shared<ticket_keys>(now()));
  auto options = for_version(WOLFSSL_TLSV1_2);
  options.extended_master_secret = false;
  const auto first = connect(shared, options);
  CHECK_FALSE(first.known.tls_unique.empty());
  const auto second = connect(shared, options, first.session.get());
  CHECK(second.known.tls_exporter.empty());
  CHECK(second.known.tls_unique.empty() == second.resumed);
}

TEST_CASE("a ticket that was changed in any byte does not open") {
  ticket_keys keys(0);
  ticket_binding binding{"example.net", std::string(32, 'f'), "hash"};
  std::string name(16, '\0'), iv(16, '\0'), mac(32, '\0'), body = "the content of a ticket";
  const auto parts = [&] { return ticket_parts{bytes_of(name), bytes_of(iv), bytes_of(mac), bytes_of(body), body.size()}; };
  REQUIRE(keys.inside().seal(parts(), binding));
  CHECK(body != "the content of a ticket");
  const auto sealed = name + iv.substr(0, 12) + mac.substr(0, 16) + body;
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    CAPTURE(at);
    auto changed = sealed;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    name = changed.substr(0, 16);
    iv.replace(0, 12, changed.substr(16, 12));
    mac.replace(0, 16, changed.substr(28, 16));
    body = changed.substr(44);
    ticket_binding found{"example.net", {}, {}};
    CHECK_FALSE(keys.inside().open(parts(), found));
    CHECK(found.server_end_point.empty());
  }
  name = sealed.substr(0, 16);
  iv.replace(0, 12, sealed.substr(16, 12));
  mac.replace(0, 16, sealed.substr(28, 16));
  body = sealed.substr(44);
  ticket_binding found{"example.net", {}, {}};
  REQUIRE(keys.inside().open(parts(), found));
  CHECK(body == "the content of a ticket");
  CHECK(found.server_end_point == "hash");
  CHECK(found.fingerprint == binding.fingerprint);
}
