#include "stanza_head.hpp"

#include <array>
#include <utility>

#include "xml/first_tag.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::session {
namespace {

constexpr std::array<std::pair<std::string_view, stanza_type>, 14> type_names{{
    {"chat", stanza_type::chat},
    {"get", stanza_type::get},
    {"set", stanza_type::set},
    {"result", stanza_type::result},
    {"error", stanza_type::error},
    {"normal", stanza_type::normal},
    {"groupchat", stanza_type::groupchat},
    {"headline", stanza_type::headline},
    {"unavailable", stanza_type::unavailable},
    {"subscribe", stanza_type::subscribe},
    {"subscribed", stanza_type::subscribed},
    {"unsubscribe", stanza_type::unsubscribe},
    {"unsubscribed", stanza_type::unsubscribed},
    {"probe", stanza_type::probe},
}};

/// Without a look for references where there is none: they are never in what honest clients send.
std::string_view decode(std::string_view raw, std::string& scratch) {
  return raw.find('&') == std::string_view::npos ? raw : xml::decode_attribute(raw, scratch);
}

stanza_type type_of(std::string_view raw) {
  std::string scratch;
  const auto value = decode(raw, scratch);
  for (const auto& [name, type] : type_names) {
    if (value == name) return type;
  }
  return stanza_type::unknown;
}

stanza_kind kind_of(std::string_view local_name) noexcept {
  if (local_name == "message") return stanza_kind::message;
  if (local_name == "presence") return stanza_kind::presence;
  return local_name == "iq" ? stanza_kind::iq : stanza_kind::other;
}

bool is_content_namespace(std::string_view raw) {
  std::string scratch;
  const auto uri = decode(raw, scratch);
  return uri == xml::ns::client || uri == xml::ns::server || uri == xml::ns::component;
}

/// Whether the attribute declares the namespace of names with this prefix (empty: of names without).
bool declares(std::string_view attribute_name, std::string_view prefix) noexcept {
  if (!attribute_name.starts_with("xmlns")) return false;
  attribute_name.remove_prefix(5);
  if (prefix.empty()) return attribute_name.empty();
  return attribute_name.starts_with(':') && attribute_name.substr(1) == prefix;
}

}  // namespace

stanza_head read_head(std::string_view stanza) {
  stanza_head head;
  xml::attribute_cursor cursor(stanza);
  head.name = cursor.name();
  const auto colon = head.name.find(':');
  const auto prefix = colon == std::string_view::npos ? std::string_view() : head.name.substr(0, colon);
  head.local_name = colon == std::string_view::npos ? head.name : head.name.substr(colon + 1);
  head.kind = kind_of(head.local_name);
  head.content_namespace = prefix.empty();  // a prefix says nothing until its declaration is found
  while (cursor.next()) {
    const auto& a = cursor.current();
    if (a.name == "to") {
      head.to = a.value;
    } else if (a.name == "from") {
      head.from = a.value;
      head.from_whole = a.whole;
    } else if (a.name == "id") {
      head.id = a.value;
      head.id_whole = a.whole;
    } else if (a.name == "type") {
      head.type = type_of(a.value);
    } else if (declares(a.name, prefix)) {
      head.content_namespace = is_content_namespace(a.value);
    }
  }
  return head;
}

void stamp_from(std::string& stanza, const stanza_head& head, std::string_view bare_jid, std::string_view resource) {
  std::string attribute;
  if (!head.has_from()) attribute += ' ';
  attribute += "from='";
  xml::append_attribute_value(attribute, bare_jid);
  attribute += '/';
  xml::append_attribute_value(attribute, resource);
  attribute += '\'';
  const auto where =
      static_cast<std::size_t>((head.has_from() ? head.from_whole.data() : head.name.data() + head.name.size()) - stanza.data());
  stanza.replace(where, head.from_whole.size(), attribute);
}

}  // namespace couplet::session
