#include <doctest/doctest.h>

#include "../../../source/tls/der.hpp"
#include "../../../source/tls/der_writer.hpp"
#include "../../../source/tls/pem.hpp"
#include "peer.hpp"

using namespace couplet::tls;
using namespace couplet::tls::test;
using status = engine::status;
using namespace std::string_view_literals;

namespace {

constexpr auto xmpp_addr_id = "\x2b\x06\x01\x05\x05\x07\x08\x05"sv;
constexpr auto srv_name_id = "\x2b\x06\x01\x05\x05\x07\x08\x07"sv;

std::string other_name(std::string_view id, std::uint8_t tag, std::string_view text) {
  return der::write(der::context_constructed,
                    {der::write(der::object_id, id), der::write(der::context_constructed, der::write(tag, text))});
}

std::string xmpp_addr(std::string_view text) {
  return other_name(xmpp_addr_id, der::utf8_string, text);
}

certificate_request request_for(const authority& by, std::string names) {
  certificate_request what;
  what.subject = "juliet@capulet.example";
  what.issuer = by.name();
  what.not_before = now() - 1000;
  what.not_after = now() + 10'000;
  what.alternative_names = std::move(names);
  return what;
}

struct issued {
  std::string der, key_pem;
  std::string pem() const { return write_pem("CERTIFICATE", der); }
};

issued issue(const certificate_request& what, const authority& by) {
  const signing_key key;
  return {issue_certificate(what, key.public_der(), by.key()), key.private_pem()};
}

std::shared_ptr<const contexts> asking(const authority& by, std::shared_ptr<ticket_keys> tickets = {}) {
  const temporary_folder folder;
  return contexts_for({"example.net"}, [&](context_options& options) {
    options.client_ca = *load_authorities(folder.write("ca.pem", "a comment\n" + by.pem()), now());
    options.tickets = tickets;
  });
}

struct answer {
  status state;
  client_identity client;
  int alert;
  bool resumed;
};

answer show(const std::shared_ptr<const contexts>& shared, const std::string& chain, const std::string& key, int version) {
  client_options options;
  options.version = version;
  options.certificate_pem = chain;
  options.key_pem = key;
  client c(options);
  engine server(shared, false);
  const auto done = run(c, server);
  if (server.state() == status::open) CHECK(done.client_done);
  std::string out;
  server.encrypt("x", out);
  c.take(out);
  c.receive();
  const auto* known = server.known();
  return {server.state(), known != nullptr ? known->client : client_identity{}, c.alert(), known != nullptr && known->resumed};
}

constexpr int versions[] = {WOLFSSL_TLSV1_2, WOLFSSL_TLSV1_3};

}  // namespace

TEST_CASE("a client's certificate tells its addresses") {
  const authority ca;
  const auto shared = asking(ca);
  CHECK(shared->asks_for_client_certificates());
  const auto names = xmpp_addr("juliet@capulet.example") + general_name("capulet.example") +
                     other_name(srv_name_id, der::ia5_string, "_xmpp-client.capulet.example") +
                     xmpp_addr("j\xc3\xbclia@capulet.example") + der::write(der::context + 1, "mail@capulet.example");
  const auto juliet = issue(request_for(ca, names), ca);
  for (const int version : versions) {
    const auto a = show(shared, juliet.pem(), juliet.key_pem, version);
    REQUIRE(a.state == status::open);
    CHECK(a.client.present);
    CHECK(a.client.verified);
    CHECK(a.client.xmpp_addrs == std::vector<std::string>{"juliet@capulet.example", "j\xc3\xbclia@capulet.example"});
    CHECK(a.client.mail_addresses == std::vector<std::string>{"mail@capulet.example"});
    CHECK(a.client.dns_names == std::vector<std::string>{"capulet.example"});
    CHECK(a.client.srv_names == std::vector<std::string>{"_xmpp-client.capulet.example"});
  }
}

