#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/jid.hpp"
#include "fake_storage.hpp"
#include "route/client_id.hpp"
#include "session/manager.hpp"

namespace couplet::session::testing {

using lines = std::vector<std::string>;

inline settings example(bool registration = false) {
  settings s;
  s.domains = {"example.org", "example.net"};
  s.registration = registration;
  return s;
}

/// All partitions of a manager and the clients in front of them. Everything that comes out is written down in order, one line
/// each:
///
///   romeo + started            a session runs
///   romeo <- <message .../>    a stanza for the client
///   n@c2s <~ <message .../>    a notice comes back to a c2s
///   romeo x Session Failed     the client can't go on; the XML that came with it, if any, follows
///   others <- <message .../>   a stanza for a domain that is not served here
///
/// What is asked of the storage is answered at once by a fake; while `storage_waits` is set, when storage_answers() is called.
class world {
 public:
  explicit world(const settings& s = example(), std::uint32_t partitions = 1) : count_(partitions) {
    for (std::uint32_t i = 0; i < partitions; ++i) partitions_.push_back(std::make_unique<manager>(s, i, partitions));
  }

  void account(std::string_view bare, std::string password = "secret") {
    REQUIRE(of(bare).put_account(base::jid::parse(bare).value(), std::move(password)).ok());
  }

  /// A client asks for a session of this full JID, from a connection of this process (or of another one).
  lines starts(const std::string& name, const std::string& full_jid, bool remote = false) {
    auto& c = clients_[name];
    c.c2s = remote ? route::address(name + "@c2s.example.org") : route::address(++last_handle_);
    names_[key(c.c2s)] = name;
    return route(route::session_start(c.c2s, route::address(full_jid)));
  }
  /// The same with an account that is made, and initial presence; what came out of it is forgotten.
  void online(const std::string& name, const std::string& full_jid, int priority = 0, bool remote = false) {
    const auto bare = full_jid.substr(0, full_jid.find('/'));
    account(bare);
    REQUIRE(starts(name, full_jid, remote).size() >= 1);
    says(name, "<presence><priority>" + std::to_string(priority) + "</priority></presence>");
  }
  lines says(const std::string& name, std::string xml) {
    return route(route::stanza(clients_.at(name).c2s, clients_.at(name).session, std::move(xml)));
  }
  /// The client is gone; `xml` was not taken by it.
  lines gone(const std::string& name, std::string xml = {}) {
    return route(route::failure(clients_.at(name).c2s, clients_.at(name).session, {}, std::move(xml)));
  }
  lines c2s_gone(std::string_view domain) {
    for (auto& p : partitions_) p->on_c2s_gone(domain, out_);
    return settle();
  }
  /// An auth route; the answer's iq, or "failure: " and its text.
  std::string auth(std::string_view to, std::string iq) {
    effects out;
    route::message m = route::auth(route::address(7), route::address(std::string(to)), std::move(iq));
    at(m).on_route(std::move(m), out);
    REQUIRE(out.to_c2s.size() == 1);
    REQUIRE(out.to_partitions.empty());
    CHECK(route::to_of(out.to_c2s[0]) == route::address(7));
    CHECK(route::from_of(out.to_c2s[0]) == route::address(std::string(to)));
    if (const auto* answer = std::get_if<route::auth>(&out.to_c2s[0])) return answer->iq;
    const auto& failure = std::get<route::failure>(out.to_c2s[0]);
    CHECK(failure.xml.empty());
    return "failure: " + failure.text;
  }
  lines route(route::message m) {
    auto& p = at(m);
    p.on_route(std::move(m), out_);
    return settle();
  }
  lines deliver(std::string xml) {
    partitions_[0]->on_delivery(delivery(0, std::move(xml)), out_);
    return settle();
  }

  lines storage_answers() {
    storage_waits = false;
    return settle();
  }

  /// Answers what is asked about stored accounts; none: nobody asks.
  std::function<account_outcome(const account_request&)> accounts;
  fake_storage storage;
  bool storage_waits = false;

  manager& of(std::string_view bare) { return *partitions_[partition_of(bare, count_)]; }
  const route::address& c2s(const std::string& name) { return clients_.at(name).c2s; }
  const route::address& session(const std::string& name) { return clients_.at(name).session; }
  std::uint64_t returned_notices() const {
    std::uint64_t sum = 0;
    for (const auto& p : partitions_) sum += p->returned_notices();
    return sum;
  }
  std::size_t sessions() const {
    std::size_t sum = 0;
    for (const auto& p : partitions_) sum += p->session_count();
    return sum;
  }

 private:
  struct client {
    route::address c2s, session;
  };
  static std::string key(const route::address& a) { return a.handle != 0 ? std::to_string(a.handle) : a.text; }
  manager& at(const route::message& m) { return *partitions_[partition_for(m, count_)]; }

  lines settle() {
    lines log;
    while (!out_.to_c2s.empty() || !out_.to_partitions.empty() || !out_.to_others.empty() || !out_.to_entries.empty() ||
           !out_.to_storage.empty() || (!storage_waits && !asked_.empty())) {
      auto now = std::exchange(out_, effects());
      for (auto& r : now.to_entries) asked_.push_back(std::move(r));
      for (const auto& xml : now.to_others) log.push_back("others <- " + xml);
      for (auto& m : now.to_c2s) write_down(log, m);
      for (auto& d : now.to_partitions) {
        REQUIRE(d.partition < count_);
        auto& p = *partitions_[d.partition];
        p.on_delivery(std::move(d), out_);
      }
      for (auto& r : now.to_storage)
        if (accounts) of(r.bare_jid).on_account_answer(r.number, accounts(r), out_);
      if (storage_waits) continue;
      for (auto& r : std::exchange(asked_, {})) of(r.owner).on_storage_answer(r.number, storage.answer(r), out_);
    }
    return log;
  }
  void write_down(lines& log, const route::message& m) {
    const auto name = names_.count(key(route::to_of(m))) != 0 ? names_[key(route::to_of(m))] : "nobody";
    if (const auto* started = std::get_if<route::session_started>(&m)) {
      clients_[name].session = started->from;
      log.push_back(name + " + started" + started->child);
    } else if (const auto* stanza = std::get_if<route::stanza>(&m)) {
      log.push_back(name + " <- " + stanza->xml);
      if (const auto& from = route::trace_of(m)->origin; from.is_known()) route::append(log.back() += ", by ", from);
    } else if (const auto* notice = std::get_if<route::notice>(&m)) {
      CHECK(notice->returned);
      log.push_back(notice->to.text + " <~ " + notice->xml);
    } else {
      const auto& failure = std::get<route::failure>(m);
      log.push_back(name + " x " + failure.text + failure.xml);
    }
  }

  std::uint32_t count_;
  std::vector<std::unique_ptr<manager>> partitions_;
  std::map<std::string, client> clients_;
  std::map<std::string, std::string> names_;
  std::uint64_t last_handle_ = 100;
  std::vector<storage_request> asked_;
  effects out_;
};

/// What a stanza error looks like inside.
inline std::string error(std::string_view type, std::string_view code, std::string_view condition) {
  std::string text = "<error type='";
  text.append(type).append("' code='").append(code).append("'><").append(condition);
  return text.append(" xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>");
}

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace couplet::session::testing
