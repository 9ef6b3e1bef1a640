#include <doctest/doctest.h>

#include "stream/left_session.hpp"

// What somebody had said who has left, in a session that is asked for once more.

using namespace couplet;
using stream::left_session;
using left_outcome = stream::left_session::outcome;

namespace {

constexpr std::uint64_t left_id = 0x0000000500000007;

route::message left_started(std::string session) {
  return route::session_started(route::address(std::move(session)), route::address(left_id));
}
route::message left_failed(std::string from, std::string text) {
  return route::failure(route::address(std::move(from)), route::address(left_id), std::move(text));
}

}  // namespace

TEST_CASE("left session: who has sent a stanza stands in it") {
  CHECK(stream::sender_of("<message to='b@c.org' from='a&apos;@c.org/x &amp; y'><body from='z'/></message>") == "a'@c.org/x & y");
  CHECK(stream::sender_of("<message/>").empty());
}

TEST_CASE("left session: a presence for everybody is no stanza to be said, and others hear of the end") {
  left_session one(left_id, stream::departure("a@b.org/c", false, false));
  one.keep("<presence type='unavailable' from='a@b.org/c'/>", {});
  CHECK(one.kept() == 0);
  one.keep("<presence to='d@b.org' from='a@b.org/c'/>", {});
  CHECK(one.kept() == 1);
}

TEST_CASE("left session: only the answer to its question counts; anything else has found nobody") {
  left_session one(left_id, stream::departure("a@b.org/c", false, false));
  one.keep("<message id='1'/>", {});
  stream::effects fx;
  CHECK(one.on_route(left_started("a@b.org/1"), fx) == left_outcome::none);  // before it has asked
  REQUIRE(fx.to_manager.size() == 1);
  CHECK(std::get<route::failure>(fx.to_manager[0]).to.text == "a@b.org/1");
  fx.clear();
  one.ask({}, fx);
  CHECK(std::get<route::session_start>(fx.to_manager.at(0)).to.text == "a@b.org/c");
  fx.clear();
  CHECK(one.on_route(left_failed("a@b.org/1", "Disconnected"), fx) == left_outcome::none);
  CHECK(one.on_route(route::stanza(route::address(std::string("a@b.org/1")), route::address(left_id), "<message/>"), fx) ==
        left_outcome::none);
  CHECK(std::get<route::failure>(fx.to_manager.at(0)).xml == "<message/>");
  fx.clear();
  CHECK(one.on_route(left_failed("a@b.org/c", std::string(route::failure_text::link_down)), fx) == left_outcome::away);
  one.ask("other", fx);
  CHECK(std::get<route::session_start>(fx.to_manager.at(0)).to.text == "a@b.org/other");
  fx.clear();
  CHECK(one.on_route(left_failed("a@b.org/other", "Session Failed"), fx) == left_outcome::refused);
  CHECK(one.kept() == 1);
  one.ask({}, fx);
  fx.clear();
  CHECK(one.on_route(left_started("a@b.org/2"), fx) == left_outcome::said);
  REQUIRE(fx.to_manager.size() == 2);
  CHECK(std::get<route::stanza>(fx.to_manager[0]).to.text == "a@b.org/2");
  CHECK(std::get<route::failure>(fx.to_manager[1]).to.text == "a@b.org/2");
  CHECK(one.kept() == 0);
}

TEST_CASE("left session: where the manager ends it, others hear of that from there") {
  left_session one(left_id, stream::departure("a@b.org/c", false, true));
  stream::effects fx;
  one.ask({}, fx);
  CHECK(one.on_route(left_started("a@b.org/2"), fx) == left_outcome::speaks);
  CHECK(one.is_shown());
  CHECK(one.shown().who == "a@b.org/c");
  CHECK(one.on_route(route::failure(route::address(std::string("a@b.org/2")), route::address(left_id), "Replaced"), fx) ==
        left_outcome::said);
  CHECK_FALSE(one.is_shown());
}
