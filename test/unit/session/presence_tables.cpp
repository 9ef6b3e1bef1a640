// RFC 6121 section 4 where it is a table: what a probe is answered (4.3.2), by subscription and by who is there; and who hears of an end (4.5, 4.6), by
// kind of end.

#include <algorithm>
#include <array>

#include "roster_world.hpp"

using namespace couplet;
using namespace couplet::session;
using namespace couplet::session::testing;

namespace {

const std::string alice = "alice@example.org";
const std::string juliet = "juliet@capulet.example";
const std::string balcony = juliet + "/balcony";

// ---- probes ------------------------------------------------------------------------------------------------------------

enum probed_kind {
  bare_away,        // no session
  bare_silent,      // connected, no presence yet
  bare_left,        // connected, and has said unavailable
  bare_one,         // home is available
  bare_two,         // and phone
  full_away,        // a resource, and no session
  full_silent,      // connected, no presence
  full_told,        // the same, and juliet's resource was told directly (4.6.6)
  full_there,       // available, as is another
  full_gone,        // no such resource, two others are available
  full_left,        // has said unavailable, another is available
  bare_no_account,  // nothing of the kind exists
  full_no_account,
  probed_kinds
};

// What alice's roster says of juliet, who asks; and the answers: u: unsubscribed, n: the account is unavailable, 1, 2: the last presence of each
// available resource, x: that resource is unavailable, a: it is available, without what its presence says.
struct probe_row {
  const char* state;
  bool out, to, in, from;
  const char* answers;
};

const probe_row probe_rows[] = {
    //                                        bare | full | no account
    {"none", false, false, false, false,
     "uuuuu"
     "uuauuu"
     "uu"},
    {"none, pending out", true, false, false, false,
     "uuuuu"
     "uuauuu"
     "uu"},
    {"none, pending in", false, false, true, false,
     "uuuuu"
     "uuauuu"
     "uu"},
    {"none, pending out and in", true, false, true, false,
     "uuuuu"
     "uuauuu"
     "uu"},
    {"to", false, true, false, false,
     "uuuuu"
     "uuauuu"
     "uu"},
    {"to, pending in", false, true, true, false,
     "uuuuu"
     "uuauuu"
     "uu"},
    {"from", false, false, false, true,
     "nnn12"
     "xxaaxx"
     "uu"},
    {"from, pending out", true, false, false, true,
     "nnn12"
     "xxaaxx"
     "uu"},
    {"both", false, true, false, true,
     "nnn12"
     "xxaaxx"
     "uu"},
};

void make_state(roster_world& w, const probe_row& row) {
  w.comes("maker", alice + "/maker");
  if (row.out || row.to) w.sends("maker", "subscribe", juliet);
  if (row.to) w.deliver("<presence type='subscribed' from='" + juliet + "' to='" + alice + "'/>");
  if (row.in || row.from) w.deliver("<presence type='subscribe' from='" + juliet + "' to='" + alice + "'/>");
  if (row.from) w.sends("maker", "subscribed", juliet);
  w.gone("maker");
}

/// Makes who is there; answers with the address that is asked.
std::string make_probed(roster_world& w, int kind) {
  const auto home = alice + "/home", phone = alice + "/phone";
  const auto home_comes = [&] { w.comes("home", home); };
  const auto phone_comes = [&] {
    w.comes("phone", phone);
    w.says("phone", "<presence><show>xa</show></presence>");
  };
  if (kind == bare_silent || kind == full_silent || kind == full_told) w.starts("phone", phone);
  if (kind == full_told) w.says("phone", "<presence to='" + balcony + "'/>");
  if (kind == bare_one || kind == bare_two || kind == full_there || kind == full_gone || kind == full_left) home_comes();
  if (kind == bare_two || kind == bare_left || kind == full_there || kind == full_gone || kind == full_left) phone_comes();
  if (kind == bare_left || kind == full_left) w.says("phone", "<presence type='unavailable'/>");
  if (kind == bare_no_account) return "nobody@example.org";
  if (kind == full_no_account) return "nobody@example.org/phone";
  if (kind == full_gone) return alice + "/gone";
  return kind <= bare_two ? alice : phone;
}

/// What the code means, as it is written for juliet's server.
lines answers_of(char code, const std::string& asked) {
  const auto bare = asked.substr(0, asked.find('/'));
  const auto mere = [](const std::string& from, const std::string& to, const std::string& type) {
    return lines{"others <- <presence from='" + from + "' to='" + to + "'" + (type.empty() ? "" : " type='" + type + "' id='7'") +
                 "/>"};
  };
  if (code == 'u') return mere(bare, juliet, "unsubscribed");
  if (code == 'n' || code == 'x') return mere(asked, balcony, "unavailable");
  if (code == 'a') return mere(asked, balcony, "");
  const auto last = [](const std::string& resource) {
    return "others <- <presence to='" + balcony + "' from='" + alice + resource;
  };
  lines all = {last("/home'/>")};
  if (code == '2') all.push_back(last("/phone'><show>xa</show></presence>"));
  return all;
}

// ---- ends --------------------------------------------------------------------------------------------------------------

enum hearer { contact, friend_, told, contact_told, only_to, stranger, own_other, own_silent, own_self, hearers };
const std::array<const char*, hearers> hearer_names{"contact",  "friend", "told",   "contacttold", "onlyto",
                                                    "stranger", "phone",  "silent", "alice"};

// How often each hears that alice's home is unavailable. Those that share her presence, and who was told directly, once; her own others as long as
// they are there, and she herself only when she says so.
struct end_row {
  const char* end;
  std::array<int, hearers> times;
};

const end_row end_rows[] = {
    //              contact, friend, told, contact and told, she sees him only, stranger, own: available, silent, herself
    {"says so", {1, 1, 1, 1, 0, 0, 1, 0, 1}},
    {"says so, and is gone", {1, 1, 1, 1, 0, 0, 1, 0, 1}},
    {"gone", {1, 1, 1, 1, 0, 0, 1, 0, 0}},
    {"replaced", {1, 1, 1, 1, 0, 0, 1, 0, 0}},
    {"c2s gone", {1, 1, 1, 1, 0, 0, 1, 0, 0}},
    {"removed", {1, 1, 1, 1, 0, 0, 0, 0, 0}},
    {"only told, and gone", {0, 0, 1, 1, 0, 0, 0, 0, 0}},
};

std::string jid_of(int who) {
  return std::string(hearer_names[static_cast<std::size_t>(who)]) + "@example.org";
}

void subscribes(roster_world& w, const std::string& who, const std::string& from, const std::string& whom,
                const std::string& to) {
  w.sends(who, "subscribe", to);
  w.sends(whom, "subscribed", from);
}

void make_hearers(roster_world& w, bool is_available) {
  w.comes("phone", alice + "/phone");
  w.starts("silent", alice + "/silent");
  for (int who = contact; who <= stranger; ++who) {
    const std::string name = hearer_names[static_cast<std::size_t>(who)];
    w.comes(name, jid_of(who) + "/r");
    if (who == contact || who == friend_ || who == contact_told) subscribes(w, name, jid_of(who), "phone", alice);
    if (who == friend_ || who == only_to) subscribes(w, "phone", alice, name, jid_of(who));
  }
  w.starts("alice", alice + "/home", true);
  if (is_available) w.says("alice", "<presence/>");
  for (const int who : {told, contact_told}) w.says("alice", "<presence to='" + jid_of(who) + "/r'/>");
}

lines make_end(roster_world& w, std::string_view end) {
  lines log;
  if (end.starts_with("says so")) log = w.says("alice", "<presence type='unavailable'/>");
  if (end.ends_with("gone") && end != "c2s gone") {
    const auto more = w.gone("alice");
    log.insert(log.end(), more.begin(), more.end());
  }
  if (end == "replaced") log = w.starts("alice2", alice + "/home");
  if (end == "c2s gone") log = w.c2s_gone("c2s.example.org");
  if (end == "removed") log = w.says("alice", "<iq type='set' id='r'><query xmlns='jabber:iq:register'><remove/></query></iq>");
  return log;
}

}  // namespace

