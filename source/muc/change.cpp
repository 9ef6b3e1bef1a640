// Changes of a room: checked, stored where the room is, and then made. One at a time: what was confirmed last is what is there.

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/text_pool.hpp"
#include "handlers.hpp"
#include "history.hpp"
#include "invitations.hpp"
#include "presence.hpp"
#include "stream/errors.hpp"
#include "xml/first_tag.hpp"

namespace couplet::muc {
namespace {

using affiliation_table = std::map<std::string, affiliate, std::less<>>;

/// Why a change cannot be: condition and text.
struct objection {
  std::string_view condition;
  std::string text;
};

std::optional<objection> object(const room& r, const change& c, const limits& most) {
  std::map<std::string_view, affiliation> after;  // whoever is named more than once has the last one
  std::set<std::string_view> nicks;
  for (const auto& a : c.affiliations) {
    after[a.jid] = a.what;
    if (!a.nick || a.nick->empty()) continue;
    const auto reserved = r.reserved.find(*a.nick);
    if ((reserved != r.reserved.end() && reserved->second != a.jid) || !nicks.insert(*a.nick).second)
      return objection{"conflict", "the nickname is reserved for somebody else"};
  }
  auto owners = static_cast<std::ptrdiff_t>(count_of(r, affiliation::owner));
  auto size = r.affiliations.size();
  for (const auto& [jid, what] : after) {
    const auto found = r.affiliations.find(jid);
    if (found == r.affiliations.end() && what != affiliation::none) ++size;
    if (found != r.affiliations.end() && found->second.what == affiliation::owner) --owners;
    if (what == affiliation::owner) ++owners;
  }
  if (!after.empty() && owners <= 0) return objection{"conflict", "a room needs an owner"};
  if (size > r.affiliations.size() && size > most.affiliations)
    return objection{"resource-constraint", "a room remembers at most " + std::to_string(most.affiliations) + " affiliations"};
  return std::nullopt;
}

stored_affiliation to_store(const room& r, const affiliation_change& a) {
  const auto found = r.affiliations.find(a.jid);
  const bool keeps_nick = a.what != affiliation::none && a.what != affiliation::outcast;
  std::string nick;
  if (keeps_nick && a.nick) nick = *a.nick;
  if (keeps_nick && !a.nick && found != r.affiliations.end()) nick = found->second.nick;
  return {a.jid, a.what, std::move(nick)};
}

stored_room head_of(const room& r, const configuration& c) {
  stored_room s;
  s.jid = r.jid;
  s.creator = r.creator;
  s.configuration = to_text(c);
  s.subject = r.subject.text;
  s.subject_nick = r.subject.nick;
  s.subject_at = std::chrono::duration_cast<std::chrono::seconds>(r.subject.at.time_since_epoch()).count();
  return s;
}

storage_request request_for(const room& r, const change& c) {
  const auto& fresh = c.config ? *c.config : r.config;
  storage_request q;
  q.room.jid = r.jid;
  if (c.destroy || !fresh.persistent) {
    q.what = storage_request::kind::remove;
    return q;
  }
  q.room = head_of(r, fresh);
  std::vector<stored_affiliation> changed;
  for (const auto& a : c.affiliations) changed.push_back(to_store(r, a));
  if (r.config.persistent) {
    q.room.affiliations = std::move(changed);
    return q;
  }
  q.what = storage_request::kind::replace;
  std::map<std::string, stored_affiliation> all;
  for (const auto& [jid, a] : r.affiliations) all[jid] = {jid, a.what, a.nick};
  for (auto& a : changed) all[a.jid] = a;
  for (auto& [jid, a] : all)
    if (a.what != affiliation::none) q.room.affiliations.push_back(std::move(a));
  return q;
}

bool lasts(const core& all, const room& r, const change& c) {
  const bool stays = c.config && c.config->persistent;
  const bool changes = c.config || c.destroy || !c.affiliations.empty();
  return all.options.stored && changes && (r.config.persistent || stays);
}

// ---- making it ----------------------------------------------------------------------------------------------------------------

void destroy_now(room& r, const change& c, effects& out) {
  presence_note note;
  note.unavailable = true;
  note.destroy = *c.destroy;
  for (const auto& [nick, o] : r.occupants) {
    std::string rest;
    append_presence(rest, o, note, affiliation::none, true, false);
    for (const auto& s : o.sessions) send(out, "presence", s.to, rest);
  }
  r.occupants.clear();
  r.nicks.clear();
  r.gone = true;
}

/// Nicknames of those who are there under a bare JID, or of a whole domain.
std::vector<std::string> nicks_of(const room& r, std::string_view jid) {
  std::vector<std::string> nicks;
  const bool domain = jid.find('@') == std::string_view::npos;
  for (const auto& [nick, o] : r.occupants) {
    const std::string_view bare(o.bare);
    if (bare == jid || (domain && bare.substr(bare.find('@') + 1) == jid)) nicks.push_back(nick);
  }
  return nicks;
}

/// Sections 9.1, 9.4, 9.5: what his new affiliation means for somebody who is there.
void apply_to(room& r, occupant& o, const change& c, const affiliation_change& a, affiliation before, effects& out) {
  const auto after = affiliation_of(r, o.bare);
  if (before == after) return;
  presence_note note;
  note.actor = c.actor;
  note.reason = a.reason;
  if (after == affiliation::outcast) {
    note.codes.push_back(301);
    return remove_occupant(out, r, o, std::move(note));
  }
  const auto fresh = role_after(before, after, o.is, r.config.moderated, r.config.members_only);
  if (fresh == role::none) {
    note.codes.push_back(321);
    return remove_occupant(out, r, o, std::move(note));
  }
  o.is = fresh;
  broadcast(out, r, o, note);
}

void apply_affiliation(room& r, const change& c, const affiliation_change& a, effects& out) {
  const auto nicks = nicks_of(r, a.jid);
  std::vector<affiliation> before;
  for (const auto& nick : nicks) before.push_back(affiliation_of(r, r.occupants.find(nick)->second.bare));
  const auto was = affiliation_of(r, a.jid);
  set_affiliation(r, a.jid, a.what, a.nick ? std::optional<std::string_view>(*a.nick) : std::nullopt);
  for (std::size_t i = 0; i < nicks.size(); ++i) apply_to(r, r.occupants.find(nicks[i])->second, c, a, before[i], out);
  const bool invited = r.config.members_only && was == affiliation::none && a.what == affiliation::member && nicks.empty();
  if (!invited || !c.then.empty()) return;
  const auto from = c.actor.empty() ? r.jid : r.jid + "/" + c.actor;
  auto text = membership_invitation(r, from, a.jid, a.reason);
  if (!text.empty()) out.stanzas.push_back(std::move(text));
}

/// Whether anything but what has codes of its own differs.
bool differs_otherwise(configuration before, const configuration& after) {
  before.logged = after.logged;
  before.shows_jids = after.shows_jids;
  return to_text(before) != to_text(after);
}

/// Section 10.2.1.
void tell_what_changed(const room& r, const configuration& before, effects& out) {
  const auto& after = r.config;
  if (differs_otherwise(before, after)) tell_codes(out, r, {104});
  if (before.logged != after.logged) tell_codes(out, r, {after.logged ? 170 : 171});
  if (before.shows_jids != after.shows_jids) tell_codes(out, r, {after.shows_jids ? 172 : 173});
}

void apply_configuration(room& r, const configuration& fresh, effects& out) {
  const auto before = std::exchange(r.config, fresh);
  if (!std::exchange(r.locked, false)) tell_what_changed(r, before, out);
  if (!fresh.members_only || before.members_only) return;
  std::vector<std::string> strangers;
  for (const auto& [nick, o] : r.occupants)
    if (affiliation_of(r, o.bare) == affiliation::none) strangers.push_back(nick);
  for (const auto& nick : strangers) {
    presence_note note;
    note.codes.push_back(322);
    remove_occupant(out, r, r.occupants.find(nick)->second, std::move(note));
  }
}

void apply(room& r, change& c, effects& out) {
  if (!c.result.empty()) out.stanzas.push_back(std::move(c.result));
  if (c.destroy) return destroy_now(r, c, out);
  for (const auto& a : c.affiliations) apply_affiliation(r, c, a, out);
  if (c.config) apply_configuration(r, *c.config, out);
  for (auto& text : c.then) out.stanzas.push_back(std::move(text));
}

}  // namespace

change change_asked_by(turn& t, room& r) {
  change c;
  if (const auto* const me = occupant_of(r, t.in.from.full())) c.actor = me->nick;
  xml::attribute_cursor tag(t.in.xml);
  while (tag.next()) continue;
  c.request.append(t.in.xml.substr(0, tag.close_begins())).append("/>");
  append_result_tag(c.result, t.in);
  c.result += "/>";
  return c;
}

bool has_to_wait(turn& t, room& r) {
  if (!r.storing) return false;
  if (r.waiting.size() >= t.most().waiting_changes) {
    refuse(t, "resource-constraint", "too many changes of this room wait for the disk");
  } else {
    r.waiting.emplace_back(t.in.xml);
  }
  return true;
}

namespace {

void make(core& all, room& r, change what, effects& out) {
  if (!lasts(all, r, what)) return apply(r, what, out);
  auto q = request_for(r, what);
  q.number = ++all.last_request;
  all.storing.emplace(q.number, r.jid);
  out.to_storage.push_back(std::move(q));
  r.storing = std::move(what);
}

}  // namespace

void make_change(turn& t, room& r, change what) {
  if (const auto wrong = object(r, what, t.most())) return refuse(t, wrong->condition, wrong->text);
  make(t.all, r, std::move(what), t.out);
}

void forget_account(core& all, room& r, std::string_view bare_jid, effects& out) {
  const auto found = r.affiliations.find(bare_jid);
  if (r.gone || found == r.affiliations.end() || found->second.what == affiliation::outcast) return;
  if (r.storing) return r.removed.emplace_back(bare_jid), void();
  change c;
  affiliation_change nothing;
  nothing.jid = bare_jid;
  nothing.what = affiliation::none;
  nothing.nick.emplace();
  c.affiliations.push_back(std::move(nothing));
  if (found->second.what == affiliation::owner && count_of(r, affiliation::owner) == 1 && r.config.persistent) {
    c.config = r.config;
    c.config->persistent = false;
  }
  make(all, r, std::move(c), out);
}

void on_change_stored(room& r, stored outcome, effects& out) {
  auto what = std::exchange(r.storing, std::nullopt);
  if (!what) return;
  // What nobody has asked for holds as long as this process does even where it could not be stored.
  if (outcome == stored::done || what->request.empty()) return apply(r, *what, out);
  auto error = base::take_text();
  if (outcome == stored::full) {
    stream::append_stanza_error(error, what->request, "resource-constraint", "there is no place to store it");
  } else {
    stream::append_stanza_error(error, what->request, "internal-server-error", "it could not be stored");
  }
  out.stanzas.push_back(std::move(error));
}

void destroy_at_once(core& all, room& r, time_point now, effects& out) {
  on_change_stored(r, stored::failed, out);
  for (const auto& xml : std::exchange(r.waiting, {})) {
    const auto in = read_stanza(xml);
    turn t{all, in, now, out};
    refuse(t, "item-not-found", "the room is no more");
  }
  change end;
  end.destroy = "<destroy><reason>The server was emptied.</reason></destroy>";
  destroy_now(r, end, out);
}

void store_subject(core& all, const room& r, effects& out) {
  if (!all.options.stored || !r.config.persistent) return;
  storage_request q;
  q.room = head_of(r, r.config);
  out.to_storage.push_back(std::move(q));
}

void bury(core& all, room& r) {
  forget_history(all, r);
  const auto made = all.made_by.find(r.creator);
  if (made != all.made_by.end() && --made->second == 0) all.made_by.erase(made);
  all.rooms.erase(all.rooms.find(r.jid));
}

}  // namespace couplet::muc