TEST_CASE("a client without a certificate, and a server that does not ask") {
  const authority ca;
  const auto juliet = issue(request_for(ca, xmpp_addr("juliet@capulet.example")), ca);
  for (const int version : versions) {
    const auto without = show(asking(ca), "", "", version);
    CHECK(without.state == status::open);
    CHECK_FALSE(without.client.present);
    const auto unasked = show(contexts_for({"example.net"}), juliet.pem(), juliet.key_pem, version);
    CHECK(unasked.state == status::open);
    CHECK_FALSE(unasked.client.present);
  }
}

TEST_CASE("SECURITY 54: only subjectAltName counts, never the distinguished name") {
  const authority ca;
  auto request = request_for(ca, "");
  request.subject = "admin@capulet.example";
  const auto admin = issue(request, ca);
  for (const int version : versions) {
    const auto a = show(asking(ca), admin.pem(), admin.key_pem, version);
    REQUIRE(a.state == status::open);
    CHECK(a.client.verified);
    CHECK(a.client.xmpp_addrs.empty());
    CHECK(a.client.dns_names.empty());
    CHECK(a.client.srv_names.empty());
  }
}

TEST_CASE("SECURITY 54: a certificate that nobody stands behind is present and not verified") {
  const authority ca, stranger("Test CA");  // the same name, another key
  const authority other("Other CA");
  const auto shared = asking(ca);
  auto expired = request_for(ca, xmpp_addr("juliet@capulet.example"));
  expired.not_after = now() - 10;
  auto early = request_for(ca, xmpp_addr("juliet@capulet.example"));
  early.not_before = now() + 1000;
  const signing_key own_key;
  auto own = request_for(other, xmpp_addr("juliet@capulet.example"));
  own.issuer = own.subject;
  for (const int version : versions) {
    for (const auto& one :
         {issue(expired, ca), issue(early, ca), issue(request_for(other, xmpp_addr("juliet@capulet.example")), other),
          issued{issue_certificate(own, own_key.public_der(), own_key), own_key.private_pem()}}) {
      const auto a = show(shared, one.pem(), one.key_pem, version);
      CHECK(a.state == status::open);
      CHECK(a.client.present);
      CHECK_FALSE(a.client.verified);
    }
    // A signature that does not fit is an attack.
    const auto forged = issue(request_for(ca, xmpp_addr("juliet@capulet.example")), stranger);
    const auto a = show(shared, forged.pem(), forged.key_pem, version);
    CHECK((a.state == status::failed || !a.client.verified));
  }
}

TEST_CASE("SECURITY 54: an authority that the client brings along is not believed, not even later") {
  const authority ca;
  const authority fake("Fake CA");
  const authority fake_below("Fake intermediate", fake);
  const auto shared = asking(ca);
  const auto mallory = issue(request_for(fake, xmpp_addr("juliet@capulet.example")), fake);
  const auto deeper = issue(request_for(fake_below, xmpp_addr("juliet@capulet.example")), fake_below);
  for (const int version : versions) {
    for (int again = 0; again < 2; ++again) {
      for (const auto& chain :
           {mallory.pem() + fake.pem(), deeper.pem() + fake_below.pem(), deeper.pem() + fake_below.pem() + fake.pem()}) {
        const auto a = show(shared, chain, chain.starts_with(mallory.pem()) ? mallory.key_pem : deeper.key_pem, version);
        CHECK_FALSE(a.client.verified);
      }
      const auto alone = show(shared, mallory.pem(), mallory.key_pem, version);
      CHECK(alone.state == status::open);
      CHECK_FALSE(alone.client.verified);
      CHECK_FALSE(show(shared, deeper.pem(), deeper.key_pem, version).client.verified);
    }
  }
}

TEST_CASE("SECURITY 54: a user's certificate is no authority") {
  const authority ca;
  const auto shared = asking(ca);
  const signing_key user_key;
  const auto user_request = request_for(ca, xmpp_addr("romeo@montague.example"));
  const auto user_pem = write_pem("CERTIFICATE", issue_certificate(user_request, user_key.public_der(), ca.key()));
  auto forged_request = request_for(ca, xmpp_addr("juliet@capulet.example"));
  forged_request.issuer = user_request.subject;
  const signing_key key;
  const auto forged = write_pem("CERTIFICATE", issue_certificate(forged_request, key.public_der(), user_key));
  for (const int version : versions) {
    for (int again = 0; again < 2; ++again) {
      CHECK_FALSE(show(shared, forged + user_pem, key.private_pem(), version).client.verified);
      CHECK_FALSE(show(shared, forged, key.private_pem(), version).client.verified);
      CHECK(show(shared, user_pem, user_key.private_pem(), version).client.verified);
    }
  }
}

