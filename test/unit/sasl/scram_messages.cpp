#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scram_peer.hpp"

using namespace couplet;
using namespace couplet::sasl;
using namespace couplet::sasl::test;
using namespace std::string_literals;

namespace {

verdict first_of(std::string_view message) {
  return login(mechanism::scram_sha256).first(message);
}

/// The verdict on a last message whose proof is right, whatever else is in it.
verdict final_of(const std::string& without_proof) {
  login l(mechanism::scram_sha256);
  REQUIRE(l.first("n,,n=juliet,r=CLIENT") == verdict::ok);
  l.challenge();
  return l.server.on_client_final(l.with_proof(without_proof));
}

verdict raw_final_of(std::string_view message) {
  login l(mechanism::scram_sha256);
  REQUIRE(l.first("n,,n=juliet,r=CLIENT") == verdict::ok);
  l.challenge();
  const auto v = l.server.on_client_final(message);
  CHECK(l.server.server_final().empty());
  return v;
}

}  // namespace

TEST_CASE("SCRAM: first messages that are none") {
  const std::vector<std::string> rows{"",
                                      ",",
                                      ",,",
                                      "n",
                                      "n,",
                                      "n,,",
                                      "n,,n=",
                                      "n,,n=juliet",
                                      "n,,n=juliet,",
                                      "n,,n=juliet,r",
                                      "n,,n=juliet,r=",
                                      "n,,n=,r=CLIENT",
                                      "n,,r=CLIENT,n=juliet",
                                      "n,,r=CLIENT",
                                      "n,n=juliet,r=CLIENT",
                                      "n=juliet,r=CLIENT",
                                      ",,n=juliet,r=CLIENT",
                                      "x,,n=juliet,r=CLIENT",
                                      "N,,n=juliet,r=CLIENT",
                                      "ny,,n=juliet,r=CLIENT",
                                      "n=,,n=juliet,r=CLIENT",
                                      "p,,n=juliet,r=CLIENT",
                                      "p=,,n=juliet,r=CLIENT",
                                      "p=a b,,n=juliet,r=CLIENT",
                                      "p=\xc3\xa4,,n=juliet,r=CLIENT",
                                      "F,n,,n=juliet,r=CLIENT",
                                      "n,a=,n=juliet,r=CLIENT",
                                      "n,b=juliet,n=juliet,r=CLIENT",
                                      "n,juliet,n=juliet,r=CLIENT",
                                      "n,,N=juliet,r=CLIENT",
                                      "n,,n=juliet,R=CLIENT",
                                      " n,,n=juliet,r=CLIENT",
                                      "n,, n=juliet,r=CLIENT",
                                      "n,,n=juliet,r=CLI ENT",
                                      "n,,n=juliet,r=CLI\xc3\xa4NT",
                                      "n,,n=juliet,r=CLI\x7f",
                                      "n,,n=juliet,r=CLI\nENT",
                                      "n,,n=juliet,r=CLIENT,",
                                      "n,,n=juliet,r=CLIENT,,",
                                      "n,,n=juliet,r=CLIENT,x",
                                      "n,,n=juliet,r=CLIENT,x=",
                                      "n,,n=juliet,r=CLIENT,1=a",
                                      "n,,n=juliet,r=CLIENT,xy=a",
                                      "n,,n=juliet,r=CLIENT,x=a,",
                                      "n,,n=juliet,r=CLIENT,r=OTHER",
                                      "n,,n=juliet,r=CLIENT,n=romeo",
                                      "n,,n=jul=iet,r=CLIENT",
                                      "n,,n=juliet=,r=CLIENT",
                                      "n,,n=juliet=2,r=CLIENT",
                                      "n,,n=juliet=2c,r=CLIENT",
                                      "n,,n=juliet=3d,r=CLIENT",
                                      "n,,n=juliet=00,r=CLIENT",
                                      "n,a=juliet=40example.net,n=juliet,r=CLIENT",
                                      "n,,n=jul\0iet,r=CLIENT"s,
                                      "n,,n=juliet,r=CLIENT\0"s,
                                      "\0"s,
                                      "n,,n=juliet\xff,r=CLIENT",
                                      "n,,n=\xed\xa0\x80,r=CLIENT",
                                      "n,,n=\xc0\xaf,r=CLIENT",
                                      "n,,n=juliet,r=CLIENT,x=\xc3",
                                      "\0juliet\0pencil"s};
  for (const auto& text : rows) {
    CAPTURE(text);
    CHECK(first_of(text) == verdict::malformed);
  }
}

TEST_CASE("SCRAM: what nobody knows is passed over, what must be understood is not") {
  CHECK(first_of("n,,n=juliet,r=CLIENT,x=a,Y=b=c,z=\xe2\x82\xac") == verdict::ok);
  CHECK(first_of("n,,n=juliet,r=C=L=I!~") == verdict::ok);
  for (const std::string_view text : {"n,,m=ext,n=juliet,r=CLIENT", "n,,m=,n=juliet,r=CLIENT", "n,,n=juliet,r=CLIENT,m=ext",
                                      "n,,n=juliet,r=CLIENT,x=a,m=ext"}) {
    CAPTURE(text);
    CHECK(first_of(text) == verdict::unknown_extension);
  }
  CHECK(final_of("c=biws,r=CLIENTSERVER,x=a,y=b") == verdict::ok);
  CHECK(final_of("c=biws,r=CLIENTSERVER,m=ext") == verdict::unknown_extension);
}

