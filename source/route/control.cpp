#include "control.hpp"

#include <array>

#include "tags.hpp"
#include "xml/first_tag.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::route {
namespace {

using verb = session_control::verb;

constexpr std::array<std::string_view, 8> verbs{"start", "started", "end", "ended", "create", "created", "delete", "deleted"};
static_assert(static_cast<std::size_t>(verb::unknown) == verbs.size());

verb parse_verb(std::string_view text) noexcept {
  std::size_t at = 0;
  while (at != verbs.size() && verbs[at] != text) ++at;
  return static_cast<verb>(at);
}

bool is_session_control(std::string_view raw_uri) {
  if (raw_uri.find('&') == std::string_view::npos) return raw_uri == xml::ns::session_control;
  std::string scratch;
  return xml::decode_attribute(raw_uri, scratch) == xml::ns::session_control;
}

/// The raw value of the declaration of a prefix (empty: the default namespace) on a tag, a null view where there is none.
std::string_view declaration_of(std::string_view tag, std::string_view prefix) noexcept {
  for (xml::attribute_cursor c(tag); c.next();) {
    const std::string_view declared = declared_prefix(c.current().name);
    if (declared.data() != nullptr && declared == prefix) return c.current().value;
  }
  return {};
}

/// The nearest declaration counts.
bool is_bound(const scope& s, std::string_view prefix) {
  std::string_view uri = declaration_of(s.child, prefix);
  if (uri.data() == nullptr) uri = declaration_of(s.route_tag, prefix);
  return is_session_control(uri);
}

enum class mark : unsigned char { none, c2s, sm };

/// An attribute without prefix is in no namespace, whatever the default is.
mark mark_of(const scope& s, std::string_view attribute_name) {
  const std::string_view prefix = prefix_of(attribute_name);
  const std::string_view local = local_of(attribute_name);
  if (prefix.empty() || (local != "c2s" && local != "sm") || !is_bound(s, prefix)) return mark::none;
  return local == "sm" ? mark::sm : mark::c2s;
}

bool carries_marks(const scope& s) {
  for (xml::attribute_cursor c(s.child); c.next();)
    if (mark_of(s, c.current().name) != mark::none) return true;
  return false;
}

void assign_decoded(std::string& to, std::string_view raw) {
  std::string scratch;
  to = xml::decode_attribute(raw, scratch);
}

/// Whether the child still needs a declaration on its first tag after the marks have gone.
bool still_needs(const scope& s, std::string_view prefix) {
  if (prefix.empty()) return true;
  xml::attribute_cursor tag(s.child);
  if (prefix_of(tag.name()) == prefix) return true;
  while (tag.next())
    if (prefix_of(tag.current().name) == prefix && mark_of(s, tag.current().name) == mark::none) return true;
  return uses_prefix_inside(s.child, prefix);
}

bool is_spent_declaration(const scope& s, const xml::attribute& a) {
  const std::string_view prefix = declared_prefix(a.name);
  return prefix.data() != nullptr && is_session_control(a.value) && !still_needs(s, prefix);
}

/// The child without its marks and without the declarations they needed.
void append_without_marks(std::string& out, const scope& s) {
  std::size_t copied = 0;
  std::size_t previous_ends = 0;  // the white space before an attribute goes with it
  xml::attribute_cursor tag(s.child);
  previous_ends = 1 + tag.name().size();
  while (tag.next()) {
    const xml::attribute& a = tag.current();
    const auto begins = static_cast<std::size_t>(a.whole.data() - s.child.data());
    if (mark_of(s, a.name) != mark::none || is_spent_declaration(s, a)) {
      out.append(s.child, copied, previous_ends - copied);
      copied = begins + a.whole.size();
    }
    previous_ends = begins + a.whole.size();
  }
  out.append(s.child, copied);
}

/// A piece of a tag that goes, with the white space in front of it.
struct cut {
  std::size_t begins = 0, ends = 0;
  mark what = mark::none;
  std::string_view prefix, value;
};

/// The form in which nearly all stanzas of the second generation come: one prefix, declared on the stanza's own tag, for the two names and nothing
/// else. Found in one walk over the tag.
class usual_form {
 public:
  /// False: it is of another form, and nothing is known.
  bool read(const scope& s) {
    xml::attribute_cursor tag(s.child);
    std::size_t previous_ends = 1 + tag.name().size();
    while (tag.next()) {
      const xml::attribute& a = tag.current();
      const auto ends = static_cast<std::size_t>(a.whole.data() - s.child.data()) + a.whole.size();
      if (!look_at(a, {previous_ends, ends, mark::none, prefix_of(a.name), a.value})) return false;
      previous_ends = ends;
    }
    if (prefix_.empty() || prefix_of(tag.name()) == prefix_ || !s.route_tag.empty()) return false;
    std::size_t kept = 0;
    for (std::size_t i = 0; i != count_; ++i) {
      const bool declaration = cuts_[i].prefix == "xmlns";
      if (!declaration && cuts_[i].prefix != prefix_) continue;
      if (!declaration && cuts_[i].what == mark::none) return false;
      cuts_[kept++] = cuts_[i];
    }
    count_ = kept;
    return kept > 1 && !may_stand_in(s.child.substr(tag.tag_size()), prefix_);
  }
  void take(const scope& s, std::string& xml, std::string& c2s, std::string& sm) const {
    std::size_t copied = 0;
    for (std::size_t i = 0; i != count_; ++i) {
      if (cuts_[i].what == mark::c2s) assign_decoded(c2s, cuts_[i].value);
      if (cuts_[i].what == mark::sm) assign_decoded(sm, cuts_[i].value);
      xml.append(s.child, copied, cuts_[i].begins - copied);
      copied = cuts_[i].ends;
    }
    xml.append(s.child, copied);
  }

