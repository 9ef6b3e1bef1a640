// Logins and the accounts of this process: whoever is refused has waited for the same, whether there is such an account or not.
//
// Times are looked at from below only: a refusal never comes before its time, however fast or slow the machine is.

#include <doctest/doctest.h>

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "embedded_credentials.hpp"
#include "stored_accounts.hpp"

using namespace couplet;
using kind = sasl::question::kind;
using verdict = sasl::answer::verdict;
using account = session::account_request::kind;
using session::account_outcome;

namespace {

const std::string secret(32, 's');
constexpr auto hash = sasl::scram_hash::sha256;
constexpr auto earliest = std::chrono::milliseconds(100);

constexpr auto with_keys = "keys@example.org";        // of the configuration, and somebody has logged in
constexpr auto without_keys = "no-keys@example.org";  // of the configuration
constexpr auto stored = "stored@example.org";         // in the storage, where there is one
constexpr auto nobody = "nobody@example.org";

session::settings one_domain() {
  session::settings s;
  s.domains = {"example.org"};
  return s;
}

net::workers::options one_worker(std::size_t waiting) {
  net::workers::options o;
  o.threads = 1;
  o.waiting = waiting;
  return o;
}

/// A shard, whose loop the test runs, with accounts and one worker.
class house {
 public:
  explicit house(bool stores, std::size_t waiting = 8) : workers(one_worker(waiting)) {
    shards.push_back(std::make_unique<net::shard>(std::uint8_t{0}));
    for (const auto* who : {with_keys, without_keys}) REQUIRE(partition.put_account(*base::jid::parse(who), "right").ok());
    partition.keep_keys(with_keys, hash, sasl::derive_keys(hash, "right", "salt", 1), "right");
    if (stores) open_store();
    source =
        std::make_unique<server::embedded_credentials>(*shards[0], shards, partitions, workers, lanes, secret, accounts.get());
  }
  ~house() { release(); }

  /// The worker is busy, until release().
  void occupy() {
    const auto began = std::make_shared<std::promise<void>>();
    auto is_busy = began->get_future();
    shards[0]->spawn("busy", keep_busy(began));
    settle();
    is_busy.wait();
  }
  void release() {
    if (!std::exchange(is_released_, true)) release_.set_value();
  }
  /// All that needs no other thread.
  void settle() {
    while (shards[0]->io().poll() != 0) {
    }
  }

  /// A login whose proof is wrong, as far as it comes before finish(): "wrong", "unavailable".
  void guess(const char* who) {
    ++open_;
    shards[0]->spawn("guess", guess_life(who));
    settle();
  }
  sasl::answer ask(sasl::question q) {
    std::optional<sasl::answer> a;
    shards[0]->spawn("ask", ask_life(std::move(q), a));
    while (!a) shards[0]->io().run_one();
    return std::move(*a);
  }
  void check(account what, const char* who, std::string password) {
    ++open_;
    shards[0]->spawn("check", check_life(session::account_request(what, who, std::move(password), "stream")));
    settle();
  }
  /// Until one of those waits there: where there is a storage, that is asked first. Or until they are answered.
  void go_on_to_the_workers() {
    while (workers.waiting() == 0 && open_ != 0) shards[0]->io().run_one();
    settle();
  }
  /// Until all of those are answered, in the order in which they are.
  std::vector<std::string> finish() {
    while (open_ != 0) shards[0]->io().run_one();
    return std::exchange(answers_, {});
  }

  std::vector<std::unique_ptr<net::shard>> shards;
  session::settings settings = one_domain();
  session::manager partition{settings, 0, 1};
  std::vector<session::manager*> partitions{&partition};
  std::unique_ptr<storage::store> store;
  std::unique_ptr<server::stored_accounts> accounts;
  credentials::lanes lanes;
  std::unique_ptr<server::embedded_credentials> source;
  net::workers workers;  // ends first, as it must

 private:
  void open_store() {
    auto opened = storage::store::open({});
    REQUIRE(opened.ok());
    store = std::move(*opened);
    accounts = std::make_unique<server::stored_accounts>(*store, workers, secret, true);
    storage::credentials c;
    c.keys[static_cast<std::size_t>(hash)] = sasl::derive_keys(hash, "right", "salt", sasl::default_iterations);
    c.password = "right";
    REQUIRE(store->write_now([&c](storage::database& db) { return storage::make_account(db, stored, c); }) ==
            storage::outcome::done);
  }

  net::task<> keep_busy(std::shared_ptr<std::promise<void>> began) {
    // Both are the thread's own: it may still be in them when those here are gone.
    const std::function<void()> wait = [began, released = released_] {
      began->set_value();
      released.wait();
    };
    const bool done = co_await workers.run(1, wait);
    CHECK(done);
  }

