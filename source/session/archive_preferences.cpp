#include <utility>

#include "address.hpp"
#include "archive.hpp"
#include "core.hpp"
#include "delivery.hpp"
#include "iq_answers.hpp"
#include "session/portable.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

// Which conversations an account wants to be archived (XEP-0441).

namespace couplet::session {
namespace {

using scope = archive_preferences::scope;

constexpr std::pair<scope, std::string_view> scope_names[] = {
    {scope::always, "always"}, {scope::never, "never"}, {scope::contacts, "roster"}};

void append_list(std::string& out, std::string_view name, const std::vector<std::string>& jids) {
  out.append(1, '<').append(name).append(1, '>');
  for (const auto& jid : jids) {
    out += "<jid>";
    xml::append_text(out, jid);
    out += "</jid>";
  }
  out.append("</").append(name).append(1, '>');
}

std::string to_xml(const archive_preferences& p) {
  std::string text = "<prefs xmlns='urn:xmpp:mam:2' default='";
  for (const auto& [value, name] : scope_names) {
    if (value == p.otherwise) text += name;
  }
  text += "'>";
  append_list(text, "always", p.always);
  append_list(text, "never", p.never);
  return text + "</prefs>";
}

std::optional<condition> read_list(const xml::element& list, std::vector<std::string>& jids) {
  for (auto jid = list.child("jid"); jid; jid = jid.next_sibling()) {
    if (!jid.is("jid", xml::ns::archive)) continue;
    auto parsed = base::jid::parse(jid.text());
    if (!parsed) return condition::jid_malformed;
    jids.push_back(parsed->full());
  }
  return std::nullopt;
}

std::optional<condition> read_preferences(const xml::element& prefs, archive_preferences& p) {
  const auto wanted = prefs.attribute("default");
  bool known = false;
  for (const auto& [value, name] : scope_names) {
    if (wanted != name) continue;
    p.otherwise = value;
    known = true;
  }
  if (!known) return condition::bad_request;
  if (const auto bad = read_list(prefs.child("always"), p.always)) return bad;
  if (const auto bad = read_list(prefs.child("never"), p.never)) return bad;
  if (p.always.size() + p.never.size() > archive_preferences::most) return condition::not_acceptable;
  return std::nullopt;
}

const archive_preferences& preferences_of(const core& c, std::string_view bare) {
  static const archive_preferences usual;
  const auto found = c.archive_preferences.find(bare);
  return found == c.archive_preferences.end() ? usual : found->second;
}

}  // namespace

std::string archive_preferences::to_text() const {
  if (otherwise == scope::always && always.empty() && never.empty()) return {};
  std::string text(1, static_cast<char>(otherwise));
  for (const auto& jid : always) text.append("\n+").append(jid);
  for (const auto& jid : never) text.append("\n-").append(jid);
  return text;
}

archive_preferences archive_preferences::from_text(std::string_view text) {
  archive_preferences p;
  if (text.starts_with('n')) p.otherwise = scope::never;
  if (text.starts_with('c')) p.otherwise = scope::contacts;
  for (auto at = text.find('\n'); at != std::string_view::npos;) {
    const auto next = text.find('\n', at + 1);
    const auto line = text.substr(at + 1, next == std::string_view::npos ? next : next - at - 1);
    if (line.starts_with('+')) p.always.emplace_back(line.substr(1));
    if (line.starts_with('-')) p.never.emplace_back(line.substr(1));
    at = next;
  }
  return p;
}

std::string preferences_to_xml(std::string_view stored) {
  return to_xml(archive_preferences::from_text(stored));
}

std::optional<std::string> preferences_from_xml(const xml::element& prefs) {
  archive_preferences p;
  if (read_preferences(prefs, p)) return std::nullopt;
  return p.to_text();
}

void answer_archive_preferences(core& c, std::string&& xml, const stanza_head& head, const xml::element& prefs, session& own,
                                effects& out) {
  if (head.type == stanza_type::get) {
    answer_result(c, to_xml(preferences_of(c, own.bare())), head, out);
    return ignore(std::move(xml));
  }
  archive_preferences wanted;
  if (const auto bad = read_preferences(prefs, wanted)) return answer_error(c, std::move(xml), head, *bad, out);
  auto text = wanted.to_text();
  const auto told = [tag = first_tag_of(xml), owner = std::string(own.bare()), text](core& there, storage_answer&& a,
                                                                                     effects& more) {
    if (a.outcome != storage_outcome::done) return answer_kept_error(there, tag, condition_of(a.outcome), more);
    set_preferences(there, owner, text);
    answer_result(there, to_xml(preferences_of(there, owner)), read_head(tag), more);
  };
  ask(c, own.bare(), put_archive_preferences(std::move(text)), told, out);
  ignore(std::move(xml));
}

void set_preferences(core& c, std::string_view owner, std::string_view text) {
  const auto known = c.archive_preferences.find(owner);
  if (!text.empty()) {
    c.archive_preferences.insert_or_assign(std::string(owner), archive_preferences::from_text(text));
  } else if (known != c.archive_preferences.end()) {
    c.archive_preferences.erase(known);
  }
}

}  // namespace couplet::session
