#include "script.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "route/codec.hpp"
#include "xml/writer.hpp"

namespace couplet::transcript {

namespace {

[[noreturn]] void fail(unsigned line, const std::string& what) {
  throw std::runtime_error("line " + std::to_string(line) + ": " + what);
}

std::string_view trim(std::string_view s) {
  const auto begin = s.find_first_not_of(" \t");
  return begin == std::string_view::npos ? std::string_view() : s.substr(begin, s.find_last_not_of(" \t") + 1 - begin);
}

/// Takes the first word off.
std::string_view take_word(std::string_view& s) {
  s = trim(s);
  const auto word = s.substr(0, s.find(' '));
  s = trim(s.substr(word.size()));
  return word;
}

bool yes_or_no(std::string_view value, unsigned line) {
  if (value == "yes") return true;
  if (value != "no") fail(line, "yes or no is needed");
  return false;
}

void read_number(std::uint32_t& into, std::string_view value, unsigned line) {
  const auto end = value.data() + value.size();
  const auto [stop, failed] = std::from_chars(value.data(), end, into);
  if (failed != std::errc() || stop != end) fail(line, "a number is needed");
}

/// NAME, or NAME = FULL_JID.
person read_person(std::string_view value, bool available, unsigned line) {
  person p;
  p.name = take_word(value);
  p.available = available;
  if (value.empty() && !available) return p;
  if (take_word(value) != "=" || value.find('/') == std::string_view::npos) fail(line, "NAME = FULL_JID is needed");
  p.jid = value;
  return p;
}

/// Of several clients. False: there is no such setting.
bool read_common_setting(scene& s, std::string_view name, std::string_view value, unsigned line) {
  if (name == "client" || name == "available") {
    s.clients.push_back(read_person(value, name == "available", line));
  } else if (name == "contacts") {
    const auto one = take_word(value);
    s.contacts.emplace_back(one, value);
  } else if (name == "account") {
    s.accounts.emplace_back(value);
  } else if (name == "operator") {
    s.operators.emplace_back(value);
  } else if (name == "admin") {
    s.admins.emplace_back(value);
  } else if (name == "address") {
    s.address = value;
  } else if (name == "archive") {
    s.archive = yes_or_no(value, line);
  } else if (name == "waiting") {
    read_number(s.waiting, value, line);
  } else {
    return false;
  }
  return true;
}

void read_setting(scene& s, std::string_view name, std::string_view value, unsigned line) {
  if (read_common_setting(s, name, value, line)) return;
  if (name == "domain") {
    s.domains.emplace_back(value);
  } else if (name == "alias") {
    const auto arrow = value.find(" = ");
    if (arrow == std::string_view::npos) fail(line, "alias: ALIAS = DOMAIN is needed");
    s.aliases.emplace(value.substr(0, arrow), value.substr(arrow + 3));
  } else if (name == "plaintext") {
    s.plaintext = yes_or_no(value, line);
  } else if (name == "registration") {
    s.registration = yes_or_no(value, line);
  } else if (name == "manager") {
    if (value != "up" && value != "down") fail(line, "up or down is needed");
    s.manager_up = value == "up";
  } else if (name == "logins") {
    if (value != "ours" && value != "manager") fail(line, "ours or manager is needed");
    s.own_logins = value == "ours";
  } else if (name == "sessions") {
    if (value != "auto" && value != "route" && value != "sc") fail(line, "auto, route or sc is needed");
    using enum stream::session_protocol;
    s.sessions = value == "auto" ? automatic : value == "sc" ? control : route;
  } else if (name == "as") {
    s.as = value;
  } else if (name == "conflict") {
    if (value != "replace" && value != "refuse" && value != "share") fail(line, "replace, refuse or share is needed");
    s.conflict = value;
  } else if (name == "default") {
    s.default_component = value;
  } else if (name == "grace") {
    read_number(s.grace, value, line);
  } else if (name == "keepalive") {
    read_number(s.keepalive, value, line);
  } else if (name == "queue") {
    read_number(s.queue, value, line);
  } else if (name == "attempts") {
    read_number(s.attempts, value, line);
  } else if (name == "bytes") {
    read_number(s.limits.max_element_bytes, value, line);
  } else if (name == "depth") {
    read_number(s.limits.max_depth, value, line);
  } else if (name == "attributes") {
    read_number(s.limits.max_attributes, value, line);
  } else if (name == "children") {
    read_number(s.limits.max_children, value, line);
  } else {
    fail(line, "unknown setting '" + std::string(name) + "'");
  }
}

/// The kind of step a mark stands for; nothing where it is no mark.
std::optional<step::kind> kind_of(std::string_view mark) {
  using enum step::kind;
  if (mark == "C:") return client;
  if (mark == "G:") return given;
  if (mark == "S:") return server;
  if (mark == "M>") return to_manager;
  if (mark == "M<") return from_manager;
  if (mark == "E:") return event;
  if (mark == "X:") return closed;
  return std::nullopt;
}

step read_step(step::kind what, std::string_view rest, unsigned line) {
  step s;
  s.what = what;
  s.line = line;
  if (what == step::kind::to_manager || what == step::kind::from_manager) {
    s.route.kind = take_word(rest);
    s.route.address = take_word(rest);
    s.route.text = rest;
  } else {
    s.text = rest;
  }
  try {
    if (what == step::kind::closed) reason_called(rest);
  } catch (const std::exception& e) {
    fail(line, e.what());
  }
  return s;
}

/// "C romeo: TEXT" is a step of romeo's. Nothing where the line is no such step.
std::optional<step> read_step_of_one(std::string_view text, unsigned line) {
  const auto colon = text.find(':');
  if (text.size() < 4 || text[1] != ' ' || colon == std::string_view::npos) return std::nullopt;
  const auto who = text.substr(2, colon - 2);
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789-";
  if (who.empty() || who.find_first_not_of(letters) != std::string_view::npos) return std::nullopt;
  const auto kind = kind_of(std::string(1, text[0]) + ':');
  if (!kind) return std::nullopt;
  auto s = read_step(*kind, trim(text.substr(colon + 1)), line);
  s.who = who;
  return s;
}

void read_line(std::vector<scene>& scenes, std::string_view text, unsigned line) {
  if (trim(text).empty() || text.starts_with('#')) return;
  if (text.starts_with("== ")) {
    scenes.emplace_back().title = trim(text.substr(3));
    return;
  }
  if (scenes.empty()) fail(line, "a scene begins with '== TITLE'");
  auto& s = scenes.back();
  if (text.starts_with("  ")) {
    if (s.steps.empty()) fail(line, "nothing to go on with");
    auto& last = s.steps.back();
    (last.route.kind.empty() ? last.text : last.route.text) += trim(text);
    return;
  }
  if (const auto kind = kind_of(text.substr(0, 2))) {
    s.steps.push_back(read_step(*kind, trim(text.substr(2)), line));
    return;
  }
  if (auto one = read_step_of_one(text, line)) {
    s.steps.push_back(std::move(*one));
    return;
  }
  const auto colon = text.find(": ");
  if (colon == std::string_view::npos || !s.steps.empty()) fail(line, "neither a step nor a setting before the first step");
  read_setting(s, text.substr(0, colon), trim(text.substr(colon + 2)), line);
}

}  // namespace

std::vector<scene> parse(std::string_view text) {
  std::vector<scene> scenes;
  for (unsigned line = 1; !text.empty(); ++line) {
    const auto end = std::min(text.find('\n'), text.size());
    read_line(scenes, text.substr(0, end), line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  for (auto& s : scenes)
    if (s.domains.empty()) s.domains.emplace_back("example.org");
  return scenes;
}

std::vector<text> all_texts(std::string_view below) {
  const char* folder = std::getenv("COUPLET_TRANSCRIPTS");
  if (folder == nullptr) throw std::runtime_error("COUPLET_TRANSCRIPTS names the folder of the conversations");
  std::vector<text> texts;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(folder) / below)) {
    if (entry.path().extension() != ".txt") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    std::ostringstream content;
    content << file.rdbuf();
    const auto name = entry.path().filename().string();
    try {
      texts.push_back({name, parse(content.str())});
    } catch (const std::exception& e) {
      throw std::runtime_error(name + ", " + e.what());
    }
  }
  std::sort(texts.begin(), texts.end(), [](const text& a, const text& b) { return a.name < b.name; });
  return texts;
}

stream::client_settings settings_of(const scene& s) {
  stream::client_settings settings;
  settings.domains = s.domains;
  for (const auto& [alias, domain] : s.aliases) settings.aliases.emplace(alias, domain);
  settings.offer_registration = s.registration;
  settings.max_login_attempts = s.attempts;
  settings.sessions = s.sessions;
  settings.keeps_sessions = true;
  if (s.own_logins) settings.logins_checked_by = stream::login_check::credentials;
  return settings;
}

sasl::answer answer_to(const sasl::question& q) {
  return sasl::answer(q.password == "secret" ? sasl::answer::verdict::right : sasl::answer::verdict::wrong);
}

namespace {

/// With the codec, so that every prefix and every place of a declaration can be played.
route::message on_the_wire(const routed& r, std::uint64_t client) {
  std::string bytes = "<route";
  xml::append_attribute(bytes, "from", r.address);
  auto m = route::parse(bytes + " to='client'>" + r.text + "</route>", route::writer::manager);
  if (!m) throw std::runtime_error("no route: " + m.error_text());
  if (route::name_of(*m) != (r.kind == "control" ? std::string("session-control") : "controlled-stanza"))
    throw std::runtime_error("this is no " + r.kind);
  route::to_of(*m) = route::address(client);
  return std::move(*m);
}

std::string inside_of(const route::message& m) {
  std::string bytes;
  route::append(bytes, m);
  const auto begin = bytes.find('>') + 1;
  return bytes.substr(begin, bytes.rfind("</route>") - begin);
}

}  // namespace

route::message message_from(const routed& r, std::uint64_t client) {
  route::address from(r.address);
  route::address to(client);
  if (r.kind == "auth") return route::auth(from, to, r.text);
  if (r.kind == "started") return route::session_started(from, to, r.text);
  if (r.kind == "stanza") return route::stanza(from, to, r.text);
  if (r.kind == "failure") {
    const auto xml = std::min(r.text.find('<'), r.text.size());
    const auto words = trim(std::string_view(r.text).substr(0, xml));
    return route::failure(from, to, std::string(words), r.text.substr(xml));
  }
  if (r.kind == "held") return route::held(to, r.text, {});
  if (r.kind == "control" || r.kind == "controlled") return on_the_wire(r, client);
  throw std::runtime_error("no manager sends a route of the kind " + r.kind);
}

routed to_text(const route::message& m, std::uint64_t client) {
  // Answers come back to `from`: another one would be another client's.
  if (route::from_of(m).handle != client) throw std::runtime_error("a route with a foreign `from`");
  const auto& to = route::to_of(m).text;
  if (const auto* a = std::get_if<route::auth>(&m)) return {"auth", to, a->iq};
  if (const auto* s = std::get_if<route::session_start>(&m)) return {"start", to, s->child};
  if (const auto* s = std::get_if<route::stanza>(&m)) return {"stanza", to, s->xml};
  if (const auto* f = std::get_if<route::failure>(&m)) return {"failure", to, f->text + f->xml};
  if (std::holds_alternative<route::session_control>(m)) return {"control", to, inside_of(m)};
  if (std::holds_alternative<route::controlled_stanza>(m)) return {"controlled", to, inside_of(m)};
  throw std::runtime_error(std::string("a client stream sends no route of the kind ") + route::name_of(m));
}

base::close_reason reason_called(std::string_view name) {
  for (std::size_t i = 1; i < base::close_reason_count; ++i)
    if (base::describe(static_cast<base::close_reason>(i)).name == name) return static_cast<base::close_reason>(i);
  throw std::runtime_error("no close_reason is called '" + std::string(name) + "'");
}

}  // namespace couplet::transcript
