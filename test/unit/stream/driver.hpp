#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "transcript/machine_stage.hpp"
#include "xml/first_tag.hpp"

namespace couplet::stream::test {

inline constexpr std::string_view legacy_header =
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='example.org'>";
inline constexpr std::string_view header_1 =
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='example.org' version='1.0'>";
inline constexpr std::string_view session_address = "alice@example.org/57c1e755";

/// A scene with the defaults of most tests.
inline transcript::scene service(bool plaintext = true, bool registration = false) {
  transcript::scene s;
  s.domains = {"example.org", "two.example"};
  s.plaintext = plaintext;
  s.registration = registration;
  return s;
}

/// A client and a willing session manager around one machine.
class driver {
 public:
  explicit driver(const transcript::scene& s = service()) : stage_(s) {}

  /// Sends, and answers what was written.
  std::string send(std::string_view bytes) {
    stage_.client_sends(bytes);
    return take();
  }
  std::string happens(const std::string& event) {
    stage_.happens(event);
    return take();
  }
  std::string from_manager(std::string kind, std::string address, std::string text = {}) {
    stage_.manager_sends({std::move(kind), std::move(address), std::move(text)});
    return take();
  }
  /// Answers the last auth route with a result.
  std::string grant() {
    const auto asked = routes.back();
    return from_manager("auth", asked.address, "<iq type='result' id='" + request_id() + "'/>");
  }
  std::string refuse(std::string_view code = "401") {
    const auto asked = routes.back();
    return from_manager("auth", asked.address,
                        "<iq type='error' id='" + request_id() + "'><error code='" + std::string(code) + "'/></iq>");
  }
  std::string request_id() const { return std::string(xml::find_attribute(routes.back().text, "id")); }

  std::string legacy_password(std::string_view user = "alice", std::string_view resource = "home") {
    return send("<iq type='set' id='a1'><query xmlns='jabber:iq:auth'><username>" + std::string(user) +
                "</username><password>secret</password><resource>" + std::string(resource) + "</resource></query></iq>");
  }
  /// Up to a running session of alice@example.org/home.
  driver& legacy_open(std::string_view resource = "home") {
    send(legacy_header);
    legacy_password("alice", resource);
    grant();
    from_manager("started", std::string(session_address));
    routes.clear();
    return *this;
  }
  /// Up to the success of SASL.
  driver& sasl_success() {
    send(header_1);
    send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGFsaWNlAHNlY3JldA==</auth>");
    grant();
    routes.clear();
    return *this;
  }
  /// Up to the features with bind.
  driver& sasl_restarted() {
    sasl_success();
    send(header_1);
    return *this;
  }
  driver& sasl_open() {
    sasl_restarted();
    send("<iq type='set' id='b1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>home</resource></bind></iq>");
    from_manager("started", std::string(session_address));
    routes.clear();
    return *this;
  }

  std::string closed() const { return stage_.closed(); }
  client_stream& machine() { return stage_.machine(); }
  const client_stream& machine() const { return stage_.machine(); }
  int logins() const { return stage_.logins(); }

  std::vector<transcript::routed> routes;  ///< all that went to the manager

 private:
  std::string take() {
    for (auto& r : stage_.take_routes()) routes.push_back(std::move(r));
    return stage_.take_written();
  }

  transcript::machine_stage stage_;
};

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace couplet::stream::test
