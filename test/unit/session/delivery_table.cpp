// RFC 6121 section 8 as one table: what becomes of each kind of stanza at each kind of address, where nothing is kept for later. Subscriptions and
// probes are not in it: they are matters of rosters (sections 3 and 4.3).

#include "world.hpp"

using namespace couplet;
using namespace couplet::session::testing;

namespace {

enum address_kind {
  none,             // romeo's own account: two sessions, both available
  server,           // the mere domain
  server_resource,  // and a resource of it
  other_domain,
  no_account,
  no_sessions,
  unavailable,      // connected, no presence
  one,              // available
  several,          // balcony 1, chamber 0, bot -1, and one that is not available
  negative,         // bot -1 only
  full_one,         // the resource of an available session
  full_negative,    // of one that wants no messages to the bare JID
  full_silent,      // of one without presence
  full_gone,        // no such resource, another is available
  full_gone_alone,  // no such resource, nobody is available
  full_no_account,
  kinds
};

struct column {
  const char* to;
  const char* sections[3];   // of messages, presence, iq
  lines messages, presence;  // who is there for what goes to the bare JID
  lines addressed;           // whose resource it is
};

const std::string person = "juliet@example.org";

const column columns[kinds] = {
    {"", {"RFC 6120 10.3.1", "RFC 6120 10.3.2", "RFC 6120 10.3.3"}, {"friar", "romeo"}, {}, {}},
    {"example.org", {"RFC 6120 10.5.1", "RFC 6120 10.5.1", "RFC 6120 10.5.1"}, {}, {}, {}},
    {"example.org/desk", {"RFC 6120 10.5.2", "RFC 6120 10.5.2", "RFC 6120 10.5.2"}, {}, {}, {}},
    {"juliet@elsewhere.org", {"8.2", "8.2", "8.2"}, {}, {}, {}},
    {"nobody@example.org", {"8.5.1", "8.5.1", "8.5.1"}, {}, {}, {}},
    {"juliet@example.org", {"8.5.2.2.1", "8.5.2.2.2", "8.5.2.2.3"}, {}, {}, {}},
    {"juliet@example.org", {"8.5.2.2.1", "8.5.2.2.2", "8.5.2.2.3"}, {}, {}, {}},
    {"juliet@example.org", {"8.5.2.1.1", "8.5.2.1.2", "8.5.2.1.3"}, {"balcony"}, {"balcony"}, {}},
    {"juliet@example.org", {"8.5.2.1.1", "8.5.2.1.2", "8.5.2.1.3"}, {"chamber", "balcony"}, {"bot", "chamber", "balcony"}, {}},
    {"juliet@example.org", {"8.5.2.1.1", "8.5.2.1.2", "8.5.2.1.3"}, {}, {"bot"}, {}},
    {"juliet@example.org/balcony", {"8.5.3.1", "8.5.3.1", "8.5.3.1"}, {}, {}, {"balcony"}},
    {"juliet@example.org/bot", {"8.5.3.1", "8.5.3.1", "8.5.3.1"}, {}, {}, {"bot"}},
    {"juliet@example.org/silent", {"8.5.3.1", "8.5.3.1", "8.5.3.1"}, {}, {}, {"silent"}},
    {"juliet@example.org/gone", {"8.5.3.2.1", "8.5.3.2.2", "8.5.3.2.3"}, {"balcony"}, {"balcony"}, {}},
    {"juliet@example.org/gone", {"8.5.3.2.1", "8.5.3.2.2", "8.5.3.2.3"}, {}, {}, {}},
    {"nobody@example.org/balcony", {"8.5.1", "8.5.1", "8.5.1"}, {}, {}, {}},
};

// d: delivered to whom it is for, e: romeo gets service-unavailable, r: remote-server-not-found, i: ignored, -: means something else (presence to
// nobody is the session's own).
struct row {
  const char *name, *type;
  const char* outcomes;
};

const row rows[] = {
    //                       none, server, server/, elsewhere | no account, no sessions, unavailable, one, several, negative |
    //                       full: one, negative, silent, gone, gone and nobody there, no account
    {"message", "",
     "deer"
     "eeedde"
     "dddeee"},
    {"message", "normal",
     "deer"
     "eeedde"
     "dddeee"},
    {"message", "sonnet",
     "deer"
     "eeedde"
     "dddeee"},  // section 5.2.2: as normal
    {"message", "chat",
     "deer"
     "eeedde"
     "ddddee"},
    {"message", "groupchat",
     "eeer"
     "eeeeee"
     "dddeee"},
    {"message", "headline",
     "diir"
     "iiiddi"
     "dddiii"},
    {"message", "error",
     "iiii"
     "iiiiii"
     "dddiii"},
    {"presence", "",
     "-iir"
     "iiiddd"
     "dddiii"},
    {"presence", "unavailable",
     "-iir"
     "iiiddd"
     "dddiii"},
    {"presence", "error",
     "iiii"
     "iiiiii"
     "dddiii"},
    {"iq", "get",
     "eeer"
     "eeeeee"
     "dddeee"},
    {"iq", "set",
     "eeer"
     "eeeeee"
     "dddeee"},
    {"iq", "result",
     "iiii"
     "iiiiii"
     "dddiii"},
    {"iq", "error",
     "iiii"
     "iiiiii"
     "dddiii"},
};

void make_juliet(world& w, int kind) {
  if (kind == no_account || kind == full_no_account) return;
  w.account(person);
  if (kind == one || kind == several || kind == full_one || kind == full_gone) w.online("balcony", person + "/balcony", 1);
  if (kind == several) w.online("chamber", person + "/chamber", 0);
  if (kind == several || kind == negative || kind == full_negative) w.online("bot", person + "/bot", -1);
  if (kind == several || kind == unavailable || kind == full_silent) w.starts("silent", person + "/silent");
}

char outcome_of(const lines& log, const lines& receivers, std::string_view name) {
  if (log.empty()) return 'i';
  if (log.size() == 1 && log[0].starts_with("romeo <- ") && contains(log[0], "type='error'") && !contains(log[0], "<x ")) {
    if (contains(log[0], "<service-unavailable ")) return 'e';
    return contains(log[0], "<remote-server-not-found ") ? 'r' : '?';
  }
  lines got;
  for (const auto& line : log) {
    const auto arrow = line.find(" <- <" + std::string(name) + " ");
    if (arrow == std::string::npos || !contains(line, "<x xmlns='urn:x'/>")) return '?';
    got.push_back(line.substr(0, arrow));
  }
  return got == receivers ? 'd' : '?';
}

}  // namespace

