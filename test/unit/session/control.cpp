#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "fake_storage.hpp"
#include "route/client_id.hpp"
#include "route/codec.hpp"
#include "session/manager.hpp"

// Session control from the manager's side, as bytes: what jadc2s or another Couplet writes, and what it gets.

using namespace couplet;

namespace {

#define SC "xmlns:sc='http://jabberd.jabberstudio.org/ns/session/1.0'"

/// A manager with accounts for alice and bob, and more than one partition, so that routes have to find theirs.
class control_world {
 public:
  explicit control_world(std::uint32_t partitions = 3) {
    session::settings s;
    s.domains = {"localhost"};
    s.max_sessions_per_account = 3;
    for (std::uint32_t i = 0; i < partitions; ++i) partitions_.push_back(std::make_unique<session::manager>(s, i, partitions));
    for (const auto* user : {"alice@localhost", "bob@localhost"}) {
      const auto who = base::jid::parse(user).value();
      REQUIRE(partitions_[session::partition_of(who.bare(), partitions)]->put_account(who, "secret").ok());
    }
  }

  /// What is sent for this route, as bytes, and to whom else it goes.
  std::string route(const std::string& bytes) {
    auto m = route::parse(bytes, route::writer::c2s);
    REQUIRE(m.ok());
    partitions_[session::partition_for(*m, count())]->on_route(std::move(*m), out_);
    std::string said;
    while (!out_.to_c2s.empty() || !out_.to_partitions.empty() || !out_.to_entries.empty()) {
      auto now = std::exchange(out_, session::effects());
      for (const auto& sent : now.to_c2s) route::append(said, sent);
      for (auto& d : now.to_partitions) partitions_[d.partition]->on_delivery(std::move(d), out_);
      for (const auto& r : now.to_entries) {
        partitions_[session::partition_of(r.owner, count())]->on_storage_answer(r.number, storage_.answer(r), out_);
      }
    }
    return said;
  }
  std::string starts(const std::string& connection, const std::string& jid, const std::string& to) {
    const auto said = route("<route from='" + connection + "@jadc2s' to='" + to + "'><sc:session " SC " action='start' target='" +
                            jid + "' sc:c2s='" + connection + "' id='0'/></route>");
    sm = name_in(said);
    return said;
  }
  /// Of a session of this full JID, with its presence told.
  std::string online(const std::string& connection, const std::string& jid) {
    starts(connection, jid, jid);
    REQUIRE(sm.size() == 16);
    says(connection, jid, "<presence " + names(connection, sm) + "/>");
    return sm;
  }
  std::string says(const std::string& connection, const std::string& to, const std::string& xml) {
    return route("<route from='" + connection + "@jadc2s' to='" + to + "'>" + xml + "</route>");
  }
  std::string ends(const std::string& connection, const std::string& name) {
    return route("<route from='" + connection + "@jadc2s' to='localhost'><sc:session " SC " action='end' sc:c2s='" + connection +
                 "' sc:sm='" + name + "'/></route>");
  }
  void c2s_gone(std::string_view domain) {
    for (auto& p : partitions_) p->on_c2s_gone(domain, out_);
    out_.clear();
  }
  static std::string names(const std::string& connection, const std::string& name) {
    return SC " sc:c2s='" + connection + "' sc:sm='" + name + "'";
  }
  std::size_t sessions() const {
    std::size_t sum = 0;
    for (const auto& p : partitions_) sum += p->session_count();
    return sum;
  }
  std::string sm;  ///< of the last session that started

 private:
  static std::string name_in(const std::string& said) {
    const auto at = said.find(" sc:sm='");
    return at == std::string::npos ? std::string() : said.substr(at + 8, said.find('\'', at + 8) - at - 8);
  }
  std::uint32_t count() const { return static_cast<std::uint32_t>(partitions_.size()); }
  std::vector<std::unique_ptr<session::manager>> partitions_;
  session::testing::fake_storage storage_;
  session::effects out_;
};

std::string to_client(const std::string& connection, const std::string& from, const std::string& inside,
                      const std::string& more = {}) {
  return "<route from='" + from + "' to='" + connection + "@jadc2s'" + more + ">" + inside + "</route>";
}

}  // namespace