  net::task<> ask_life(sasl::question q, std::optional<sasl::answer>& a) { a = co_await source->ask(std::move(q)); }

  net::task<> guess_life(std::string who) {
    const auto begin = base::clock::now();
    const auto jid = *base::jid::parse(who);
    auto keys = co_await source->ask(sasl::question(kind::keys, jid, hash));
    auto last = keys.outcome;
    if (keys.keys) {
      CHECK(keys.asked_at >= begin);
      sasl::question pause(jid, hash, keys.asked_at, keys.derived);
      const auto refused = co_await source->ask(std::move(pause));
      last = refused.outcome;
    }
    CHECK((last == verdict::wrong || last == verdict::unavailable));
    if (last == verdict::wrong) CHECK(base::clock::now() - begin >= earliest);
    answered(last == verdict::wrong ? "wrong" : "unavailable");
  }

  net::task<> check_life(session::account_request r) {
    const auto begin = base::clock::now();
    const auto a = co_await accounts->answer(*shards[0], std::move(r));
    if (a == account_outcome::wrong) CHECK(base::clock::now() - begin >= earliest);
    if (a == account_outcome::wrong) answered("wrong");
    if (a == account_outcome::full) answered("full");
    if (a == account_outcome::done) answered("done");
  }

  void answered(std::string what) {
    answers_.push_back(std::move(what));
    --open_;
  }

  std::promise<void> release_;
  std::shared_future<void> released_ = release_.get_future().share();
  bool is_released_ = false;
  std::size_t open_ = 0;
  std::vector<std::string> answers_;
};

using words = std::vector<std::string>;

}  // namespace

TEST_CASE("SECURITY 12: every name's wrong proof waits for the workers once, and is refused when it is time") {
  for (const bool stores : {false, true}) {
    for (const auto* who : {with_keys, without_keys, stored, nobody}) {
      CAPTURE(who);
      house h(stores);
      h.occupy();
      h.guess(who);
      h.go_on_to_the_workers();
      CHECK(h.workers.waiting() == 1);
      h.release();
      CHECK(h.finish() == words{"wrong"});
    }
  }
}

TEST_CASE("SECURITY 12: where the workers have no time, every name's wrong proof hears that") {
  for (const bool stores : {false, true}) {
    for (const auto* who : {with_keys, without_keys, stored, nobody}) {
      CAPTURE(who);
      house h(stores, 0);
      h.occupy();
      h.guess(who);
      CHECK(h.finish() == words{"unavailable"});
    }
  }
}

TEST_CASE("SECURITY 12: who waited for the keys of his account does not wait a second time") {
  const auto who = *base::jid::parse(without_keys);
  house h(false, 0);
  CHECK(h.ask(sasl::question(kind::keys, who, hash)).derived);
  CHECK_FALSE(h.ask(sasl::question(kind::keys, who, hash)).derived);
  h.occupy();
  const auto now = base::clock::now();
  CHECK(h.ask(sasl::question(who, hash, now, true)).outcome == verdict::wrong);
  CHECK(base::clock::now() - now >= earliest);
}

TEST_CASE("SECURITY 12: a refused password or digest waits for the workers once, whoever's it was") {
  struct row {
    account what;
    const char* who;
    const char* given;
  };
  // What is asked of an account of the configuration is to be refused only: its password has been compared.
  const row rows[] = {{account::check_password, stored, "guess"},
                      {account::check_password, nobody, "guess"},
                      {account::refuse, with_keys, ""},
                      {account::check_digest, stored, "00"},
                      {account::check_digest, nobody, "00"}};
  for (const auto& r : rows) {
    CAPTURE(r.who);
    CAPTURE(static_cast<int>(r.what));
    {
      house h(true, 0);
      h.occupy();
      const auto asked_at = base::clock::now();
      h.check(r.what, r.who, r.given);
      CHECK(h.finish() == words{"full"});
      CHECK(base::clock::now() - asked_at >= std::chrono::milliseconds(100));  // as late as any refusal
    }
    house h(true);
    h.occupy();
    h.check(r.what, r.who, r.given);
    h.go_on_to_the_workers();
    CHECK(h.workers.waiting() == 1);
    h.release();
    CHECK(h.finish() == words{"wrong"});
  }
}

TEST_CASE("stored accounts: what is right is right, whether the workers have time for a digest or not") {
  house h(true, 0);
  h.check(account::check_password, stored, "right");
  CHECK(h.finish() == words{"done"});
  h.occupy();
  h.check(account::check_digest, stored, base::sha1_hex("stream", "right"));
  CHECK(h.finish() == words{"done"});
}