TEST_CASE("presence: RFC 6121 sections 4.3.2, 4.6.6: each probe at each subscription") {
  for (const std::uint32_t partitions : {1U, 4U}) {
    for (const auto& row : probe_rows) {
      REQUIRE(std::string_view(row.answers).size() == probed_kinds);
      for (int kind = 0; kind < probed_kinds; ++kind) {
        CAPTURE(partitions);
        CAPTURE(std::string(row.state));
        CAPTURE(kind);
        auto s = example();
        s.other_domains = true;
        roster_world w(s, partitions);
        make_state(w, row);
        const auto asked = make_probed(w, kind);
        auto log = w.deliver("<presence type='probe' id='7' from='" + balcony + "' to='" + asked + "'/>");
        std::sort(log.begin(), log.end());
        auto expected = answers_of(row.answers[kind], asked);
        std::sort(expected.begin(), expected.end());
        CHECK(log == expected);
      }
    }
  }
}

TEST_CASE("presence: RFC 6121 sections 4.5, 4.6.3: each kind of end, and who hears of it, once") {
  for (const std::uint32_t partitions : {1U, 3U}) {
    for (const auto& row : end_rows) {
      roster_world w(example(true), partitions);
      make_hearers(w, std::string_view(row.end) != "only told, and gone");
      const auto log = make_end(w, row.end);
      for (std::size_t who = 0; who < hearers; ++who) {
        CAPTURE(partitions);
        CAPTURE(std::string(row.end));
        CAPTURE(std::string(hearer_names[who]));
        const auto heard = std::count_if(log.begin(), log.end(), [&](const std::string& line) {
          return line.starts_with(std::string(hearer_names[who]) + " <- <presence ") && contains(line, alice + "/home'") &&
                 contains(line, "type='unavailable'");
        });
        CHECK(heard == row.times[who]);
      }
    }
  }
}
