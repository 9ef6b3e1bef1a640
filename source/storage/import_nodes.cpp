// vCards, private XML, nodes and their items.

#include <algorithm>

#include "base/random.hpp"
#include "importing.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::storage {

void user_reading::take_vcard(const xml::element& card) {
  add(entry_kind::vcard, {}, kept(card), "a vCard");
}

/// The namespace must be one of its own (XEP-0049 section 2).
void user_reading::take_private(const xml::element& query) {
  for (auto e = query.first_child(); e; e = e.next_sibling()) {
    const auto uri = e.namespace_uri();
    if (uri.empty() || uri == xml::ns::private_xml || uri == xml::ns::client) {
      unknown_.note(e);
    } else {
      add(entry_kind::private_xml, std::string(uri) + ' ' + std::string(e.name()), kept(e), "an element of private XML");
    }
  }
}

user_reading::node& user_reading::node_named(const xml::element& holder) {
  const auto name = holder.attribute("node").value_or("");
  if (name.empty() || name.size() > max_kept_name_bytes || name.find('\n') != std::string_view::npos)
    refuse("a node whose name no node can have: " + shown(name));
  const auto known = std::find_if(nodes_.begin(), nodes_.end(), [name](const node& n) { return n.name == name; });
  if (known != nodes_.end()) return *known;
  if (nodes_.size() == most_nodes) refuse("more than " + std::to_string(most_nodes) + " nodes");
  return nodes_.emplace_back(name);
}

void user_reading::take_configurations(const xml::element& pubsub) {
  for (auto e = pubsub.first_child(); e; e = e.next_sibling()) {
    if (!e.is("configure", xml::ns::pubsub_owner)) {
      unknown_.note(e);
      continue;
    }
    auto& of = node_named(e);
    if (of.configured) refuse("the configuration of a node is there twice: " + shown(of.name));
    of.configured = true;
    of.form = e.child("x", xml::ns::data_form);
  }
}

void user_reading::take_items(const xml::element& pubsub) {
  for (auto e = pubsub.first_child(); e; e = e.next_sibling()) {
    if (!e.is("items", xml::ns::pubsub)) {
      unknown_.note(e);
      continue;
    }
    auto& of = node_named(e);
    for (auto item = e.first_child(); item; item = item.next_sibling()) {
      item.is("item", xml::ns::pubsub) ? take_item(of, item) : unknown_.note(item);
    }
  }
}

/// Written as the session manager does.
void user_reading::take_item(node& of, const xml::element& item) {
  std::string id(item.attribute("id").value_or(""));
  if (id.empty()) id = base::random_hex(8);
  if (id.size() > max_kept_name_bytes) refuse("an item of the node " + shown(of.name) + " has an id of more than 1023 bytes");
  const auto payload = item.first_child();
  if (payload && payload.next_sibling())
    refuse("an item of the node " + shown(of.name) + " has more than one payload: " + shown(id));
  std::string text = "<item";
  xml::append_attribute(text, "id", id);
  text += payload ? ">" + kept(payload) + "</item>" : "/>";
  of.items.emplace_back(std::move(id), std::move(text));
}

/// Items are numbered in the order of the document, which is that in which they were published.
void user_reading::finish() {
  std::int64_t number = 0;
  for (auto& n : nodes_) {
    add(entry_kind::pep_node, n.name, texts_.node_of_form(n.form, n.items.size()), "a node");
    for (auto& [id, item] : n.items)
      add(entry_kind::pep_item, n.name + '\n' + id, std::to_string(++number) + ' ' + item, "an item of a node");
  }
  nodes_.clear();
}

}  // namespace couplet::storage
