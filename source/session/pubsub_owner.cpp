#include <utility>

#include "bookmarks.hpp"
#include "iq_answers.hpp"
#include "pep_change.hpp"
#include "pubsub_form.hpp"
#include "pubsub_request.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

// What an owner does with nodes (XEP-0060 sections 8.2, 8.4, 8.5).

namespace couplet::session {

using storage::entry_kind;

void configure_node(core& c, pep_account& a, pubsub_request&& r, const xml::element& e, effects& out) {
  const auto* const known = known_node_or_refuse(c, a, r, e, out);
  if (known == nullptr) return;
  if (read_head(r.tag).type == stanza_type::get) {
    std::string content = "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'><configure";
    xml::append_attribute(content, "node", known->name);
    append_form(content += '>', known->config);
    return answer_result(c, content += "</configure></pubsub>", read_head(r.tag), out);
  }
  const auto form = e.child("x", xml::ns::data_form);
  if (!form) return refuse(c, r.tag, condition::bad_request, {}, out);
  // Given up: nothing changes (section 8.2.2).
  if (form.attribute("type").value_or("") == "cancel") return answer_result(c, {}, read_head(r.tag), out);
  auto node = *known;
  if (!read_form(form, node.config)) return refuse(c, r.tag, condition::not_acceptable, unsupported_in(form), out);
  pep_change change;
  put_node(change, std::move(node));
  make_pep_change(c, a, std::move(change), std::move(r.tag), {}, out);
}

void delete_node(core& c, pep_account& a, pubsub_request&& r, const xml::element& e, effects& out) {
  const auto* const known = known_node_or_refuse(c, a, r, e, out);
  if (known == nullptr) return;
  pep_change change;
  remove_node(change, *known);
  // With what the node was made of, or it would come back (XEP-0049).
  if (known->name == bookmarks_node)
    change.steps.emplace_back(entry_change::verb::remove, entry_kind::private_xml, std::string(old_bookmarks_key));
  make_pep_change(c, a, std::move(change), std::move(r.tag), {}, out);
}

void purge_node(core& c, pep_account& a, pubsub_request&& r, const xml::element& e, effects& out) {
  const auto* const known = known_node_or_refuse(c, a, r, e, out);
  if (known == nullptr) return;
  if (!known->config.persist_items) return refuse_unsupported(c, r.tag, "persistent-items", out);
  pep_change change;
  remove_items(change, *known);
  make_pep_change(c, a, std::move(change), std::move(r.tag), {}, out);
}

}  // namespace couplet::session
