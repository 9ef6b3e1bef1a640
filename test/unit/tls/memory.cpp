#include <doctest/doctest.h>
#include <malloc.h>

#include "hello.hpp"
#include "peer.hpp"

using namespace couplet::tls;
using namespace couplet::tls::test;
using status = engine::status;

namespace {

/// What this program has from the heap. 0 where a sanitizer has taken its place.
std::size_t heap() {
  return mallinfo2().uordblks;
}

/// The library's structures are several times as large where it was built with its OpenSSL layer.
#ifdef OPENSSL_EXTRA
constexpr std::size_t idle_limit = 64 * 1024;
#else
constexpr std::size_t idle_limit = 4 * 1024;
#endif

}  // namespace

TEST_CASE("an engine is small before its first byte and after its last") {
  CHECK(sizeof(engine) <= 80);
  const auto shared = contexts_for({"example.net"});
  const auto before = heap();
  engine server(shared, false);
  CHECK(heap() == before);
}

TEST_CASE("what an idle connection costs") {
  constexpr std::size_t count = 40;
  const auto shared =
      contexts_for({"example.net"}, [](context_options& options) { options.tickets = std::make_shared<ticket_keys>(now()); });
  for (const int version : {WOLFSSL_TLSV1_2, WOLFSSL_TLSV1_3}) {
    std::vector<engine> idle;
    idle.reserve(count);
    client_options options;
    options.version = version;
    options.server_name = "example.net";
    std::size_t before = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (i == count / 2) before = heap();  // the library's own tables are filled by then
      auto c = std::make_unique<client>(options);
      idle.emplace_back(shared, true);
      REQUIRE(run(*c, idle.back()).client_done);
      REQUIRE(c->send("<presence/>"));
      std::string plain, out;
      REQUIRE(idle.back().feed(c->to_server, plain, out) == status::open);
      REQUIRE(idle.back().encrypt("<presence/>", out));
      idle.back().forget_facts();
    }
    const auto each = (heap() - before) / (count / 2);
    MESSAGE(version << ": " << each << " bytes of heap per idle connection");
    CHECK(each <= idle_limit);
    idle.clear();
  }
}

TEST_CASE("SECURITY 1: connections that end leave nothing behind") {
  const auto shared =
      contexts_for({"example.net"}, [](context_options& options) { options.tickets = std::make_shared<ticket_keys>(now()); });
  const auto some = [&] {
    for (int i = 0; i < 50; ++i) {
      std::string plain, out;
      engine garbage(shared, true), half(shared, true), hello_only(shared, true);
      garbage.feed("GET / HTTP/1.1\r\n", plain, out);
      half.feed(hello().substr(0, 40), plain, out);
      hello_only.feed(hello(), plain, out);
      client c;
      engine whole(shared, true);
      run(c, whole);
      whole.feed(record(23, "x"), plain, out);
    }
  };
  some();
  some();
  const auto before = heap();
  some();
  some();
  CHECK(heap() <= before + 1024);
}

TEST_CASE("SECURITY 3: a ClientHello that is not whole costs what came of it, and not more than the limit") {
  const auto shared = contexts_for({"example.net"});
  engine server(shared, false);
  std::string plain, out;
  const auto before = heap();
  server.feed(hello().substr(0, 50), plain, out);
  CHECK(heap() <= before + 1024);
}