TEST_CASE("a chain over an authority in between") {
  const authority ca;
  const authority below("Below", ca);
  const auto juliet = issue(request_for(below, xmpp_addr("juliet@capulet.example")), below);
  for (const int version : versions) {
    const auto a = show(asking(ca), juliet.pem() + below.pem(), juliet.key_pem, version);
    CHECK(a.state == status::open);
    CHECK(a.client.verified);
  }
}

TEST_CASE("SECURITY 54: a certificate without its key is worth nothing") {
  const authority ca;
  const auto juliet = issue(request_for(ca, xmpp_addr("juliet@capulet.example")), ca);
  const signing_key other;
  for (const int version : versions) {
    const auto a = show(asking(ca), juliet.pem(), other.private_pem(), version);
    CHECK(a.state == status::failed);
    CHECK_FALSE(a.client.present);
  }
}

TEST_CASE("SECURITY 54: names with a NUL or a line end make the certificate refused") {
  const authority ca;
  const auto shared = asking(ca);
  for (const auto& names : {xmpp_addr("juliet@capulet.example\0.evil.example"sv), xmpp_addr("a\n@b"), xmpp_addr("\xff@b"),
                            xmpp_addr(""), der::write(der::context + 2, "a\0b"sv), der::write(der::context + 1, "a@b\0.c"sv),
                            der::write(der::context + 1, "a\n@b"sv), other_name(xmpp_addr_id, der::ia5_string, "a@b")}) {
    const auto one = issue(request_for(ca, names), ca);
    for (const int version : versions) {
      const auto a = show(shared, one.pem(), one.key_pem, version);
      CHECK(a.state == status::failed);
      CHECK_FALSE(a.client.verified);
    }
  }
}

TEST_CASE("whoever showed a certificate shows it again: such a session is not resumed") {
  const authority ca;
  const auto shared = asking(ca, std::make_shared<ticket_keys>(now()));
  const auto juliet = issue(request_for(ca, xmpp_addr("juliet@capulet.example")), ca);
  client_options options;
  options.version = WOLFSSL_TLSV1_3;
  for (const bool with_certificate : {false, true}) {
    options.certificate_pem = with_certificate ? juliet.pem() : "";
    options.key_pem = with_certificate ? juliet.key_pem : "";
    client first(options);
    engine server(shared, false);
    REQUIRE(run(first, server).client_done);
    std::string out;
    server.encrypt("x", out);
    first.take(out);
    first.receive();
    auto again = options;
    again.session = first.session();
    client second(again);
    engine other(shared, false);
    CHECK(run(second, other).client_done);
    CHECK(other.known()->resumed != with_certificate);
    CHECK(other.known()->client.verified == with_certificate);
    wolfSSL_SESSION_free(again.session);
  }
}

TEST_CASE("client certificate: whose domain it speaks for") {
  client_identity who;
  who.verified = true;
  who.dns_names = {"Bot.example.net", "*.wild.example.net", "xn--bcher-kva.example"};
  who.xmpp_addrs = {"MUC.example.net", "juliet@capulet.example", "muc2.example.net/there"};
  who.mail_addresses = {"mail.example.net"};
  who.srv_names = {"_xmpp-server.srv.example.net"};
  for (const char* name : {"bot.example.net", "muc.example.net",
                           "b\xc3\xbc"
                           "cher.example"}) {
    CAPTURE(name);
    CHECK(who.speaks_for(name));
  }
  for (const char* name : {"", "other.example.net", "a.wild.example.net", "*.wild.example.net", "capulet.example",
                           "muc2.example.net", "mail.example.net", "srv.example.net", "example.net", "x.bot.example.net"}) {
    CAPTURE(name);
    CHECK_FALSE(who.speaks_for(name));
  }
  who.verified = false;
  CHECK_FALSE(who.speaks_for("bot.example.net"));
}
