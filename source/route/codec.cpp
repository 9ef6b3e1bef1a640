#include "route/codec.hpp"

#include <utility>

#include "base/text_pool.hpp"
#include "control.hpp"
#include "tags.hpp"
#include "xml/first_tag.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::route {
namespace {

// ---- writing --------------------------------------------------------------------------------------

void append_child(std::string& out, const auth& m) {
  out += m.iq;
}
void append_child(std::string& out, const session_start& m) {
  out += m.child;
}
void append_child(std::string& out, const session_started& m) {
  out += m.child;
}
void append_child(std::string& out, const stanza& m) {
  append_uncontrolled(out, m.xml);
}
void append_child(std::string& out, const failure& m) {
  out += m.xml;
}
void append_child(std::string& out, const session_control& m) {
  append_command(out, m);
}
void append_child(std::string&, const held&) {}
void append_child(std::string& out, const controlled_stanza& m) {
  append_controlled(out, m.xml, m.c2s, m.sm);
}

void append_child(std::string& out, const notice& m) {
  out += m.xml;
}

struct type_writer {
  std::string_view operator()(const auth&) const noexcept { return "auth"; }
  std::string_view operator()(const session_start&) const noexcept { return "session"; }
  std::string_view operator()(const session_started&) const noexcept { return "session"; }
  std::string_view operator()(const failure&) const noexcept { return "error"; }
  template <class Other>
  std::string_view operator()(const Other&) const noexcept {
    return {};
  }
};

void append_if(std::string& out, std::string_view name, std::string_view value) {
  if (!value.empty()) xml::append_attribute(out, name, value);
}

/// In the order of the original.
void append_notice(std::string& out, const notice& m) {
  if (!m.returned) {
    out += "<message";
    append_if(out, "to", m.to.text);
    append_if(out, "from", m.from.text);
    out += '>';
  }
  append_child(out, m);
  if (!m.returned) out += "</message>";
}

// ---- reading --------------------------------------------------------------------------------------

/// The first tag of a route, or of a notice: values as written.
struct envelope {
  std::string_view tag;
  std::string_view from, to, type, error, origin;
  bool declares = false;  ///< a namespace: what it holds may rely on that
};

/// False where it is no element of that name.
bool read_envelope(std::string_view bytes, envelope& e, std::string_view name = "route") {
  xml::attribute_cursor tag(bytes);
  if (local_of(tag.name()) != name) return false;
  while (tag.next()) {
    const xml::attribute& a = tag.current();
    if (a.name == "from") e.from = a.value;
    if (a.name == "to") e.to = a.value;
    if (a.name == "type") e.type = a.value;
    if (a.name == "error") e.error = a.value;
    if (a.name == "origin") e.origin = a.value;
    e.declares = e.declares || declared_prefix(a.name).data() != nullptr;
  }
  e.tag = bytes.substr(0, tag.tag_size());
  return true;
}

/// What stands between its tags.
std::string_view content_of(std::string_view bytes, const envelope& e) noexcept {
  const std::size_t end = bytes.rfind("</");
  return end == std::string_view::npos || end < e.tag.size() ? std::string_view()
                                                             : bytes.substr(e.tag.size(), end - e.tag.size());
}

std::string text_of(std::string_view raw) {
  std::string scratch;
  return base::take_short_text(xml::decode_attribute(raw, scratch));
}

address address_of(std::string_view raw) {
  return address(text_of(raw));
}

/// The one copy of what a route carries.
std::string payload_of(std::string_view child, const envelope& e) {
  if (child.empty()) return {};
  std::string xml = base::take_text();
  xml.assign(child);
  if (e.declares) adopt_declarations(xml, e.tag);
  return xml;
}

base::result<message> parse_untyped(const route_child& child, const envelope& e) {
  if (!child.bytes.empty() && (declares_session_control(child.tag) || (e.declares && declares_session_control(e.tag)))) {
    const scope s{child.bytes, e.declares ? e.tag : std::string_view()};
    if (is_command(s)) {
      if (e.from.empty()) return base::error("session control command without from");
      session_control command = read_command(s);
      command.from = address_of(e.from);
      command.to = address_of(e.to);
      return message(std::move(command));
    }
    controlled_stanza m;
    m.xml = base::take_text();
    m.c2s = base::take_short_text();
    m.sm = base::take_short_text();
    if (take_control_attributes(s, m.xml, m.c2s, m.sm)) {
      if (e.declares) adopt_declarations(m.xml, e.tag);
      m.from = address_of(e.from);
      m.to = address_of(e.to);
      return message(std::move(m));
    }
    base::give_text(std::move(m.c2s));
    base::give_text(std::move(m.sm));
    base::give_text(std::move(m.xml));
  }
  return message(std::in_place_type<stanza>, address_of(e.from), address_of(e.to), payload_of(child.bytes, e));
}

/// Declared on its own tag, as everybody writes it.
bool is_update(const route_child& child) {
  if (child.problem != nullptr || child.bytes.empty()) return false;
  std::string scratch;
  const auto uri = xml::decode_attribute(xml::find_attribute(child.bytes, "xmlns"), scratch);
  return xml::attribute_cursor(child.tag).name() == "update" && uri == xml::ns::connection_state;
}

}  // namespace