TEST_CASE("delivery: RFC 6121 section 8, each kind of stanza at each kind of address") {
  for (const auto& r : rows) {
    const std::string_view name = r.name;
    const int family = name == "message" ? 0 : name == "presence" ? 1 : 2;
    REQUIRE(std::string_view(r.outcomes).size() == kinds);
    for (int kind = 0; kind < kinds; ++kind) {
      const auto& c = columns[kind];
      if (r.outcomes[kind] == '-') continue;
      std::string stanza = "<" + std::string(name);
      if (r.type[0] != '\0') stanza += " type='" + std::string(r.type) + "'";
      if (c.to[0] != '\0') stanza += " to='" + std::string(c.to) + "'";
      stanza += " id='1'><x xmlns='urn:x'/></" + std::string(name) + ">";
      CAPTURE(c.sections[family]);
      CAPTURE(kind);
      CAPTURE(stanza);
      world w;
      w.online("romeo", "romeo@example.org/orchard");
      w.online("friar", "romeo@example.org/cell");
      make_juliet(w, kind);
      const auto log = w.says("romeo", stanza);
      CAPTURE((log.empty() ? std::string("nothing") : log[0]));
      const auto& there = !c.addressed.empty() ? c.addressed : family == 0 ? c.messages : c.presence;
      CHECK(std::string(1, outcome_of(log, there, name)) == std::string(1, r.outcomes[kind]));
    }
  }
}
