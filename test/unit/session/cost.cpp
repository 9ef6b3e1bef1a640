#include "world.hpp"

#include <malloc.h>

#include <cstdlib>
#include <new>

#include "base/text_pool.hpp"

// Counts what this program asks of the heap.
namespace {

std::size_t allocations = 0;
std::size_t bytes_held = 0;

void* counted(std::size_t size) {
  void* const memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  ++allocations;
  bytes_held += malloc_usable_size(memory);
  return memory;
}

void uncounted(void* memory) noexcept {
  bytes_held -= malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) {
  return counted(size);
}
void* operator new[](std::size_t size) {
  return counted(size);
}
void operator delete(void* memory) noexcept {
  uncounted(memory);
}
void operator delete[](void* memory) noexcept {
  uncounted(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  uncounted(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  uncounted(memory);
}

using namespace couplet;
using namespace couplet::session::testing;

namespace {

/// Sends `xml` from one session to whoever it is for, again and again; how many allocations the last time took.
std::size_t allocations_of(world& w, const std::string& from, const std::string& xml, std::size_t copies) {
  session::effects out;
  auto& m = w.of("romeo@example.org");
  std::size_t last = 0;
  for (int i = 0; i < 5; ++i) {
    route::message message = route::stanza(w.c2s(from), w.session(from), xml);
    const auto before = allocations;
    m.on_route(std::move(message), out);
    last = allocations - before;
    REQUIRE(out.to_c2s.size() == copies);
    for (auto& one : out.to_c2s) {  // as who writes it does
      auto& s = std::get<route::stanza>(one);
      for (std::string* const text : {&s.xml, &s.from.text, &s.to.text}) base::give_text(std::move(*text));
    }
    out.clear();
  }
  return last;
}

}  // namespace

TEST_CASE("cost: what is routed within a partition allocates nothing in the steady state") {
  world w;
  w.online("romeo", "romeo@example.org/a resource that is longer than short");
  w.online("balcony", "juliet@example.org/balcony");
  w.online("chamber", "juliet@example.org/chamber");
  const std::string from = " from='romeo@example.org/a resource that is longer than short' ";
  const std::string body = " id='0123456789abcdef'><body>But, soft! what light through yonder window breaks?</body>";
  CHECK(allocations_of(w, "romeo", "<message" + from + "to='juliet@example.org/balcony' type='chat'" + body + "</message>", 1) ==
        0);
  CHECK(allocations_of(w, "romeo", "<iq" + from + "to='juliet@example.org/balcony' type='get'" + body + "</iq>", 1) == 0);
  CHECK(allocations_of(w, "romeo", "<message" + from + "to='juliet@example.org' type='chat'" + body + "</message>", 2) == 0);
  CHECK(allocations_of(w, "romeo", "<message" + from + "to='nobody@example.org'" + body + "</message>", 1) == 0);
}

TEST_CASE("cost: nor does what comes from another process and goes to one") {
  world w;
  w.online("romeo-on-his-telephone", "romeo@example.org/orchard", 0, true);
  w.online("juliet-on-her-telephone", "juliet@example.org/balcony", 0, true);
  CHECK(w.c2s("juliet-on-her-telephone").text.size() > 15);
  const std::string message =
      "<message from='romeo@example.org/orchard' to='juliet@example.org/balcony'><body>I take thee at thy word.</body></message>";
  CHECK(allocations_of(w, "romeo-on-his-telephone", message, 1) == 0);
}

namespace {

std::string item_of(std::size_t contact) {
  const auto jid = "user" + std::to_string(contact) + "@example.org";
  return "<item jid='" + jid + "' name='User " + std::to_string(contact) + "' subscription='both'><group>Friends</group></item>";
}

/// As many accounts as `count`, each with the `contacts` next ones in the roster, both ways, and all of them online.
class crowd {
 public:
  crowd(std::size_t count_, std::size_t contacts) : m(example(), 0, 1), count(count_) {
    for (std::size_t i = 0; i < count; ++i)
      names.push_back(base::jid::parse("user" + std::to_string(i) + "@example.org").value());
    for (std::size_t i = 0; i < count; ++i) {
      REQUIRE(m.put_account(names[i], "password").ok());
      session::storage_answer a;
      for (std::size_t n = 1; n <= contacts; ++n) {
        const auto contact = (i + (n % 2 == 0 ? n / 2 : count - (n + 1) / 2)) % count;  // so that it is mutual
        a.entries.emplace_back(storage::entry_kind::roster_item, names[contact].full(), item_of(contact));
      }
      rosters.push_back(std::move(a));
    }
  }
  /// All log in; what comes out is consumed as who writes it does. The sum of stanzas that went out.
  std::size_t come() {
    for (std::size_t i = 0; i < count; ++i) {
      const auto c2s = route::address(i + 1);
      m.on_route(route::session_start(c2s, route::address(names[i].full() + "/couplet-0123456789abcdef")), out);
      sessions.push_back(std::get<route::session_started>(out.to_c2s.at(0)).from);
      out.clear();
      m.on_route(route::stanza(c2s, sessions[i], presence), out);
      const auto asked = std::exchange(out.to_entries, {});
      for (const auto& r : asked) m.on_storage_answer(r.number, session::storage_answer(rosters[i]), out);
      consume();
    }
    return stanzas;
  }
  void consume() {
    for (auto& one : out.to_c2s) {
      auto& s = std::get<route::stanza>(one);
      for (std::string* const text : {&s.xml, &s.from.text, &s.to.text}) base::give_text(std::move(*text));
      ++stanzas;
    }
    out.clear();
  }

  const std::string presence = "<presence><priority>1</priority></presence>";
  session::manager m;
  std::size_t count;
  std::vector<base::jid> names;
  std::vector<session::storage_answer> rosters;
  std::vector<route::address> sessions;
  session::effects out;
  std::size_t stanzas = 0;
};

}  // namespace

TEST_CASE("cost: a session with a roster of 20, subscribed both ways to 20 who are there, is 4 KiB at the most") {
  crowd c(1'000, 20);
  const auto before = bytes_held;
  // Itself, and of each contact his presence to us and ours to him: each pair once, from the later one's side.
  CHECK(c.come() == 1'000 + 1'000 * 20);
  const auto bytes = (bytes_held - before) / 1'000;
  MESSAGE("bytes per session with a roster of 20: " << bytes);
  CHECK(bytes <= 4'096);
  CHECK(bytes > 1'000);  // it is there
}

TEST_CASE("cost: presence to contacts allocates a few times for the stanza, and not for each contact") {
  crowd c(200, 50);
  c.come();
  std::size_t last = 0;
  for (int i = 0; i < 5; ++i) {
    route::message message = route::stanza(route::address(1), c.sessions[0], c.presence);
    const auto before = allocations;
    c.m.on_route(std::move(message), c.out);
    last = allocations - before;
    REQUIRE(c.out.to_c2s.size() == 51);
    c.consume();
  }
  MESSAGE("allocations for one presence to 50 contacts: " << last);
  CHECK(last <= 12);
}

TEST_CASE("cost: an account, an idle session and its presence in bytes") {
  session::settings s = example();
  session::manager m(s, 0, 1);
  session::effects out;
  constexpr std::size_t count = 10'000;
  std::vector<base::jid> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back(base::jid::parse("user" + std::to_string(i) + "@example.org").value());

  auto before = bytes_held;
  for (const auto& name : names) REQUIRE(m.put_account(name, "password").ok());
  const auto account_bytes = (bytes_held - before) / count;
  MESSAGE("bytes per account: " << account_bytes);
  CHECK(account_bytes <= 160);

  before = bytes_held;
  for (std::size_t i = 0; i < count; ++i) {
    const auto c2s = route::address(i + 1);
    m.on_route(route::session_start(c2s, route::address(names[i].full() + "/couplet-0123456789abcdef")), out);
    const auto session = std::get<route::session_started>(out.to_c2s.at(0)).from;
    out.clear();
    m.on_route(route::stanza(c2s, session, "<presence><priority>1</priority></presence>"), out);
    const auto asked = std::exchange(out.to_entries, {});
    for (const auto& r : asked) m.on_storage_answer(r.number, session::storage_answer(), out);
    REQUIRE(out.to_c2s.size() == 1);
    out.clear();
  }
  const auto session_bytes = (bytes_held - before) / count;
  MESSAGE("bytes per session with presence: " << session_bytes);
  CHECK(m.session_count() == count);
  CHECK(session_bytes + account_bytes <= 600);
}