void append(std::string& out, const message& m) {
  if (const auto* n = std::get_if<notice>(&m)) return append_notice(out, *n);
  out += "<route";
  append_if(out, "from", from_of(m).text);
  append_if(out, "to", to_of(m).text);
  append_if(out, "type", std::visit(type_writer{}, m));
  if (const auto* f = std::get_if<failure>(&m)) append_if(out, "error", f->text);
  if (const auto* t = trace_of(m); t != nullptr && t->origin.is_known()) {
    out += " origin='";
    append(out, t->origin);
    out += '\'';
  }
  out += '>';
  const std::size_t child_begins = out.size();
  std::visit([&](const auto& one) { append_child(out, one); }, m);
  if (out.size() == child_begins) {
    out.back() = '/';
    out += '>';
  } else {
    out += "</route>";
  }
}

control_marks marks_in(std::string_view element) {
  control_marks found;
  if (!declares_session_control(first_tag(element))) return found;
  const scope s{element, {}};
  found.is_command = is_command(s);
  if (found.is_command) {
    session_control command = read_command(s);
    found.action = command.action;
    found.c2s = std::move(command.c2s);
    found.sm = std::move(command.sm);
  } else {
    read_control_attributes(s, found.c2s, found.sm);
  }
  return found;
}

std::string without_marks(std::string_view element) {
  std::string clean = base::take_text();
  append_uncontrolled(clean, element);
  return clean;
}

bool append_refusal(std::string& out, std::string_view element_bytes, std::string_view error) {
  envelope e;
  std::string scratch;
  if (!read_envelope(element_bytes, e) || e.from.empty() || e.to.empty()) return false;
  if (xml::decode_attribute(e.type, scratch) == "error") return false;
  append(out, failure(address_of(e.to), address_of(e.from), std::string(error)));
  return true;
}

namespace {

base::result<message> parse(const envelope& e, std::string_view element_bytes, writer from) {
  const route_child child = find_child(content_of(element_bytes, e));
  if (child.problem != nullptr) return base::error(child.problem);

  std::string scratch;
  const std::string_view type = xml::decode_attribute(e.type, scratch);
  if (type.empty()) return parse_untyped(child, e);
  if (type == "error")
    return message(std::in_place_type<failure>, address_of(e.from), address_of(e.to), text_of(e.error),
                   payload_of(child.bytes, e));

  const bool is_auth = type == "auth";
  if (!is_auth && type != "session") return base::error("route of an unknown type");
  // Nobody could be answered; nobody is meant.
  if (e.from.empty()) return base::error(is_auth ? "auth route without from" : "session route without from");
  if (is_auth && child.bytes.empty()) return base::error("auth route without a child");
  if (is_auth) return message(std::in_place_type<auth>, address_of(e.from), address_of(e.to), payload_of(child.bytes, e));
  if (from == writer::c2s)
    return message(std::in_place_type<session_start>, address_of(e.from), address_of(e.to), payload_of(child.bytes, e));
  return message(std::in_place_type<session_started>, address_of(e.from), address_of(e.to), payload_of(child.bytes, e));
}

}  // namespace

base::result<message> parse(std::string_view element_bytes, writer from) {
  envelope e;
  if (!read_envelope(element_bytes, e)) return base::error("not a route element");
  if (e.to.empty()) return base::error("route without to");
  auto parsed = parse(e, element_bytes, from);
  if (!parsed || e.origin.empty()) return parsed;
  // One that cannot be read is of no use, and no reason to lose the stanza.
  if (auto* const carries = trace_of(*parsed)) carries->origin = parse_origin(e.origin).value_or(origin());
  return parsed;
}

std::optional<message> parse_notice(std::string_view element_bytes) {
  envelope e;
  if (!read_envelope(element_bytes, e, "message") || e.to.empty() || e.from.empty() || !e.type.empty()) return std::nullopt;
  const route_child child = find_child(content_of(element_bytes, e));
  if (!is_update(child)) return std::nullopt;
  return message(std::in_place_type<notice>, address_of(e.from), address_of(e.to), payload_of(child.bytes, e));
}

}  // namespace couplet::route
