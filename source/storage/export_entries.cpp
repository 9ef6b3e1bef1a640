// Texts under keys, as XEP-0227 has them.

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "exporting.hpp"
#include "storage/entries.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::storage {

namespace {

/// Texts of one kind between two tags; nothing where there is none.
void append_between(portable_out& out, database& db, std::string_view owner, entry_kind kind, std::string_view name,
                    std::string_view uri, const std::function<void(std::string_view key, std::string_view value)>& append) {
  bool some = false;
  each_entry(db, owner, kind, [&](std::string_view key, std::string_view value) {
    if (!std::exchange(some, true)) out.text.append(1, '<').append(name).append(" xmlns='").append(uri).append("'>");
    append(key, value);
    out.pass_on_if_large();
  });
  if (some) out.text.append("</").append(name).append(1, '>');
}

void append_opened(std::string& out, std::string_view name, std::string_view node) {
  out.append(1, '<').append(name);
  xml::append_attribute(out, "node", node);
  out += '>';
}

/// In the order in which they were published, which is that of their numbers.
void append_items(std::string& out, database& db, std::string_view owner, const std::string& node) {
  std::vector<std::pair<std::int64_t, std::string>> items;
  each_entry_below(db, owner, entry_kind::pep_item, node + '\n', [&items](std::string_view, std::string_view value) {
    std::int64_t number = 0;
    std::from_chars(value.data(), value.data() + value.size(), number);
    items.emplace_back(number, value.substr(std::min(value.find(' '), value.size() - 1) + 1));
  });
  std::sort(items.begin(), items.end());
  append_opened(out, "items", node);
  for (const auto& [number, item] : items) out += item;
  out += "</items>";
}

}  // namespace

void append_contacts(portable_out& out, database& db, std::string_view owner) {
  append_between(out, db, owner, entry_kind::roster_item, "query", xml::ns::iq_roster,
                 [&out](std::string_view, std::string_view item) { out.text += item; });
  each_entry(db, owner, entry_kind::subscription_request,
             [&out](std::string_view, std::string_view request) { append_stanza(out.text, request); });
  append_between(out, db, owner, entry_kind::blocked, "blocklist", xml::ns::blocking,
                 [&out](std::string_view jid, std::string_view) {
                   out.text += "<item";
                   xml::append_attribute(out.text, "jid", jid);
                   out.text += "/>";
                 });
}

void append_kept_xml(portable_out& out, database& db, std::string_view owner) {
  if (const auto card = entry_of(db, owner, entry_kind::vcard, "")) out.text += *card;
  append_between(out, db, owner, entry_kind::private_xml, "query", xml::ns::private_xml,
                 [&out](std::string_view, std::string_view element) { out.text += element; });
}

void append_nodes(portable_out& out, database& db, std::string_view owner, const portable_texts& texts) {
  std::vector<std::string> nodes;
  append_between(out, db, owner, entry_kind::pep_node, "pubsub", xml::ns::pubsub_owner,
                 [&](std::string_view node, std::string_view config) {
                   nodes.emplace_back(node);
                   append_opened(out.text, "configure", node);
                   out.text.append(texts.form_of_node(config)).append("</configure>");
                 });
  if (nodes.empty()) return;
  out.text.append("<pubsub xmlns='").append(xml::ns::pubsub).append("'>");
  for (const auto& node : nodes) {
    append_items(out.text, db, owner, node);
    out.pass_on_if_large();
  }
  out.text += "</pubsub>";
}

}  // namespace couplet::storage
