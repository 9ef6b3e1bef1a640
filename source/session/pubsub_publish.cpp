#include <optional>
#include <utility>

#include "avatars.hpp"
#include "base/random.hpp"
#include "children.hpp"
#include "kept_xml.hpp"
#include "pep_change.hpp"
#include "pubsub_form.hpp"
#include "pubsub_request.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

// What an owner publishes, retracts and creates (XEP-0060 sections 7 and 8.1).

namespace couplet::session {
namespace {

struct publish_problem {
  publish_problem(condition why_, std::string_view what_) : why(why_), what(what_) {}
  condition why;
  std::string_view what;  ///< of pubsub#errors
};

bool is_true(std::string_view value) noexcept {
  return value == "1" || value == "true";
}

/// The element of that name below the whole one; empty: none.
std::string_view part_of(std::string_view whole, std::string_view name) {
  for (child_cursor child(whole); child.next();) {
    if (child.local_name() == name) return child.whole();
  }
  return {};
}

/// <item/> as it is kept, with its payload standing alone.
std::string item_text(const std::string& xml, std::string_view id) {
  const auto pubsub = part_of(xml, "pubsub");
  const auto publish = part_of(pubsub, "publish");
  const auto item = part_of(publish, "item");
  child_cursor payload(item);
  payload.next();
  std::string text = "<item";
  xml::append_attribute(text, "id", id);
  return text.append(1, '>').append(stand_alone(payload.whole(), {item, publish, pubsub, xml})).append("</item>");
}

/// Otherwise something happens there, and that is all that is told (XEP-0060 section 4.3).
bool has_items(const node_config& config) noexcept {
  return config.persist_items || config.deliver_payloads;
}

std::optional<publish_problem> check_item(const xml::element& publish, const node_config& config) {
  const auto item = publish.child("item");
  if (!has_items(config)) return item ? std::optional<publish_problem>({condition::bad_request, "item-forbidden"}) : std::nullopt;
  if (!item) return publish_problem(condition::bad_request, "item-required");
  if (item.next_sibling()) return publish_problem(condition::not_allowed, "max-items-exceeded");
  if (item.attribute("id").value_or("").size() > most_pep_name_bytes) return publish_problem(condition::not_acceptable, {});
  if (!item.first_child()) return publish_problem(condition::bad_request, "payload-required");
  if (item.first_child().next_sibling()) return publish_problem(condition::bad_request, "invalid-payload");
  return std::nullopt;
}

/// The form of <publish-options/>, or of <configure/>; empty: there is none.
xml::element form_in(const xml::element& holder) {
  return holder.child("x", xml::ns::data_form);
}

xml::element sibling(const xml::element& e, std::string_view name) {
  for (auto s = e.next_sibling(); s; s = s.next_sibling()) {
    if (s.name() == name && s.namespace_uri() == e.namespace_uri()) return s;
  }
  return {};
}

}  // namespace

void publish(core& c, pep_account& a, pubsub_request&& r, const xml::element& e, effects& out) {
  const auto name = node_or_refuse(c, r, e, out);
  if (name.empty()) return;
  pep_change change;
  auto node = node_of(a, change, name);
  const bool is_new = !node;
  if (is_new) node.emplace().name = name;
  if (const auto options = form_in(sibling(e, "publish-options"))) {
    const bool good = is_new ? read_options(options, node->config) : meets(options, node->config);
    if (!good) return refuse(c, r.tag, condition::conflict, "precondition-not-met", out);
  }
  if (const auto bad = check_item(e, node->config)) return refuse(c, r.tag, bad->why, bad->what, out);
  if (is_new) put_node(change, *node);
  std::string content = "<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish";
  xml::append_attribute(content, "node", name);
  if (!has_items(node->config)) {
    add_notice(change, *node);
    return make_pep_change(c, a, std::move(change), std::move(r.tag), content += "/></pubsub>", out);
  }
  std::string id(e.child("item").attribute("id").value_or(""));
  if (id.empty()) id = base::random_hex(8);
  const auto item = item_text(r.xml, id);
  add_item(a, change, std::move(*node), id, item, c.now());
  content += "><item";
  xml::append_attribute(content, "id", id);
  content += "/></publish></pubsub>";
  if (name == avatar_metadata_node) return publish_avatar(c, a, std::move(change), item, std::move(r), std::move(content), out);
  make_pep_change(c, a, std::move(change), std::move(r.tag), std::move(content), out);
}

void retract(core& c, pep_account& a, pubsub_request&& r, const xml::element& e, effects& out) {
  const auto* const known = known_node_or_refuse(c, a, r, e, out);
  if (known == nullptr) return;
  if (!known->config.persist_items) return refuse_unsupported(c, r.tag, "persistent-items", out);
  const bool tells = known->config.notify_retract || is_true(e.attribute("notify").value_or(""));
  pep_change change;
  const std::string name(known->name);
  for (auto item = e.child("item"); item; item = item.next_sibling()) {
    const std::string id(item.attribute("id").value_or(""));
    if (id.empty()) return refuse(c, r.tag, condition::bad_request, "item-required", out);
    auto node = node_of(a, change, name);
    if (node->find(id) == nullptr) return refuse(c, r.tag, condition::item_not_found, {}, out);
    remove_item(change, std::move(*node), id, tells);
  }
  if (change.steps.empty()) return refuse(c, r.tag, condition::bad_request, "item-required", out);
  make_pep_change(c, a, std::move(change), std::move(r.tag), {}, out);
}

void create_node(core& c, pep_account& a, pubsub_request&& r, const xml::element& e, effects& out) {
  std::string name(e.attribute("node").value_or(""));
  const bool is_named = !name.empty();
  if (is_named && node_or_refuse(c, r, e, out).empty()) return;
  if (!is_named) name = base::random_hex(16);
  if (a.find(name) != nullptr) return refuse(c, r.tag, condition::conflict, {}, out);
  pep_node node;
  node.name = name;
  const auto form = form_in(sibling(e, "configure"));
  if (form && !read_form(form, node.config)) return refuse(c, r.tag, condition::not_acceptable, unsupported_in(form), out);
  pep_change change;
  put_node(change, std::move(node));
  std::string content;
  if (!is_named) {
    content = "<pubsub xmlns='http://jabber.org/protocol/pubsub'><create";
    xml::append_attribute(content, "node", name);
    content += "/></pubsub>";
  }
  make_pep_change(c, a, std::move(change), std::move(r.tag), std::move(content), out);
}

}  // namespace couplet::session
