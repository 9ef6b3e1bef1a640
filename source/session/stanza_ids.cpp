#include "stanza_ids.hpp"

#include <cstring>

#include "address.hpp"
#include "children.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::session {
namespace {

constexpr std::string_view element_name = "stanza-id";

/// An element's name is never written in any other way. It is looked for by its rarest letter: this is done for every message.
bool may_hold_ids(std::string_view message) noexcept {
  constexpr auto z = element_name.find('z');
  for (auto at = message.find('z', z); at != std::string_view::npos; at = message.find('z', at + 1)) {
    if (message.substr(at - z).starts_with(element_name)) return true;
  }
  return false;
}

bool is_id_by(const child_cursor& child, std::string_view bare_jid) {
  if (!child.is(element_name, xml::ns::stanza_ids)) return false;
  stanza_address by;
  const auto raw = child.attribute("by");
  return raw.data() != nullptr && by.read(raw) && by.is_bare() && by.bare() == bare_jid;
}

}  // namespace

bool strip_stanza_ids(std::string& message, std::string_view bare_jid) {
  if (!may_hold_ids(message)) return false;
  std::size_t kept = 0;   // bytes that are where they belong
  std::size_t taken = 0;  // bytes that have been looked at
  const auto keep_up_to = [&](std::size_t end) {
    if (kept != taken) std::memmove(message.data() + kept, message.data() + taken, end - taken);
    kept += end - taken;
  };
  for (child_cursor child(message); child.next();) {
    if (!is_id_by(child, bare_jid)) continue;
    keep_up_to(child.begins());
    taken = child.ends();
  }
  if (taken == 0) return false;
  keep_up_to(message.size());
  message.resize(kept);
  return true;
}

void append_stanza_id(std::string& message, std::string_view bare_jid, std::string_view id) {
  std::string element = "<stanza-id xmlns='urn:xmpp:sid:0' by='";
  xml::append_attribute_value(element, bare_jid);
  element.append("' id='").append(id).append("'/>");
  message.insert(message.rfind("</"), element);
}

}  // namespace couplet::session
