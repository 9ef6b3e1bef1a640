// What comes from a stranger before anything is known about them. The first byte says what the rest is:
//   0  bytes for an engine, cut into pieces;
//   1  a handshake with an honest client whose bytes are changed on the way: two bytes for each change, where and what;
//   2  a certificate, the content of a subjectAltName, and a PEM text;
//   3  the first bytes of a connection.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "../../source/tls/client_hello.hpp"
#include "../../source/tls/der.hpp"
#include "../../source/tls/pem.hpp"
#include "../../source/tls/x509.hpp"
#include "../unit/tls/peer.hpp"
#include "base/utf8.hpp"
#include "tls/engine.hpp"
#include "tls/first_bytes.hpp"

using namespace couplet;
using namespace couplet::tls;
using status = engine::status;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

std::shared_ptr<const contexts> make_contexts() {
  return test::contexts_for({"example.net"}, [&](context_options& options) {
    options.certificates.push_back(test::certificate_for({"*.example.org"}));
    options.client_ca = {"ca.pem", test::authority().pem()};
    options.tickets = std::make_shared<ticket_keys>(0);
  });
}

/// Made once: with two certificates, tickets, and a question for the client's certificate.
const std::shared_ptr<const contexts>& shared() {
  static const auto made = make_contexts();
  return made;
}

void feed_engine(std::string_view input) {
  const std::size_t piece = input.empty() ? 1 : 1 + static_cast<unsigned char>(input[0]);
  engine server(shared(), piece % 2 == 0);
  std::string plain, out;
  for (input = input.substr(std::min<std::size_t>(1, input.size())); !input.empty();
       input.remove_prefix(std::min(piece, input.size()))) {
    const auto before = server.state();
    const auto now = server.feed(input.substr(0, piece), plain, out);
    // Nobody gets through a handshake without an answer to ours.
    require(now != status::open && now != status::peer_closed && plain.empty());
    require(before != status::failed || now == status::failed);
    require((now == status::failed) == !server.failure().empty());
  }
  require(server.known() == nullptr && !server.encrypt("x", out));
}

/// Changes that are applied to what flies by, each once.
class mischief {
 public:
  explicit mischief(std::string_view plan) : plan_(plan) {}
  std::string pass(std::string bytes) {
    if (bytes.empty() || plan_.size() < 2) return bytes;
    const auto where = static_cast<unsigned char>(plan_[0]) * 7U % bytes.size();
    const auto what = static_cast<unsigned char>(plan_[1]);
    plan_.remove_prefix(2);
    switch (what & 3U) {
      case 0: break;
      case 1: bytes[where] = static_cast<char>(static_cast<unsigned char>(bytes[where]) ^ (what | 1U)); break;
      case 2: bytes.insert(where, bytes.substr(where, what)); break;
      default: bytes.erase(where, 1U + what / 4U); break;
    }
    return bytes;
  }

 private:
  std::string_view plan_;
};

void disturb_handshake(std::string_view input) {
  const unsigned first = input.empty() ? 0 : static_cast<unsigned char>(input[0]);
  mischief way(input.substr(std::min<std::size_t>(1, input.size())));
  test::client_options options;
  options.version = (first & 1U) != 0 ? WOLFSSL_TLSV1_2 : WOLFSSL_TLSV1_3;
  options.server_name = (first & 2U) != 0 ? "a.example.org" : "";
  if ((first & 4U) != 0) options.protocols = {"xmpp-client"};
  test::client c(options);
  engine server(shared(), (first & 8U) != 0);
  const std::string_view said = "<stream:stream>";
  std::string plain;
  bool has_spoken = false;
  for (int i = 0; i < 8; ++i) {
    if (c.shake_hands() && !has_spoken) has_spoken = c.send(said);
    std::string out;
    server.feed(way.pass(std::exchange(c.to_server, {})), plain, out);
    // What arrives is what was said, in this order, and nothing else.
    require(said.starts_with(plain));
    require(server.state() != status::open || server.known() != nullptr);
    require((server.state() == status::failed) == !server.failure().empty());
    c.take(out);
  }
}

void check_text(const std::string& text) {
  require(!text.empty() && base::is_utf8(text));
  require(std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }));
}

void check_names(const alternative_names& names) {
  for (const auto* list : {&names.dns_names, &names.addresses, &names.xmpp_addrs, &names.srv_names}) {
    require(list->size() <= max_alternative_names);
    for (const auto& text : *list) check_text(text);
  }
}

void read_certificate(std::string_view input) {
  der::reader in(input);
  while (const auto value = in.next()) require(value->whole.size() > value->content.size() + 1);
  if (const auto names = read_alternative_names(input)) check_names(*names);
  if (const auto certificate = read_x509(input)) {
    check_names(certificate->names);
    // Nothing may stand behind it or be missing.
    require(!read_x509(std::string(input) + "x") && !read_x509(input.substr(0, input.size() - 1)));
  }
  for (const auto& block : read_pem(input)) {
    require(block.whole.starts_with("-----BEGIN ") && block.whole.find(block.body) != std::string_view::npos);
    decode_pem(block);
  }
}

void read_first_bytes(std::string_view input) {
  auto answer = opening::need_more;
  auto state = hello_state::need_more;
  for (std::size_t size = 0; size <= std::min<std::size_t>(input.size(), 600); ++size) {
    const auto now = detect_opening(input.substr(0, size));
    require(answer == opening::need_more || now == answer);
    require(size < opening_bytes || now != opening::need_more);
    answer = now;
    client_hello hello;
    const auto then = read_client_hello(input.substr(0, size), hello);
    require(state == hello_state::need_more || then == state || state == hello_state::whole);
    require(then != hello_state::whole || hello.server_name.size() <= 253);
    state = then;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  // A copy of just these bytes: reading past them is then seen by the address sanitizer.
  const std::string input(reinterpret_cast<const char*>(data + 1), size - 1);
  switch (data[0] & 3U) {
    case 0: feed_engine(input); break;
    case 1: disturb_handshake(input); break;
    case 2: read_certificate(input); break;
    default: read_first_bytes(input); break;
  }
  return 0;
}
