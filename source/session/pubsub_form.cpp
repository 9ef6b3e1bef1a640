#include "pubsub_form.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "session/portable.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::session {
namespace {

/// One that can be chosen: `set` answers whether it took the value.
struct config_field {
  std::string_view name, type;
  std::string (*get)(const node_config&);
  bool (*set)(node_config&, std::string_view);
};

template <bool node_config::*member>
std::string get_flag(const node_config& c) {
  return c.*member ? "1" : "0";
}

template <bool node_config::*member>
bool set_flag(node_config& c, std::string_view value) {
  c.*member = value == "1" || value == "true";
  return c.*member || value == "0" || value == "false";
}

constexpr std::array<std::string_view, 3> access_names{"open", "presence", "whitelist"};
constexpr std::array<std::string_view, 3> last_names{"never", "on_sub", "on_sub_and_presence"};

template <class Choice, Choice node_config::*member, const std::array<std::string_view, 3>& names>
std::string get_choice(const node_config& c) {
  return std::string(names[static_cast<std::size_t>(c.*member)]);
}

template <class Choice, Choice node_config::*member, const std::array<std::string_view, 3>& names>
bool set_choice(node_config& c, std::string_view value) {
  const auto found = std::find(names.begin(), names.end(), value);
  if (found == names.end()) return false;
  c.*member = static_cast<Choice>(found - names.begin());
  return true;
}

std::string get_max_items(const node_config& c) {
  return c.max_items == most_pep_items ? "max" : std::to_string(c.max_items);
}

bool set_max_items(node_config& c, std::string_view value) {
  if (value == "max") return (c.max_items = most_pep_items) != 0;
  const auto parsed = std::from_chars(value.data(), value.data() + value.size(), c.max_items);
  return parsed.ec == std::errc() && parsed.ptr == value.data() + value.size() && c.max_items != 0 &&
         c.max_items <= most_pep_items;
}

constexpr std::array<config_field, 7> fields{{
    {"pubsub#access_model", "list-single", get_choice<access_model, &node_config::access, access_names>,
     set_choice<access_model, &node_config::access, access_names>},
    {"pubsub#send_last_published_item", "list-single", get_choice<last_item, &node_config::sends_last, last_names>,
     set_choice<last_item, &node_config::sends_last, last_names>},
    {"pubsub#max_items", "text-single", get_max_items, set_max_items},
    {"pubsub#persist_items", "boolean", get_flag<&node_config::persist_items>, set_flag<&node_config::persist_items>},
    {"pubsub#deliver_payloads", "boolean", get_flag<&node_config::deliver_payloads>, set_flag<&node_config::deliver_payloads>},
    {"pubsub#notify_retract", "boolean", get_flag<&node_config::notify_retract>, set_flag<&node_config::notify_retract>},
    {"pubsub#notify_delete", "boolean", get_flag<&node_config::notify_delete>, set_flag<&node_config::notify_delete>},
}};

/// No field of a form: what is kept beside them.
constexpr std::string_view avatar_line = "avatar=";
/// The same in a document that leaves the server: other servers ignore it.
constexpr std::string_view avatar_field = "couplet#avatar";

struct fixed_field {
  std::string_view name, value, also;
};

/// What is so, and cannot be otherwise.
constexpr std::array<fixed_field, 9> fixed_fields{{
    {"pubsub#node_type", "leaf", "leaf"},
    {"pubsub#notification_type", "headline", "headline"},
    {"pubsub#presence_based_delivery", "1", "true"},
    {"pubsub#publish_model", "publishers", "publishers"},
    {"pubsub#deliver_notifications", "1", "true"},
    {"pubsub#notify_config", "0", "false"},
    {"pubsub#notify_sub", "0", "false"},
    {"pubsub#item_expire", "max", "max"},
    {"pubsub#purge_offline", "0", "false"},
}};

/// What a node only says of itself.
constexpr std::array<std::string_view, 4> descriptions{"pubsub#title", "pubsub#type", "pubsub#description", "pubsub#language"};

enum class verdict : std::uint8_t { taken, refused, unknown };

verdict take(node_config& c, std::string_view name, std::string_view value) {
  for (const auto& f : fields) {
    if (f.name == name) return f.set(c, value) ? verdict::taken : verdict::refused;
  }
  for (const auto& f : fixed_fields) {
    if (f.name == name) return value == f.value || value == f.also ? verdict::taken : verdict::refused;
  }
  return verdict::unknown;
}

bool is_description(std::string_view name) noexcept {
  return name == "FORM_TYPE" || std::find(descriptions.begin(), descriptions.end(), name) != descriptions.end();
}

/// False as soon as `visit` says so.
template <class Visit>
bool each_field(const xml::element& x, Visit visit) {
  for (auto field = x.first_child(); field; field = field.next_sibling()) {
    if (!field.is("field", xml::ns::data_form)) continue;
    const auto value = field.child("value");
    if (value && !visit(field.attribute("var").value_or(""), value.text())) return false;
  }
  return true;
}

/// SHA-1 in hexadecimal, as presence carries it.
bool is_photo_hash(std::string_view value) noexcept {
  return value.size() == 40 && value.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

template <class Names>
void append_options(std::string& out, const Names& names) {
  for (const auto name : names) out.append("<option><value>").append(name).append("</value></option>");
}

}  // namespace

bool read_form(const xml::element& x, node_config& c) {
  return each_field(x,
                    [&c](std::string_view name, const std::string& value) { return take(c, name, value) != verdict::refused; });
}

std::string_view unsupported_in(const xml::element& x) {
  const auto fits = [](std::string_view name, const std::string& value) {
    return name != "pubsub#access_model" || std::find(access_names.begin(), access_names.end(), value) != access_names.end();
  };
  return each_field(x, fits) ? std::string_view() : "unsupported-access-model";
}

bool read_options(const xml::element& x, node_config& c) {
  return each_field(x, [&c](std::string_view name, const std::string& value) {
    return is_description(name) || take(c, name, value) == verdict::taken;
  });
}

bool meets(const xml::element& x, const node_config& c) {
  auto asked = c;
  return read_options(x, asked) && config_text(asked) == config_text(c);
}

void append_form(std::string& out, const node_config& c) {
  out += "<x xmlns='jabber:x:data' type='form'><field var='FORM_TYPE' type='hidden'>";
  out += "<value>http://jabber.org/protocol/pubsub#node_config</value></field>";
  for (const auto& f : fields) {
    out.append("<field var='").append(f.name).append("' type='").append(f.type).append("'><value>").append(f.get(c)) +=
        "</value>";
    if (f.name == "pubsub#access_model") append_options(out, access_names);
    if (f.name == "pubsub#send_last_published_item") append_options(out, last_names);
    out += "</field>";
  }
  out += "</x>";
}

std::string config_text(const node_config& c) {
  std::string text;
  for (const auto& f : fields) text.append(f.name).append(1, '=').append(f.get(c)).append(1, '\n');
  if (!c.avatar.empty()) text.append(avatar_line).append(c.avatar).append(1, '\n');
  return text;
}

node_config read_config(std::string_view text) {
  node_config c;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.starts_with(avatar_line)) c.avatar = line.substr(avatar_line.size());
    const auto sign = line.find('=');
    if (sign != std::string_view::npos) take(c, line.substr(0, sign), line.substr(sign + 1));
  }
  return c;
}

std::string form_of_node(std::string_view stored) {
  const auto c = read_config(stored);
  std::string form;
  append_form(form, c);
  if (c.avatar.empty()) return form;
  std::string more = "<field var='";
  more.append(avatar_field).append("'><value>");
  xml::append_text(more, c.avatar);
  return form.insert(form.rfind("</x>"), more += "</value></field>");
}

std::string node_of_form(const xml::element& form, std::size_t items) {
  node_config c;
  c.access = access_model::whitelist;  // unless it says something else
  c.max_items = items > 1 ? most_pep_items : 1;
  each_field(form, [&c](std::string_view name, const std::string& value) {
    auto asked = c;
    if (take(asked, name, value) == verdict::taken) {
      c = std::move(asked);
    } else if (name == "pubsub#max_items") {
      c.max_items = most_pep_items;
    } else if (name == avatar_field && is_photo_hash(value)) {
      c.avatar = value;
    }
    return true;
  });
  return config_text(c);
}

}  // namespace couplet::session