 private:
  static bool may_stand_in(std::string_view content, std::string_view prefix) noexcept {
    for (auto at = content.find(prefix); at != std::string_view::npos; at = content.find(prefix, at + 1))
      if (content.substr(at + prefix.size(), 1) == ":") return true;
    return false;
  }
  bool look_at(const xml::attribute& a, cut c) {
    const bool declares = declared_prefix(a.name).data() != nullptr;
    if (declares && a.value.find('&') != std::string_view::npos) return false;
    if (declares && a.value != xml::ns::session_control) return true;
    if (c.prefix.empty()) return !declares;
    if (declares) {
      if (!prefix_.empty()) return false;
      prefix_ = local_of(a.name);
    }
    if (local_of(a.name) == "c2s" && !declares) c.what = mark::c2s;
    if (local_of(a.name) == "sm" && !declares) c.what = mark::sm;
    if (count_ == cuts_.size()) return false;
    cuts_[count_++] = c;
    return true;
  }

  std::array<cut, 6> cuts_;
  std::size_t count_ = 0;
  std::string_view prefix_;
};

/// "sc", or where the stanza's first tag has that prefix for something else, the first of sc0, sc1... that it leaves free.
std::string free_prefix(std::string_view tag) {
  std::string prefix = "sc";
  for (unsigned n = 0;; ++n) {
    const std::string_view uri = declaration_of(tag, prefix);
    if (uri.data() == nullptr || is_session_control(uri)) return prefix;
    prefix = "sc" + std::to_string(n);
  }
}

}  // namespace

bool declares_session_control(std::string_view tag) {
  if (tag.find("xmlns") == std::string_view::npos) return false;  // names can't be written with references
  for (xml::attribute_cursor c(tag); c.next();)
    if (declared_prefix(c.current().name).data() != nullptr && is_session_control(c.current().value)) return true;
  return false;
}

bool is_command(const scope& s) {
  const std::string_view name = xml::attribute_cursor(s.child).name();
  return local_of(name) == "session" && is_bound(s, prefix_of(name));
}

session_control read_command(const scope& s) {
  session_control command;
  std::string scratch;
  for (xml::attribute_cursor c(s.child); c.next();) {
    const xml::attribute& a = c.current();
    switch (mark_of(s, a.name)) {
      case mark::c2s: assign_decoded(command.c2s, a.value); break;
      case mark::sm: assign_decoded(command.sm, a.value); break;
      case mark::none:
        if (a.name == "action") command.action = parse_verb(xml::decode_attribute(a.value, scratch));
        if (a.name == "target") assign_decoded(command.target, a.value);
        if (a.name == "id") assign_decoded(command.id, a.value);
        if (a.name == "failed") assign_decoded(command.failed, a.value);
        break;
    }
  }
  return command;
}

void read_control_attributes(const scope& s, std::string& c2s, std::string& sm) {
  for (xml::attribute_cursor c(s.child); c.next();) {
    const mark m = mark_of(s, c.current().name);
    if (m != mark::none) assign_decoded(m == mark::sm ? sm : c2s, c.current().value);
  }
}

bool take_control_attributes(const scope& s, std::string& xml, std::string& c2s, std::string& sm) {
  if (usual_form usual; usual.read(s)) {
    usual.take(s, xml, c2s, sm);
    return true;
  }
  if (!carries_marks(s)) return false;
  read_control_attributes(s, c2s, sm);
  append_without_marks(xml, s);
  return true;
}

void append_command(std::string& out, const session_control& command) {
  const auto append_if = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) xml::append_attribute(out, name, value);
  };
  out += "<sc:session";
  xml::append_attribute(out, "xmlns:sc", xml::ns::session_control);
  if (command.action != verb::unknown) xml::append_attribute(out, "action", verbs[static_cast<std::size_t>(command.action)]);
  append_if("target", command.target);
  append_if("sc:c2s", command.c2s);
  append_if("id", command.id);
  append_if("sc:sm", command.sm);
  append_if("failed", command.failed);
  out += "/>";
}

void append_controlled(std::string& out, std::string_view xml, std::string_view c2s, std::string_view sm) {
  const auto append_names = [&](const std::string& prefix) {
    if (!c2s.empty()) xml::append_attribute(out, prefix + ":c2s", c2s);
    xml::append_attribute(out, prefix + ":sm", sm);
  };
  if (first_tag(xml).find("xmlns") == std::string_view::npos) {  // it declares nothing
    const std::size_t name_ends = 1 + xml::attribute_cursor(xml).name().size();
    out.append(xml, 0, name_ends);
    xml::append_attribute(out, "xmlns:sc", xml::ns::session_control);
    append_names("sc");
    out.append(xml, name_ends);
    return;
  }
  std::string clean;
  if (declares_session_control(first_tag(xml))) {
    append_without_marks(clean, {xml, {}});
    xml = clean;
  }
  const std::string_view tag = first_tag(xml);
  const std::string prefix = free_prefix(tag);
  const std::size_t name_ends = 1 + xml::attribute_cursor(xml).name().size();
  out.append(xml, 0, name_ends);
  if (declaration_of(tag, prefix).data() == nullptr) xml::append_attribute(out, "xmlns:" + prefix, xml::ns::session_control);
  append_names(prefix);
  out.append(xml, name_ends);
}

void append_uncontrolled(std::string& out, std::string_view xml) {
  const scope s{xml, {}};
  if (declares_session_control(first_tag(xml)) && carries_marks(s)) {
    append_without_marks(out, s);
  } else {
    out += xml;
  }
}

}  // namespace couplet::route
