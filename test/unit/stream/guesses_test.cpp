#include <doctest/doctest.h>

#include "secured_rig.hpp"

// Logins that are refused: what that costs, when it is said, and that it tells nothing about names (SECURITY 12, 14).

namespace couplet::stream {

using namespace secured;

TEST_CASE("SECURITY 12: a wrong proof is refused after a pause that is the same for all, and counts") {
  auto s = everything();
  s.max_login_attempts = 2;
  rig r(s);
  r.secure(rig::tls()).send(header);
  for (int n = 0; n < 2; ++n) {
    r.send(auth("SCRAM-SHA-256", "n,,n=alice,r=client"));
    const auto challenge = r.answer(sasl::answer(alices));
    r.send(response(proof(challenge, "n,,", "guess")));
    sasl::answer keys(alices);
    keys.asked_at += std::chrono::seconds(n + 1);
    keys.derived = n == 1;
    CHECK(r.answer(std::move(keys)).empty());
    REQUIRE(r.question->what == kind::pause);
    CHECK(r.question->asked_at == base::time_point(std::chrono::seconds(n + 1)));
    CHECK(r.question->derived == (n == 1));
    CHECK(r.question->hash == sasl::scram_hash::sha256);
    CHECK(contains(r.answer(sasl::answer(verdict::wrong)), "<not-authorized/>"));
  }
  CHECK(r.closed == close_reason::too_many_attempts);
}

TEST_CASE(
    "SECURITY 12: nothing that follows the question for keys is refused before the pause, so how long they took is not seen") {
  rig r;
  r.secure(rig::tls()).send(header);
  const std::pair<const char*, const char*> rows[] = {
      {"nonsense", "<malformed-request/>"},
      {"c=biws,r=another,p=AAAA", "<malformed-request/>"},
      {"c=biws,r=another,p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "<not-authorized/>"},
      {"c=AAAA,r=another,p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "<not-authorized/>"},
  };
  for (const auto& [last, condition] : rows) {
    CAPTURE(last);
    r.send(auth("SCRAM-SHA-256", "n,,n=alice,r=client"));
    r.answer(sasl::answer(alices));
    r.send(response(last));
    REQUIRE(r.question->what == kind::keys);
    CHECK(r.answer(sasl::answer(alices)).empty());
    REQUIRE(r.question->what == kind::pause);
    CHECK(contains(r.answer(sasl::answer(verdict::wrong)), condition));
  }
  CHECK(r.closed == close_reason::none);
}

TEST_CASE("SECURITY 12, 14: where it is too crowded to look at a proof, that is said for every name, and it was an attempt") {
  for (const bool has_keys : {false, true}) {
    auto s = everything();
    s.max_login_attempts = 2;
    rig r(s);
    r.secure(rig::tls()).send(header);
    for (int n = 0; n < 2; ++n) {
      CHECK(r.closed == close_reason::none);
      r.send(auth("SCRAM-SHA-256", "n,,n=alice,r=client"));
      const auto challenge = r.answer(sasl::answer(alices));
      r.send(response(proof(challenge, "n,,", "guess")));
      if (has_keys) {
        CHECK(r.answer(sasl::answer(alices)).empty());
        REQUIRE(r.question->what == kind::pause);
      }
      CHECK(contains(r.answer(sasl::answer(verdict::unavailable)), "<temporary-auth-failure/>"));
    }
    CHECK(r.closed == close_reason::too_many_attempts);
  }
}

TEST_CASE("SECURITY 12: a last message that is none has cost as much as a guess, and is an attempt") {
  auto s = everything();
  s.max_login_attempts = 2;
  rig r(s);
  r.secure(rig::tls()).send(header);
  for (int n = 0; n < 2; ++n) {
    CHECK(r.closed == close_reason::none);
    r.send(auth("SCRAM-SHA-256", "n,,n=alice,r=client"));
    r.answer(sasl::answer(alices));
    r.send(response(n == 0 ? "nonsense" : "c=biws,r=another,m=x,p=AAAA"));
    CHECK(r.answer(sasl::answer(alices)).empty());
    REQUIRE(r.question->what == kind::pause);
    CHECK(contains(r.answer(sasl::answer(verdict::wrong)), "<malformed-request/>"));
  }
  CHECK(r.closed == close_reason::too_many_attempts);
}

TEST_CASE("SECURITY 14: what cannot be known now is no wrong password, and costs no attempt") {
  auto s = everything();
  s.max_login_attempts = 1;
  s.logins_checked_by = login_check::credentials;
  rig r(s);
  r.secure(rig::tls()).send(header);
  r.send(auth("SCRAM-SHA-256", "n,,n=alice,r=client"));
  CHECK(contains(r.answer(sasl::answer(verdict::unavailable)), "<temporary-auth-failure/>"));
  r.send(auth("PLAIN", std::string("\0alice\0secret", 13)));
  CHECK(r.question->what == kind::password);
  CHECK(r.question->password == "secret");
  CHECK(contains(r.answer(sasl::answer(verdict::unavailable)), "<temporary-auth-failure/>"));
  CHECK(r.unanswered == 2);
  // Nor does a mechanism that this channel cannot do.
  CHECK(contains(r.send(auth("SCRAM-SHA-256-PLUS", "p=tls-unique,,n=alice,r=client")), "<not-authorized/>"));
  CHECK(contains(r.send(auth("SCRAM-SHA-256", "y,,n=alice,r=client")), "<not-authorized/>"));
  CHECK(r.closed == close_reason::none);
  r.send(auth("PLAIN", std::string("\0alice\0secret", 13)));
  CHECK(contains(r.answer(sasl::answer(verdict::right)), "<success "));
  CHECK(r.routes.empty());
  CHECK(r.unanswered == 2);
}

TEST_CASE("a wrong password, and a session that the manager does not want, were answered") {
  auto s = everything();
  s.logins_checked_by = login_check::credentials;
  rig r(s);
  r.secure(rig::tls()).send(header);
  r.send(auth("PLAIN", std::string("\0alice\0secret", 13)));
  CHECK(contains(r.answer(sasl::answer(verdict::wrong)), "<not-authorized/>"));
  CHECK(r.unanswered == 0);
  for (const std::string_view text : {route::failure_text::too_many_sessions, route::failure_text::link_down}) {
    r.send("<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'><initial-response>" +
           base::base64_encode(std::string("\0alice\0secret", 13)) +
           "</initial-response><bind xmlns='urn:xmpp:bind:0'/></authenticate>");
    r.answer(sasl::answer(verdict::right));
    REQUIRE(!r.routes.empty());
    const auto& start = std::get<route::session_start>(r.routes.back());
    CHECK(contains(r.refuse(start.to.text, std::string(text)), "<temporary-auth-failure "));
  }
  CHECK(r.unanswered == 1);
}

TEST_CASE("credentials: an answer that nobody waits for changes nothing") {
  rig r;
  r.secure(rig::tls()).send(header);
  CHECK(r.answer(sasl::answer(verdict::right)).empty());
  CHECK(r.machine.current_phase() == phase::login);
  r.send(auth("PLAIN", std::string("\0alice\0secret", 13)));  // asked of the manager
  CHECK(r.answer(sasl::answer(verdict::right)).empty());
  CHECK(r.logins == 0);
}

TEST_CASE("credentials: who takes too long is told so, and that it is not the password") {
  rig r;
  r.secure(rig::tls()).send(header);
  r.send(auth("SCRAM-SHA-256", "n,,n=alice,r=client"));
  r.machine.on_deadline(r.fx);
  CHECK(contains(r.fx.to_peer, "<temporary-auth-failure/>"));
  CHECK(r.fx.close == close_reason::manager_timeout);
}

}  // namespace couplet::stream