TEST_CASE("session control: a start is answered in place, whatever address of ours it went to") {
  control_world w;
  for (const std::string to : {"localhost", "alice@localhost/home"}) {
    CHECK(w.starts("7", "alice@localhost/home", to)
              .starts_with(to_client(
                  "7", to,
                  "<sc:session " SC " action='started' target='alice@localhost/home' sc:c2s='7' id='0' sc:sm='" + w.sm + "'/>")));
    CHECK(w.sm.size() == 16);
  }
  CHECK(w.sessions() == 1);
}

TEST_CASE("session control: what cannot start keeps its action and fails") {
  control_world w;
  const auto refused = [&w](const std::string& target, const std::string& more, const std::string& why) {
    CAPTURE(target);
    const auto inside = "<sc:session " SC " action='start'" + target + more;
    CHECK(w.route("<route from='3@jadc2s' to='localhost'>" + inside + "/></route>") ==
          to_client("3", "localhost", inside + " failed='" + why + "'/>"));
  };
  for (const auto* target : {" target='nobody@localhost/x'", "", " target='alice@localhost'", " target='localhost/x'",
                             " target='alice@elsewhere/x'", " target='a b@localhost/x'"})
    refused(target, " sc:c2s='3'", "Session Failed");
  refused(" target='alice@localhost/q'", "", "Session Failed");
  for (const auto* resource : {"1", "2", "3"}) w.starts(resource, std::string("alice@localhost/") + resource, "localhost");
  refused(" target='alice@localhost/4'", " sc:c2s='3'", "Too many sessions");
  CHECK(w.sessions() == 3);
  CHECK(w.route("<route from='3@jadc2s' to='other.host'><sc:session " SC
                " action='start' target='alice@localhost/x' sc:c2s='3'/></route>") ==
        "<route from='other.host' to='3@jadc2s' type='error' error='Unable to deliver, destination unknown'><sc:session " SC
        " action='start' target='alice@localhost/x' sc:c2s='3'/></route>");
}

TEST_CASE("session control: stanzas carry the names both ways, and come from where the start went") {
  control_world w;
  const auto alice = w.online("1", "alice@localhost/home");
  w.starts("2", "bob@localhost/work", "localhost");
  const auto bob = w.sm;
  CHECK(w.says("1", "alice@localhost/home",
               "<message " SC " sc:sm='" + alice + "' to='bob@localhost/work' id='m1'><body>hi</body></message>") ==
        to_client("2", "localhost",
                  "<message " + control_world::names("2", bob) +
                      " from='alice@localhost/home' to='bob@localhost/work' id='m1'><body>hi</body></message>"));
  // By namespace, whatever the prefix; to a session of the first generation as well.
  const auto legacy = w.route("<route type='session' from='9@jadc2s' to='bob@localhost/old'/>");
  const auto address = legacy.substr(13, legacy.find('\'', 13) - 13);
  CHECK(
      w.says("2", "localhost",
             "<message xmlns:zz='http://jabberd.jabberstudio.org/ns/session/1.0' zz:sm='" + bob + "' to='bob@localhost/old'/>") ==
      to_client("9", address, "<message from='bob@localhost/work' to='bob@localhost/old'/>"));
}

TEST_CASE("session control: a stanza for a session that is not, or not the sender's, comes back with its names") {
  control_world w;
  const auto alice = w.online("1", "alice@localhost/home");
  const auto legacy = w.route("<route type='session' from='9@jadc2s' to='bob@localhost/old'/>");
  const auto of_legacy = legacy.substr(legacy.find('/') + 1, 16);
  const std::string none = route::hex16(route::client_id{2, 5, 99}.packed());
  struct row {
    std::string connection, name;
  };
  for (const auto& [connection, name] : {row{"1", "ffff"}, row{"1", none}, row{"2", alice}, row{"9", of_legacy}}) {
    CAPTURE(name);
    const auto stanza = "<presence " + control_world::names(connection, name) + "/>";
    CHECK(w.says(connection, "alice@localhost/home", stanza) == "<route from='alice@localhost/home' to='" + connection +
                                                                    "@jadc2s' type='error' error='Invalid Session'>" + stanza +
                                                                    "</route>");
  }
  CHECK(w.sessions() == 2);
}

