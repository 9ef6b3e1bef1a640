#include "oracle.hpp"

#include <algorithm>
#include <map>
#include <pugixml.hpp>
#include <vector>

namespace couplet::test {
namespace {

const std::string control_namespace = "http://jabberd.jabberstudio.org/ns/session/1.0";

using bindings = std::map<std::string, std::string>;  // prefix → namespace

bindings bind(const bindings& outer, pugi::xml_node node) {
  bindings all = outer;
  for (const pugi::xml_attribute a : node.attributes()) {
    const std::string name = a.name();
    if (name == "xmlns") all[""] = a.value();
    if (name.starts_with("xmlns:")) all[name.substr(6)] = a.value();
  }
  return all;
}

/// {namespace}local. All namespaces of stanzas are one: a link may use any of the three.
std::string expand(const std::string& name, const bindings& in, bool is_attribute) {
  const std::size_t colon = name.find(':');
  const std::string prefix = colon == std::string::npos ? "" : name.substr(0, colon);
  const std::string local = colon == std::string::npos ? name : name.substr(colon + 1);
  if (prefix.empty() && is_attribute) return local;
  const auto found = in.find(prefix);
  std::string uri = prefix == "xml" ? "xml" : found == in.end() ? "unbound" : found->second;
  if (uri == "jabber:client" || uri == "jabber:server" || uri == "jabber:component:accept") uri = "stanza";
  return "{" + uri + "}" + local;
}

const bindings stream_bindings{{"", "jabber:component:accept"}, {"stream", "http://etherx.jabber.org/streams"}};

struct control_marks {
  bool any = false;
  std::string c2s, sm;
};

/// `marks`: where sc:c2s and sc:sm of the top element go instead of the normal form; null: they are part of it.
std::string normal_form(pugi::xml_node node, const bindings& outer, control_marks* marks) {
  const bindings in = bind(outer, node);
  std::vector<std::string> attributes;
  for (const pugi::xml_attribute a : node.attributes()) {
    const std::string name = a.name();
    if (name == "xmlns" || name.starts_with("xmlns:")) continue;
    const std::string expanded = expand(name, in, true);
    if (marks != nullptr && expanded == "{" + control_namespace + "}c2s") {
      marks->any = true;
      marks->c2s = a.value();
    } else if (marks != nullptr && expanded == "{" + control_namespace + "}sm") {
      marks->any = true;
      marks->sm = a.value();
    } else {
      attributes.push_back(" " + expanded + "=[" + a.value() + "]");
    }
  }
  std::sort(attributes.begin(), attributes.end());
  std::string form = "<" + expand(node.name(), in, false);
  for (const std::string& a : attributes) form += a;
  form += ">";
  for (const pugi::xml_node child : node.children())
    form += child.type() == pugi::node_element ? normal_form(child, in, nullptr) : std::string(child.value());
  return form + "</>";
}

pugi::xml_node load(pugi::xml_document& document, std::string_view bytes) {
  document.load_buffer(bytes.data(), bytes.size(), pugi::parse_default | pugi::parse_ws_pcdata);
  return document.document_element();
}

std::string describe(const std::string& kind, const std::string& from, const std::string& to, const std::string& rest) {
  return kind + " from=" + from + " to=" + to + " " + rest;
}

std::string describe_command(pugi::xml_node child, const bindings& in) {
  control_marks marks;
  (void)normal_form(child, in, &marks);
  std::string action = child.attribute("action").value();
  const std::vector<std::string> known{"start", "started", "end", "ended", "create", "created", "delete", "deleted"};
  if (std::find(known.begin(), known.end(), action) == known.end()) action = "?";
  return action + " target=" + child.attribute("target").value() + " id=" + child.attribute("id").value() + " c2s=" + marks.c2s +
         " sm=" + marks.sm + " failed=" + child.attribute("failed").value();
}

std::string form_of(std::string_view xml) {
  if (xml.empty()) return "-";
  pugi::xml_document document;
  return normal_form(load(document, xml), stream_bindings, nullptr);
}

/// The one child; false where there is something else beside it.
bool only_child(pugi::xml_node route, pugi::xml_node& child) {
  for (const pugi::xml_node n : route.children()) {
    const bool is_element = n.type() == pugi::node_element;
    if (is_element && child) return false;
    if (is_element) child = n;
    if (!is_element && std::string_view(n.value()).find_first_not_of(" \t\r\n") != std::string_view::npos) return false;
  }
  return true;
}

}  // namespace

std::string meaning_of_bytes(std::string_view bytes, route::writer from_whom) {
  pugi::xml_document document;
  const pugi::xml_node route = load(document, bytes);
  pugi::xml_node child;
  if (std::string_view(route.name()) != "route" || !only_child(route, child)) return "refused";
  const bindings in = bind(stream_bindings, route);
  const std::string from = route.attribute("from").value();
  const std::string to = route.attribute("to").value();
  const std::string type = route.attribute("type").value();
  if (to.empty()) return "refused";
  const std::string form = child ? normal_form(child, in, nullptr) : "-";
  if (type == "error") return describe("failure", from, to, "text=" + std::string(route.attribute("error").value()) + " " + form);
  if (type == "auth") return from.empty() || !child ? "refused" : describe("auth", from, to, form);
  if (type == "session") {
    const char* const kind = from_whom == route::writer::c2s ? "session-start" : "session-started";
    return from.empty() ? "refused" : describe(kind, from, to, form);
  }
  if (!type.empty()) return "refused";
  if (child && expand(child.name(), bind(in, child), false) == "{" + control_namespace + "}session")
    return from.empty() ? "refused" : describe("session-control", from, to, describe_command(child, in));
  control_marks marks;
  const std::string without = child ? normal_form(child, in, &marks) : "-";
  if (marks.any) return describe("controlled-stanza", from, to, "c2s=" + marks.c2s + " sm=" + marks.sm + " " + without);
  return describe("stanza", from, to, form);
}

std::string meaning_of_notice(std::string_view bytes) {
  pugi::xml_document document;
  const pugi::xml_node message = load(document, bytes);
  pugi::xml_node child;
  if (std::string_view(message.name()) != "message" || message.attribute("type") || !only_child(message, child)) return "refused";
  const bindings in = bind(stream_bindings, message);
  const std::string form = child ? normal_form(child, in, nullptr) : "-";
  if (!form.starts_with("<{http://amessage.info/protocol/connectionstate}update>")) return "refused";
  return describe("notice", message.attribute("from").value(), message.attribute("to").value(), form);
}

std::string meaning_of_message(const route::message& m) {
  struct teller {
    std::string operator()(const route::auth& one) const { return form_of(one.iq); }
    std::string operator()(const route::session_start& one) const { return form_of(one.child); }
    std::string operator()(const route::session_started& one) const { return form_of(one.child); }
    std::string operator()(const route::stanza& one) const { return form_of(one.xml); }
    std::string operator()(const route::failure& one) const { return "text=" + one.text + " " + form_of(one.xml); }
    std::string operator()(const route::session_control& one) const {
      const char* const words[] = {"start", "started", "end", "ended", "create", "created", "delete", "deleted", "?"};
      return std::string(words[static_cast<std::size_t>(one.action)]) + " target=" + one.target + " id=" + one.id +
             " c2s=" + one.c2s + " sm=" + one.sm + " failed=" + one.failed;
    }
    std::string operator()(const route::controlled_stanza& one) const {
      return "c2s=" + one.c2s + " sm=" + one.sm + " " + form_of(one.xml);
    }
    std::string operator()(const route::held& one) const { return form_of(one.xml); }
    std::string operator()(const route::notice& one) const { return form_of(one.xml); }
  };
  return describe(name_of(m), from_of(m).text, to_of(m).text, std::visit(teller{}, m));
}

}  // namespace couplet::test