TEST_CASE("SCRAM: last messages that are none, with a proof that would fit") {
  CHECK(final_of("c=biws,r=CLIENTSERVER") == verdict::ok);
  for (const auto& text : {"",
                           ",",
                           "c=biws",
                           "r=CLIENTSERVER",
                           "r=CLIENTSERVER,c=biws",
                           "c=biws,r=",
                           "C=biws,r=CLIENTSERVER",
                           "c=biws,R=CLIENTSERVER",
                           "c=biw,r=CLIENTSERVER",
                           "c=biws=,r=CLIENTSERVER",
                           "c=bi ws,r=CLIENTSERVER",
                           "c=biwt\n,r=CLIENTSERVER",
                           "c=biws,r=CLIENTSERVER,",
                           "c=biws,r=CLIENTSERVER,x",
                           "c=biws,r=CLIENTSERVER,x=",
                           "c=biws,r=CLIENTSERVER,p=AAAA",
                           "c=biws,r=CLIENTSERVER,c=biws",
                           "c=biws,r=CLIENTSERVER,r=CLIENTSERVER",
                           "x=a,c=biws,r=CLIENTSERVER",
                           "c=biws,x=a,r=CLIENTSERVER",
                           "c=biws,,r=CLIENTSERVER",
                           "c=biws,r=CLIENT SERVER",
                           "c=biws,r=CLIENTSERVER,x=\xff"}) {
    CAPTURE(text);
    CHECK(final_of(text) == verdict::malformed);
  }
}

TEST_CASE("SCRAM: proofs that are none") {
  const auto with = [](std::string_view proof) { return raw_final_of("c=biws,r=CLIENTSERVER," + std::string(proof)); };
  const auto of_length = [&](std::size_t n) { return with("p=" + base::base64_encode(std::string(n, 'x'))); };
  CHECK(of_length(32) == verdict::wrong_proof);
  for (const std::size_t n : {0U, 1U, 20U, 31U, 33U, 64U, 4'096U}) {
    CAPTURE(n);
    CHECK(of_length(n) == verdict::malformed);
  }
  for (const std::string_view proof : {"", "p", "p=", "P=AAAA", "p=A", "p=====", "p=\xff", "q=AAAA", "p=AAAA,", "p=AAAA,x=a"}) {
    CAPTURE(proof);
    CHECK(with(proof) == verdict::malformed);
  }
  CHECK(raw_final_of("c=biws,r=CLIENTSERVER") == verdict::malformed);
}

TEST_CASE("SCRAM: a message cut anywhere is never one") {
  const std::string whole = "p=tls-exporter,a=juliet@example.net,n=juliet,r=CLIENT,x=a";
  for (std::size_t n = 0; n < whole.size(); ++n) {
    CAPTURE(n);
    login l(mechanism::scram_sha512_plus);
    const auto v = l.first(std::string_view(whole).substr(0, n));
    // What is left from the first letter of the nonce on is a message, with a shorter nonce or without an attribute that nobody knows.
    const bool is_message =
        n > whole.find("CLIENT") && n != whole.find(",x=") + 1 && n != whole.find(",x=") + 2 && n != whole.size() - 1;
    CHECK((v == verdict::ok) == is_message);
  }
  for (std::size_t n = 0;; ++n) {
    login l(mechanism::scram_sha512_plus);
    REQUIRE(l.first(whole) == verdict::ok);
    l.challenge();
    const auto message = l.right_final();
    if (n == message.size()) break;
    CAPTURE(n);
    CHECK(l.server.on_client_final(std::string_view(message).substr(0, n)) != verdict::ok);
    CHECK(l.server.server_final().empty());
  }
}

TEST_CASE("SECURITY 10: SCRAM: huge messages are refused by their length") {
  const std::string huge(1U << 20U, 'x');
  CHECK(first_of(huge) == verdict::too_long);
  CHECK(first_of("n,,n=" + huge + ",r=CLIENT") == verdict::too_long);
  CHECK(first_of("n,a=" + huge + ",n=juliet,r=CLIENT") == verdict::too_long);
  CHECK(first_of("n,,n=juliet,r=" + huge) == verdict::too_long);
  CHECK(first_of("n,,n=juliet,r=CLIENT,x=" + huge) == verdict::too_long);
  CHECK(first_of("n,a=" + std::string(2'000, 'x') + ",n=juliet,r=CLIENT") == verdict::too_long);
  CHECK(raw_final_of(huge) == verdict::too_long);
  CHECK(raw_final_of("c=biws,r=CLIENTSERVER,p=" + huge) == verdict::too_long);
  CHECK(first_of("n,,n=juliet,r=" + std::string(max_scram_bytes - 14, 'x')) == verdict::ok);
  CHECK(first_of("n,,n=juliet,r=" + std::string(max_scram_bytes - 13, 'x')) == verdict::too_long);
}