TEST_CASE("session control: an end is always answered, and ends the sender's own session only") {
  control_world w;
  const auto alice = w.online("1", "alice@localhost/home");
  const auto answer = [](const std::string& connection, const std::string& name) {
    return to_client(
        connection, "localhost",
        "<sc:session " SC " action='ended' sc:c2s='" + connection + "'" + (name.empty() ? "" : " sc:sm='" + name + "'") + "/>");
  };
  CHECK(w.ends("2", alice) == answer("2", alice));
  CHECK(w.sessions() == 1);
  CHECK(w.ends("1", "ffff") == answer("1", "ffff"));
  CHECK(w.ends("1", "").find("action='ended'") != std::string::npos);
  CHECK(w.sessions() == 1);
  CHECK(w.ends("1", alice) == answer("1", alice));
  CHECK(w.sessions() == 0);
  CHECK(w.ends("1", alice) == answer("1", alice));
}

TEST_CASE("session control: a second login of the same resource replaces the first, whatever generation each is of") {
  control_world w;
  const auto first = w.online("1", "alice@localhost/home");
  const auto ended = [](const std::string& connection, const std::string& from, const std::string& name) {
    return to_client(connection, from, "<sc:session " SC " action='ended' sc:c2s='" + connection + "' sc:sm='" + name + "'/>");
  };
  auto said = w.starts("2", "alice@localhost/home", "localhost");
  CHECK(said.starts_with("<route from='localhost' to='2@jadc2s'><sc:session " SC " action='started' "));
  CHECK(said.ends_with(ended("1", "alice@localhost/home", first)));
  const auto second = w.sm;
  said = w.route("<route type='session' from='3@jadc2s' to='alice@localhost/home'/>");
  CHECK(said.starts_with("<route from='alice@localhost/"));
  CHECK(said.ends_with(ended("2", "localhost", second)));
  said = w.starts("4", "alice@localhost/home", "localhost");
  CHECK(said.find("to='3@jadc2s' type='error' error='Replaced by new connection'") != std::string::npos);
  CHECK(w.sessions() == 1);
}

TEST_CASE("session control: what a client was not given goes to another session, without the names of the first, which is over") {
  control_world w;
  const auto first = w.online("1", "bob@localhost/0123456789abcdef");  // a resource that looks like a name
  const auto other = w.online("2", "bob@localhost/other");
  const auto undelivered = [](const std::string& connection, const std::string& name) {
    return "<route type='error' from='" + connection + "@jadc2s' to='bob@localhost/0123456789abcdef'><message " +
           control_world::names(connection, name) + " to='bob@localhost/0123456789abcdef' from='alice@localhost/home'/></route>";
  };
  const std::string heard =
      "<message " + control_world::names("2", other) + " to='bob@localhost/0123456789abcdef' from='alice@localhost/home'/>";
  CHECK(w.route(undelivered("3", first)).find("<message") == std::string::npos);  // not its own
  CHECK(w.sessions() == 2);
  CHECK(w.route(undelivered("1", first)).ends_with(to_client("2", "bob@localhost/other", heard)));
  CHECK(w.sessions() == 1);
  // More of it, after the session is over.
  CHECK(w.route(undelivered("1", first)) == to_client("2", "bob@localhost/other", heard));
  // A command in an error brings nothing back.
  CHECK(w.route("<route type='error' from='2@jadc2s' to='bob@localhost/other'><sc:session " SC " action='started' sc:sm='" +
                other + "'/></route>")
            .empty());
  CHECK(w.sessions() == 0);
}

TEST_CASE("session control: accounts are not made or removed this way, and what is no command fails; answers are not answered") {
  control_world w;
  for (const std::string action : {" action='create'", " action='delete'", " action='bogus'", ""}) {
    const auto said =
        w.route("<route from='jadc2s' to='localhost'><sc:session " SC + action + " target='alice@localhost' id='k'/></route>");
    CHECK(said.find(" failed='Unknown session control action'/>") != std::string::npos);
  }
  for (const std::string action : {"started", "ended", "created", "deleted"})
    CHECK(w.route("<route from='jadc2s' to='localhost'><sc:session " SC " action='" + action + "' sc:sm='1'/></route>").empty());
  CHECK(w.route("<route from='jadc2s' to='localhost'><sc:session " SC " action='start' failed='x'/></route>").empty());
}

TEST_CASE("session control: a c2s that is gone takes its sessions along") {
  control_world w;
  w.online("1", "alice@localhost/home");
  w.online("2", "bob@localhost/work");
  w.c2s_gone("other");
  CHECK(w.sessions() == 2);
  w.c2s_gone("jadc2s");
  CHECK(w.sessions() == 0);
}
