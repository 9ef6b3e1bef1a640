#include <doctest/doctest.h>

#include "driver.hpp"
#include "stream/errors.hpp"

// Who may make an account: by a token (XEP-0445), and so often from one address. What is in the forms is in the transcripts.

namespace couplet::stream {
namespace {

using namespace test;

class gate final : public surroundings {
 public:
  explicit gate(int most) : left_(most) {}
  bool admit_registration() override { return left_-- > 0; }
  std::string_view client_address() const override { return {}; }
  std::uint16_t client_port() const override { return 0; }

 private:
  int left_;
};

/// A client's machine by itself: the stage knows no gate.
class side {
 public:
  explicit side(std::string token, gate* g = nullptr) : gate_(g) {
    settings_.domains = {"example.org"};
    settings_.offer_registration = true;
    settings_.registration_token = std::move(token);
    machine_ = std::make_unique<client_stream>(settings_, 1, true);
    send("<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='example.org' version='1.0'>");
  }
  std::string send(std::string_view bytes) {
    effects_.clear();
    for (auto t = tokenizer_.next(bytes); t != xml::token::need_more; t = tokenizer_.next(bytes)) {
      if (t == xml::token::header) machine_->on_header(tokenizer_.header(), true, effects_);
      if (t == xml::token::element) machine_->on_element(tokenizer_.element(), {}, true, scratch_, effects_, gate_);
    }
    return effects_.to_peer;
  }
  /// Answers whether the manager is asked.
  bool registers(const std::string& type = "set") {
    answer = send("<iq type='" + type +
                  "' id='r'><query xmlns='jabber:iq:register'><username>bob</username><password>secret</password></query></iq>");
    if (effects_.to_manager.empty()) return false;
    const auto* const asked = std::get_if<route::auth>(&effects_.to_manager.front());
    REQUIRE(asked != nullptr);
    const std::string id(xml::find_attribute(asked->iq, "id"));
    const auto from = route::to_of(effects_.to_manager.front());
    effects_.clear();
    machine_->on_route(route::auth(from, route::address(1), "<iq type='result' id='" + id + "'/>"), effects_);
    return true;
  }
  std::string show(const std::string& token) {
    return send("<iq type='set' id='p'><preauth xmlns='urn:xmpp:pars:0' token='" + token + "'/></iq>");
  }
  base::close_reason closed() const { return effects_.close; }
  std::string answer;

 private:
  client_settings settings_;
  gate* gate_;
  xml::workspace_pool pool_;
  xml::tokenizer_limits limits_;
  xml::tokenizer tokenizer_{pool_, limits_};
  xml::fragment scratch_;
  effects effects_;
  std::unique_ptr<client_stream> machine_;
};

}  // namespace

TEST_CASE("registration: with a token accounts are for those who show it") {
  side s("let-me-in");
  CHECK(!s.registers());
  CHECK(contains(s.answer, "<forbidden"));
  CHECK(!contains(s.answer, "secret"));
  CHECK(s.registers("get"));  // what the form looks like is no secret
  CHECK(contains(s.show("let-me"), "<item-not-found"));
  CHECK(!s.registers());
  CHECK(s.show("let-me-in") == "<iq type='result' id='p'/>");
  CHECK(s.registers());
}

TEST_CASE("registration: a token is no riddle to be solved") {
  side s("let-me-in");
  for (int i = 0; i < 4; ++i) CHECK(s.show(std::to_string(i)).find("stream:error") == std::string::npos);
  CHECK(contains(s.show("5"), "<policy-violation"));
  CHECK(s.closed() == base::close_reason::too_many_attempts);
}

TEST_CASE("registration: without a token nobody is asked for one, and whoever shows one is let through") {
  side s("");
  CHECK(s.registers());
  CHECK(s.show("x") == "<iq type='result' id='p'/>");
}

TEST_CASE("registration: where the rate is used up, the client is told to wait, and stays") {
  gate g(2);
  side s("", &g);
  CHECK(s.registers());
  CHECK(s.registers());
  CHECK(!s.registers());
  CHECK(contains(s.answer, "type='wait'"));
  CHECK(contains(s.answer, "<resource-constraint"));
  CHECK(s.registers("get"));
  CHECK(s.closed() == base::close_reason::none);
  // What cannot work is not counted.
  gate one(1);
  side other("token", &one);
  CHECK(!other.registers());
  other.show("token");
  CHECK(other.registers());
}

TEST_CASE("registration: the features say that a token is needed") {
  std::string out;
  offer what;
  append_features(out, has::version_1 | has::passwords | has::registration, what);
  CHECK(contains(out, "<register xmlns='http://jabber.org/features/iq-register'/>"));
  CHECK(!contains(out, "urn:xmpp:invite"));
  what.invited_only = true;
  out.clear();
  append_features(out, has::version_1 | has::passwords | has::registration, what);
  CHECK(contains(out, "<register xmlns='urn:xmpp:invite'/>"));
}

TEST_CASE("a client that is sent elsewhere is told where") {
  std::string out;
  append_stream_error(out, base::close_reason::moved, "[2001:db8::1]:5222");
  CHECK(out ==
        "<stream:error><see-other-host "
        "xmlns='urn:ietf:params:xml:ns:xmpp-streams'>[2001:db8::1]:5222</see-other-host></stream:error>");
}

}  // namespace couplet::stream
