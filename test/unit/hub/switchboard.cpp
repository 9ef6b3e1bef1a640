#include "hub/switchboard.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <stdexcept>

#include "base/log.hpp"
#include "two_shards.hpp"

// Who gets which message, in which order, and what becomes of the rest. No threads: two shards take turns.

namespace couplet::hub::test {

TEST_CASE("a message for the manager goes where the placement says, from any shard") {
  two_shards house;
  house.board(0).to_manager(up("<a/>", 0));
  house.board(0).to_manager(up("<b/>", 1));
  house.board(1).to_manager(up("<c/>", 0));
  house.board(1).to_manager(up("<d/>", 1));
  house.board(1).to_manager(up("<e/>", 3));  // two shards: the third is the first
  CHECK(house.take().empty());               // never from inside of a send
  house.first.io().poll();
  CHECK(house.take() == record{"manager 0: <a/>", "manager 0: <c/>"});
  house.settle();
  CHECK(house.take() == record{"manager 1: <b/>", "manager 1: <d/>", "manager 1: <e/>"});
}

TEST_CASE("a message for a client goes to its shard") {
  two_shards house;
  for (std::uint32_t from = 0; from < 2; ++from) {
    house.board(from).to_client(down("<a/>", client_on(0)));
    house.board(from).to_client(down("<b/>", client_on(1)));
    CHECK(house.take().empty());
    house.first.io().poll();
    CHECK(house.take() == record{"client 0: <a/>"});
    house.settle();
    CHECK(house.take() == record{"client 1: <b/>"});
  }
  CHECK(house.board(0).bounced() + house.board(1).bounced() == 0);
}

TEST_CASE("what has no handle belongs to the connected c2s, on their shard") {
  for (std::uint32_t remote_shard = 0; remote_shard < 2; ++remote_shard) {
    two_shards house(0, remote_shard);
    const route::address session(std::string("session0"));
    const route::address far(std::string("client@c2s.example"));
    house.board(0).to_client(route::stanza(session, far, "<a/>"));
    house.board(1).to_client(route::stanza(session, far, "<b/>"));
    house.settle();
    auto got = house.take();
    std::sort(got.begin(), got.end());
    CHECK(got == record{"remote: <a/>", "remote: <b/>"});
    house.remote.serves = false;
    house.board(0).to_client(route::stanza(session, far, "<c/>"));
    house.settle();
    CHECK(house.take() == record{"manager 0: failure <c/>"});
    CHECK(house.board(remote_shard).bounced() == 1);
  }
}

TEST_CASE("the messages of one sender arrive in their order, however the turns fall") {
  two_shards house;
  record expected;
  for (int i = 0; i < 300; ++i) {
    const auto xml = "<m" + std::to_string(i) + "/>";
    house.board(0).to_manager(up(xml, 1));
    if (i % 7 == 0) house.second.io().poll();
    if (i % 11 == 0) house.first.io().poll();
    expected.push_back("manager 1: " + xml);
  }
  house.settle();
  CHECK(house.take() == expected);

  expected.clear();
  for (int i = 0; i < 300; ++i) {
    const auto xml = "<m" + std::to_string(i) + "/>";
    house.board(1).to_client(down(xml, client_on(0)));
    if (i % 5 == 0) house.first.io().poll();
    expected.push_back("client 0: " + xml);
  }
  house.settle();
  CHECK(house.take() == expected);
}

TEST_CASE("what a manager answers while it takes a batch arrives, in the order of the answers") {
  two_shards house;
  house.manager_1.then = [&](route::message&& m) {
    house.board(1).to_client(down(std::get<route::stanza>(m).xml, client_on(0)));
  };
  for (const char* xml : {"<a/>", "<b/>", "<c/>"}) house.board(0).to_manager(up(xml, 1));
  house.settle();
  CHECK(house.take() == record{"manager 1: <a/>", "manager 1: <b/>", "manager 1: <c/>",  //
                               "client 0: <a/>", "client 0: <b/>", "client 0: <c/>"});
}

TEST_CASE("a message for nobody comes back to who sent it, once, and is counted") {
  two_shards house;
  house.clients_1.unknown = client_on(1);
  house.board(0).to_client(down("<gone/>", client_on(1), 1));                                 // its shard has no such client
  house.board(0).to_client(down("<far/>", route::client_id{7, 1, 1}.packed(), 1));            // there is no such shard
  house.board(1).to_client(down("<far2/>", route::client_id{255, 0xFFFFFF, 1}.packed(), 0));  // nor this one
  house.settle();
  auto got = house.take();
  std::sort(got.begin(), got.end());
  CHECK(got == record{"manager 0: failure <far2/>", "manager 1: failure <far/>", "manager 1: failure <gone/>"});
  CHECK(house.board(0).bounced() == 1);
  CHECK(house.board(1).bounced() == 2);
}

TEST_CASE("a bounced message has its ends swapped") {
  two_shards house;
  house.clients_0.unknown = client_on(0);
  route::failure answer;
  house.manager_1.then = [&](route::message&& m) { answer = std::get<route::failure>(m); };
  house.board(0).to_client(down("<a/>", client_on(0), 1));
  house.settle();
  CHECK(answer.from == route::address(client_on(0)));
  CHECK(answer.to.text == "session1");
  CHECK(answer.xml == "<a/>");
}

TEST_CASE("what was bounced already, or is an answer, is not bounced again: no message goes round for ever") {
  base::log::set_level(base::log::level::off);
  two_shards house;
  house.clients_0.unknown = client_on(0);
  // A manager that returns to the client whatever comes from it.
  int rounds = 0;
  house.manager_0.then = [&](route::message&& m) {
    REQUIRE(++rounds < 10);
    route::from_of(m).text = "session0";
    auto& f = std::get<route::failure>(m);
    house.board(0).to_client(route::failure(f.to, f.from, "no", f.xml));
  };
  house.board(0).to_client(down("<a/>", client_on(0)));
  house.settle();
  CHECK(rounds == 1);
  CHECK(house.board(0).bounced() == 2);  // the stanza, and the failure that nobody was told of
  CHECK(house.take() == record{"manager 0: failure <a/>"});

  house.board(0).to_client(route::failure(route::address(std::string("session0")), route::address(client_on(0)), "ended"));
  house.board(0).to_client(route::auth(route::address(std::string("u@h0")), route::address(client_on(0)), "<iq type='result'/>"));
  house.board(0).to_client(down("", client_on(0)));
  house.settle();
  CHECK(house.take().empty());
}

TEST_CASE("with nobody attached, messages end somewhere") {
  base::log::set_level(base::log::level::off);
  net::shard s(0);
  exchange::options o;
  o.placement = [](const route::message&, std::uint32_t) { return 0U; };
  exchange bare({&s}, std::move(o));
  bare.on(0).to_client(down("<a/>", client_on(0)));
  bare.on(0).to_client(route::stanza(route::address(std::string("session0")), route::address(std::string("c@c2s")), "<b/>"));
  while (s.io().poll() != 0) {
  }
  CHECK(bare.on(0).bounced() == 4);  // each of them, and each answer
  bare.set_manager_state(false);
  bare.add_congested_manager();
  CHECK(bare.on(0).manager_congested());
  bare.remove_congested_manager();
  while (s.io().poll() != 0) {
  }
  CHECK_FALSE(bare.on(0).manager_up());
}

TEST_CASE("a manager that throws costs one message, and says so") {
  static std::string logged;
  logged.clear();
  base::log::set_level(base::log::level::error);
  base::log::set_sink([](std::string_view line) { logged.append(line); });
  two_shards house;
  house.manager_0.then = [](route::message&& m) {
    if (text_of(m) == "<b/>") throw std::runtime_error("a bug");
  };
  for (const char* xml : {"<a/>", "<b/>", "<c/>"}) house.board(0).to_manager(up(xml));
  house.settle();
  base::log::set_sink(nullptr);
  CHECK(house.take() == record{"manager 0: <a/>", "manager 0: <b/>", "manager 0: <c/>"});
  CHECK(logged.find("a bug") != std::string::npos);
}

TEST_CASE("something else of the shard is drained in the same turns") {
  two_shards house;
  int left = 1;
  house.board(0).also_drain([&] {
    if (left == 0) return false;
    --left;
    house.seen.push_back("drained");
    return true;
  });
  house.first.request_turn();
  house.settle();
  CHECK(house.take() == record{"drained"});
}

TEST_CASE("a c2s that is gone is told of behind its routes, to every manager") {
  two_shards house;
  house.board(1).to_manager(up("<a/>", 0));
  house.board(1).to_manager(up("<b/>", 1));
  const auto gone = c2s_gone("c2s.example");
  house.board(1).to_all_managers(gone);
  house.board(1).to_manager(up("<c/>", 0));
  house.board(1).to_manager(up("<d/>", 1));
  CHECK(gone_c2s(gone) == "c2s.example");  // a copy went to each
  house.first.io().poll();
  CHECK(house.take() == record{"manager 0: <a/>", "manager 0: gone c2s.example", "manager 0: <c/>"});
  house.settle();
  CHECK(house.take() == record{"manager 1: <b/>", "manager 1: gone c2s.example", "manager 1: <d/>"});
}

TEST_CASE("an ordinary message is not taken for a c2s that is gone") {
  const route::address c2s(std::string("c2s.example"));
  const route::address session(std::string("u@example.org/1f"));
  CHECK(gone_c2s(route::failure(c2s, session)).empty());
  CHECK(gone_c2s(route::failure(c2s, route::address(client_on(0)))).empty());
  CHECK(gone_c2s(route::failure(route::address(std::string("client@c2s.example")), route::address())).empty());
  CHECK(gone_c2s(route::failure()).empty());
  CHECK(gone_c2s(route::stanza(c2s, route::address(), "<a/>")).empty());
}

TEST_CASE("every shard hears whether the manager can serve, on its own turn") {
  two_shards house;
  CHECK(house.board(0).manager_up());
  house.whole.set_manager_state(false);
  CHECK(house.board(0).manager_up());
  house.first.io().poll();
  CHECK_FALSE(house.board(0).manager_up());
  CHECK(house.board(1).manager_up());
  CHECK(house.take() == record{"client 0 hears down"});
  house.settle();
  CHECK_FALSE(house.board(1).manager_up());
  house.whole.set_manager_state(true);
  house.settle();
  CHECK(house.board(0).manager_up());
  CHECK(house.board(1).manager_up());
  CHECK(house.take() == record{"client 1 hears down", "client 0 hears up", "client 1 hears up"});
  house.whole.start_with_manager(false);  // before the shards run: nobody is there to be told
  CHECK_FALSE(house.board(0).manager_up());
  house.settle();
  CHECK(house.take().empty());
}

TEST_CASE("a manager hears when all shards know how it is, of the last state that was set") {
  two_shards house;
  CHECK(house.whole.have_all_heard());
  house.whole.set_manager_away();
  CHECK_FALSE(house.whole.have_all_heard());
  house.first.io().poll();
  CHECK_FALSE(house.whole.have_all_heard());
  house.whole.set_manager_state(true);
  house.first.io().poll();
  CHECK(house.take() == record{"client 0 hears away", "client 0 hears up"});
  house.settle();
  CHECK(house.whole.have_all_heard());
  CHECK(house.take() == record{"client 1 hears away", "client 1 hears up"});
  CHECK(house.manager_0.all_have_heard == 1);
  CHECK(house.manager_1.all_have_heard == 1);
}

TEST_CASE("of several managers one is away, up, gone: every shard hears of its clients, and newcomers are let in all the same") {
  two_shards house;
  house.whole.set_manager_away_of({1, 2, 3});
  CHECK_FALSE(house.whole.have_all_heard());
  house.settle();
  CHECK(house.whole.have_all_heard());
  house.whole.set_manager_state_of({1, 2}, true);
  house.settle();
  house.whole.set_manager_state_of({3}, false);
  house.settle();
  CHECK(house.take() == record{"client 0 hears away of 3", "client 1 hears away of 3", "client 0 hears up of 2",
                               "client 1 hears up of 2", "client 0 hears down of 1", "client 1 hears down of 1"});
  CHECK(house.board(0).manager_up());
  CHECK_FALSE(house.board(0).manager_away());
  house.whole.admit(false);
  house.settle();
  CHECK_FALSE(house.board(0).manager_up());
  CHECK_FALSE(house.board(1).manager_up());
  CHECK(house.take().empty());  // nobody but newcomers notices
  house.whole.admit(true);
  house.settle();
  CHECK(house.board(1).manager_up());
}

TEST_CASE("sessions that are asked for in two rounds at once are back when those of both are") {
  two_shards house;
  house.clients_1.asks_at_once = false;
  house.whole.set_manager_anew_of({1});
  house.settle();
  CHECK(house.take() == record{"client 0 hears anew of 1", "client 1 hears anew of 1"});
  house.board(1).session_awaited();
  house.whole.set_manager_anew_of({1, 2});
  house.settle();
  house.take();
  house.board(1).session_back();
  house.board(1).all_of_them_have_asked();
  house.settle();
  CHECK(house.take().empty());
  house.board(1).all_of_them_have_asked();
  house.settle();
  CHECK(house.take_sorted() == record{"client 0 hears sessions back", "client 1 hears sessions back"});
}

TEST_CASE("what was sent to a client before the manager went down arrives before it hears of that") {
  two_shards house;
  house.board(0).to_client(down("<near/>", client_on(0)));
  house.board(0).to_client(down("<far/>", client_on(1)));
  house.whole.set_manager_state(false);
  house.settle();
  CHECK(house.take() == record{"client 0: <near/>", "client 0 hears down", "client 1: <far/>", "client 1 hears down"});
}

TEST_CASE("a manager that is away again before all have asked it is asked on when it is back, and all wait until they have") {
  two_shards house;
  house.clients_1.asks_at_once = false;
  house.whole.set_manager_anew();
  house.settle();
  CHECK(house.take() == record{"client 0 hears anew", "client 0 hears up", "client 1 hears anew"});
  CHECK(house.board(1).manager_away());
  house.whole.set_manager_away();
  house.settle();
  CHECK(house.take() == record{"client 0 hears away", "client 1 hears away"});
  CHECK_FALSE(house.board(1).manager_up());
  house.whole.set_manager_state(true);
  house.settle();
  CHECK(house.take() == record{"client 0 hears up", "client 1 hears resumed"});
  CHECK(house.board(1).manager_up());
  CHECK(house.board(1).manager_away());
  CHECK_FALSE(house.board(0).manager_away());
  house.board(1).all_have_asked();
  house.settle();
  CHECK(house.take_sorted() == record{"client 0 hears sessions back", "client 1 hears sessions back", "client 1 hears up"});
  CHECK_FALSE(house.board(1).manager_away());
}

TEST_CASE("a manager that is another one, or none, before all have asked it: the count of those who wait comes out even") {
  for (const bool another : {false, true}) {
    CAPTURE(another);
    two_shards house;
    house.clients_0.asks_at_once = house.clients_1.asks_at_once = false;
    house.whole.set_manager_anew();
    house.whole.set_manager_away();
    house.settle();
    house.take();
    if (another) {
      house.whole.set_manager_anew();
      house.settle();
      CHECK(house.take() == record{"client 0 hears anew", "client 1 hears anew"});
      house.board(0).all_have_asked();
      house.board(1).all_have_asked();
      house.settle();
      CHECK(house.take_sorted() ==
            record{"client 0 hears sessions back", "client 0 hears up", "client 1 hears sessions back", "client 1 hears up"});
    } else {
      house.whole.set_manager_state(false);
      house.settle();
      CHECK(house.take_sorted() ==
            record{"client 0 hears down", "client 0 hears sessions back", "client 1 hears down", "client 1 hears sessions back"});
    }
    house.board(0).session_awaited();
    house.board(0).session_back();
    house.settle();
    CHECK(house.take_sorted() == record{"client 0 hears sessions back", "client 1 hears sessions back"});
  }
}

TEST_CASE("names are looked for on all shards, and where sessions are waited for when they are back") {
  two_shards house;
  house.board(1).look_for_names();
  house.settle();
  CHECK(house.take() == record{"client 0 looks for names", "client 1 looks for names"});
  house.board(0).session_awaited();
  house.board(1).look_for_names();
  house.settle();
  CHECK(house.take().empty());
}

}  // namespace couplet::hub::test
