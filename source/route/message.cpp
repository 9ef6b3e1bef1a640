#include "route/message.hpp"

#include "base/text_pool.hpp"
#include "control.hpp"
#include "xml/first_tag.hpp"

namespace couplet::route {
namespace {

using command_verb = session_control::verb;

std::size_t texts_of(const address& a) noexcept {
  return a.text.size();
}
std::size_t texts_of(const auth& m) noexcept {
  return m.iq.size();
}
std::size_t texts_of(const session_start& m) noexcept {
  return m.child.size();
}
std::size_t texts_of(const session_started& m) noexcept {
  return m.child.size();
}
std::size_t texts_of(const stanza& m) noexcept {
  return m.xml.size();
}
std::size_t texts_of(const failure& m) noexcept {
  return m.text.size() + m.xml.size();
}
std::size_t texts_of(const session_control& m) noexcept {
  return m.target.size() + m.id.size() + m.c2s.size() + m.sm.size() + m.failed.size();
}
std::size_t texts_of(const held& m) noexcept {
  return m.xml.size();
}
std::size_t texts_of(const controlled_stanza& m) noexcept {
  return m.c2s.size() + m.sm.size() + m.xml.size();
}
std::size_t texts_of(const notice& m) noexcept {
  return m.xml.size();
}

/// A request has type get or set; what a manager refuses as no request at all (a presence, say) is none either, but it
/// is no answer.
bool is_answer(const auth& m) {
  std::string scratch;
  const std::string_view type = xml::decode_attribute(xml::find_attribute(m.iq, "type"), scratch);
  return type == "result" || type == "error";
}

bool has_resource(const address& a) noexcept {
  return a.text.empty() || a.text.find('/') != std::string::npos;
}

/// Makes the answer, apart from its ends. False: there is nothing to answer, and nothing was taken.
struct bouncer {
  message& answer;
  const char* text;

  failure& refuse() const {
    failure& f = answer.emplace<failure>();
    f.text = text;
    return f;
  }
  bool give_back(std::string& child) const {
    refuse().xml = std::move(child);
    return true;
  }

  bool operator()(auth& m) const { return !is_answer(m) && give_back(m.iq); }
  bool operator()(session_start& m) const { return give_back(m.child); }
  bool operator()(session_started& m) const {
    // A session's address has a resource; a failure to user@host would end all sessions of the user. The child is of no use
    // to the manager.
    if (!has_resource(m.from)) return false;
    refuse();
    return true;
  }
  bool operator()(stanza& m) const { return !m.xml.empty() && give_back(m.xml); }
  bool operator()(failure&) const { return false; }
  bool operator()(held&) const { return false; }
  bool operator()(notice&) const { return false; }
  bool operator()(session_control& m) const;
  bool operator()(controlled_stanza& m) const {
    append_controlled(refuse().xml = base::take_text(), m.xml, m.c2s, m.sm);
    base::give_text(std::move(m.xml));
    return true;
  }
};

bool bouncer::operator()(session_control& m) const {
  if (!m.failed.empty()) return false;  // an answer, and nothing came of what it answers
  switch (m.action) {
    case command_verb::started: {
      session_control& end = answer.emplace<session_control>();
      end.action = command_verb::end;
      end.c2s = std::move(m.c2s);
      end.sm = std::move(m.sm);
      return true;
    }
    case command_verb::ended:
    case command_verb::created:
    case command_verb::removed: return false;
    case command_verb::start:
    case command_verb::end:
    case command_verb::create:
    case command_verb::remove:
    case command_verb::unknown: break;
  }
  append_command(refuse().xml = base::take_text(), m);
  return true;
}

}  // namespace

const address& from_of(const message& m) noexcept {
  return std::visit([](const auto& one) -> const address& { return one.from; }, m);
}

const address& to_of(const message& m) noexcept {
  return std::visit([](const auto& one) -> const address& { return one.to; }, m);
}

address& from_of(message& m) noexcept {
  return std::visit([](auto& one) -> address& { return one.from; }, m);
}

address& to_of(message& m) noexcept {
  return std::visit([](auto& one) -> address& { return one.to; }, m);
}

trace* trace_of(message& m) noexcept {
  if (auto* s = std::get_if<stanza>(&m)) return &s->trace;
  if (auto* s = std::get_if<controlled_stanza>(&m)) return &s->trace;
  if (auto* f = std::get_if<failure>(&m)) return &f->trace;
  return nullptr;
}

const trace* trace_of(const message& m) noexcept {
  return trace_of(const_cast<message&>(m));
}

std::size_t size_of(const message& m) noexcept {
  return sizeof(message) + texts_of(from_of(m)) + texts_of(to_of(m)) +
         std::visit([](const auto& one) { return texts_of(one); }, m);
}

const char* name_of(const message& m) noexcept {
  struct namer {
    const char* operator()(const auth&) const noexcept { return "auth"; }
    const char* operator()(const session_start&) const noexcept { return "session-start"; }
    const char* operator()(const session_started&) const noexcept { return "session-started"; }
    const char* operator()(const stanza&) const noexcept { return "stanza"; }
    const char* operator()(const failure&) const noexcept { return "failure"; }
    const char* operator()(const session_control&) const noexcept { return "session-control"; }
    const char* operator()(const controlled_stanza&) const noexcept { return "controlled-stanza"; }
    const char* operator()(const held&) const noexcept { return "held"; }
    const char* operator()(const notice&) const noexcept { return "notice"; }
  };
  return std::visit(namer{}, m);
}

bool end_of_session(const message& m, message& end) {
  const auto* s = std::get_if<controlled_stanza>(&m);
  if (s == nullptr || s->sm.empty() || s->from.empty() || s->to.empty()) return false;
  auto& command = end.emplace<session_control>(s->to, s->from, command_verb::end);
  command.c2s = s->c2s;
  command.sm = s->sm;
  return true;
}

bool bounce(message& m, message& answer, const char* text) {
  if (from_of(m).empty() || to_of(m).empty()) return false;
  if (!std::visit(bouncer{answer, text}, m)) return false;
  if (auto* const carried = trace_of(m), * const carries = trace_of(answer); carried != nullptr && carries != nullptr)
    *carries = std::move(*carried);
  from_of(answer) = std::move(to_of(m));
  to_of(answer) = std::move(from_of(m));
  return true;
}

}  // namespace couplet::route
