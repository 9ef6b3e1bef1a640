// What a user has beside credentials: who reads which element, and what the readers share.

#include "base/log.hpp"
#include "importing.hpp"
#include "portable_names.hpp"
#include "xml/children.hpp"
#include "xml/first_tag.hpp"
#include "xml/names.hpp"
#include "xml/standalone.hpp"

namespace couplet::storage {

namespace {

constexpr std::string_view include_namespace = "http://www.w3.org/2001/XInclude";
constexpr std::size_t most_unknown_kinds = 100;

/// Some servers forget to declare it.
bool is_content(std::string_view uri) {
  return uri == xml::ns::client || uri == xml::ns::server || uri == xml::ns::component || uri == data_namespace || uri.empty();
}

}  // namespace

std::string shown(std::string_view name) {
  std::string out = "\"";
  base::log::append_escaped(out, name.substr(0, 200));
  return out + '"';
}

bool is_stanza(const xml::element& e, std::string_view name) {
  return e.name() == name && is_content(e.namespace_uri());
}

void unknown_elements::note(const xml::element& e) {
  if (e.namespace_uri() == include_namespace)
    throw wrong("it includes other files (XInclude), which is not understood: put them together before");
  std::string kind;
  base::log::append_escaped(kind, e.name().substr(0, 200));
  base::log::append_escaped(kind += " (", e.namespace_uri().substr(0, 200));
  kind += ')';
  if (counts_.size() < most_unknown_kinds || counts_.contains(kind)) ++counts_[std::move(kind)];
}

bool user_reading::take(const xml::element& child) {
  if (child.is("query", xml::ns::iq_roster)) {
    take_roster(child);
  } else if (child.is("query", xml::ns::private_xml)) {
    take_private(child);
  } else if (child.is("vCard", xml::ns::vcard)) {
    take_vcard(child);
  } else if (child.is("blocklist", xml::ns::blocking)) {
    take_blocked(child);
  } else if (child.is("pubsub", xml::ns::pubsub_owner)) {
    take_configurations(child);
  } else if (child.is("pubsub", xml::ns::pubsub)) {
    take_items(child);
  } else if (child.is("offline-messages", data_namespace)) {
    take_waiting(child);
  } else if (child.is("archive", archive_namespace)) {
    take_archive(child);
  } else if (child.is("prefs", xml::ns::archive)) {
    take_preferences(child);
  } else if (is_stanza(child, "presence") && child.attribute("type") == "subscribe") {
    take_request(child);
  } else {
    return false;
  }
  return true;
}

void user_reading::refuse(const std::string& why) const {
  throw wrong(shown(to_.jid) + ": " + why);
}

base::jid user_reading::address(const xml::element& e, const char* attribute, const char* what) const {
  const auto text = e.attribute(attribute).value_or("");
  auto parsed = base::jid::parse(text);
  if (!parsed) refuse(std::string(what) + " whose " + attribute + " is no address: " + shown(text));
  return std::move(*parsed);
}

void user_reading::add(entry_kind kind, std::string key, std::string value, const char* what) {
  if (!seen_.emplace(kind, key).second)
    refuse(std::string(what) + " is there twice" + (key.empty() ? std::string() : ": " + shown(key)));
  to_.entries.emplace_back(kind, std::move(key), std::move(value));
}

/// To the end of the user: whoever wants no more than its first tag asks no further.
std::string_view user_reading::bytes_from(const xml::element& e) const {
  return bytes_.substr(static_cast<std::size_t>(e.node().offset_debug()) - 1);
}

std::string user_reading::kept(const xml::element& e) const {
  const auto begin = static_cast<std::size_t>(e.node().offset_debug()) - 1;
  std::string text(bytes_.substr(begin, xml::element_ends(bytes_, begin) - begin));
  for (auto around = e.node().parent(); around.type() == pugi::node_element; around = around.parent())
    text = xml::stand_alone(text, {bytes_from(xml::element(around, {}))});
  return text;
}

/// As it stands in a stream of jabber:client, where stanzas have no prefix (RFC 6120 section 4.8.5).
std::string user_reading::stanza(const xml::element& e) const {
  const auto whole = kept(e);
  std::string scratch;
  xml::attribute_cursor tag(whole);
  const bool has_prefix = e.name().size() != tag.name().size();
  auto text = "<" + std::string(e.name());
  while (tag.next()) {
    const auto& a = tag.current();
    const bool drops = a.name == "xmlns" && is_content(xml::decode_attribute(a.value, scratch));
    if (a.name == "xmlns" && !drops && has_prefix)
      refuse("a stanza with a prefix, and another namespace for what is inside: <" + std::string(tag.name()) + "/>");
    if (!drops) text.append(1, ' ').append(a.whole);
  }
  text.append(whole.substr(tag.close_begins()));
  if (has_prefix && !tag.self_closing()) text.replace(text.rfind("</") + 2, tag.name().size(), e.name());
  return text;
}

}  // namespace couplet::storage
