#include "pubsub.hpp"

#include <array>
#include <utility>

#include "avatars.hpp"
#include "bookmarks.hpp"
#include "delivery.hpp"
#include "iq_answers.hpp"
#include "pep_work.hpp"
#include "pubsub_form.hpp"
#include "pubsub_request.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::session {
namespace {

constexpr std::array<std::string_view, 19> features{
    "access-open",    "access-presence", "access-whitelist", "auto-create",
    "auto-subscribe", "config-node",     "config-node-max",  "create-and-configure",
    "create-nodes",   "delete-items",    "delete-nodes",     "filtered-notifications",
    "instant-nodes",  "item-ids",        "last-published",   "persistent-items",
    "publish",        "publish-options", "purge-nodes"};
constexpr std::array<std::string_view, 3> more_features{"retract-items", "retrieve-default", "retrieve-items"};

using pubsub_work = void (*)(core&, pep_account&, pubsub_request&&, const xml::element&, effects&);

/// What can be asked for, and by whom.
struct pubsub_row {
  std::string_view uri, name;
  stanza_type type;
  bool for_all;
  pubsub_work function;
};

void answer_default(core& c, pep_account&, pubsub_request&& r, const xml::element&, effects& out) {
  std::string content = "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'><default>";
  append_form(content, node_config());
  answer_result(c, content += "</default></pubsub>", read_head(r.tag), out);
}

constexpr std::array<pubsub_row, 9> rows{{
    {xml::ns::pubsub, "publish", stanza_type::set, false, publish},
    {xml::ns::pubsub, "items", stanza_type::get, true, answer_items},
    {xml::ns::pubsub, "retract", stanza_type::set, false, retract},
    {xml::ns::pubsub, "create", stanza_type::set, false, create_node},
    {xml::ns::pubsub_owner, "configure", stanza_type::get, false, configure_node},
    {xml::ns::pubsub_owner, "configure", stanza_type::set, false, configure_node},
    {xml::ns::pubsub_owner, "default", stanza_type::get, false, answer_default},
    {xml::ns::pubsub_owner, "delete", stanza_type::set, false, delete_node},
    {xml::ns::pubsub_owner, "purge", stanza_type::set, false, purge_node},
}};

/// What XEP-0060 has beside that, and the name of the feature that it would be.
struct missing_feature {
  std::string_view name, feature;
};
constexpr std::array<missing_feature, 6> missing{{
    {"subscribe", "subscribe"},
    {"unsubscribe", "subscribe"},
    {"options", "subscription-options"},
    {"affiliations", "retrieve-affiliations"},
    {"subscriptions", "retrieve-subscriptions"},
    {"default", "retrieve-default-sub"},
}};

bool is_pubsub(const xml::element& payload) {
  return payload.name() == "pubsub" &&
         (payload.namespace_uri() == xml::ns::pubsub || payload.namespace_uri() == xml::ns::pubsub_owner);
}

void dispatch(core& c, pep_account& a, pubsub_request&& r, stanza_type type, const xml::element& e, effects& out) {
  const auto uri = e.namespace_uri();
  for (const auto& can : rows) {
    if (can.uri != uri || can.name != e.name() || can.type != type) continue;
    if (!r.own && !can.for_all) return refuse(c, r.tag, condition::forbidden, {}, out);
    return can.function(c, a, std::move(r), e, out);
  }
  for (const auto& lacks : missing) {
    if (lacks.name == e.name()) return refuse_unsupported(c, r.tag, lacks.feature, out);
  }
  refuse(c, r.tag, condition::bad_request, {}, out);
}

}  // namespace

bool is_pubsub_request(const xml::element& payload) {
  if (is_pubsub(payload) || payload.is("query", xml::ns::disco_items)) return true;
  return payload.is("query", xml::ns::disco_info) && !payload.attribute("node").value_or("").empty();
}

void answer_pubsub(core& c, std::string&& xml, std::string_view owner, effects& out) {
  with_pep(c, owner, pep_task(pep_task::kind::request, std::move(xml)), out);
}

void answer_pubsub_for_nobody(core& c, std::string&& xml, const stanza_head& head, effects& out) {
  const auto payload = c.document.parse(xml, xml::ns::client).first_child();
  const bool reads = head.type == stanza_type::get && payload.is("pubsub", xml::ns::pubsub);
  const auto tag = first_tag_of(xml);
  ignore(std::move(xml));
  if (!reads) return refuse(c, tag, condition::forbidden, {}, out);
  refuse(c, tag, condition::not_authorized, "presence-subscription-required", out);
}

void append_pubsub_info(std::string& out) {
  out += "<identity category='pubsub' type='pep'/><feature var='http://jabber.org/protocol/pubsub'/>";
  for (const auto name : features) out.append("<feature var='http://jabber.org/protocol/pubsub#").append(name).append("'/>");
  for (const auto name : more_features) out.append("<feature var='http://jabber.org/protocol/pubsub#").append(name).append("'/>");
}

void work_on_request(core& c, pep_account& a, std::string&& xml, effects& out) {
  pubsub_request r;
  r.tag = first_tag_of(xml);
  r.xml = std::move(xml);
  const auto head = read_head(r.tag);
  stanza_address from;
  if (!from.read(head.from)) return;
  r.from = from.bare();
  r.own = r.from == a.owner;
  const auto type = head.type;
  const auto payload = c.document.parse(r.xml, xml::ns::client).first_child();
  if (payload.is("vCard", xml::ns::vcard)) return store_vcard(c, a, std::move(r), out);
  if (payload.is("query", xml::ns::private_xml)) return answer_bookmarks(c, a, std::move(r), type, payload, out);
  const bool items = payload.is("query", xml::ns::disco_items);
  if (items || payload.is("query", xml::ns::disco_info)) {
    if (type != stanza_type::get) return refuse(c, r.tag, condition::bad_request, {}, out);
    return items ? answer_node_items(c, a, std::move(r), payload, out) : answer_node_info(c, a, std::move(r), payload, out);
  }
  const auto e = payload.first_child();
  if (!e) return refuse(c, r.tag, condition::bad_request, {}, out);
  if (take_over_bookmarks(c, a, r, e.attribute("node").value_or(""), out)) return;
  dispatch(c, a, std::move(r), type, e, out);
}

void resume_request(core& c, pep_account& a, pubsub_request&& r, effects& out) {
  const auto type = read_head(r.tag).type;
  const auto e = c.document.parse(r.xml, xml::ns::client).first_child().first_child();
  dispatch(c, a, std::move(r), type, e, out);
}

void refuse(core& c, const std::string& tag, condition why, std::string_view what, effects& out, std::string_view attributes) {
  auto answer = base::take_text();
  append_error(answer, read_head(tag), why);
  if (!what.empty()) {
    std::string inside = "<";
    inside.append(what).append(" xmlns='").append(xml::ns::pubsub_errors).append(1, '\'').append(attributes).append("/>");
    answer.insert(answer.rfind("</error>"), inside);
  }
  route_stanza(c, std::move(answer), out);
}

void refuse_unsupported(core& c, const std::string& tag, std::string_view feature, effects& out) {
  std::string attribute;
  xml::append_attribute(attribute, "feature", feature);
  refuse(c, tag, condition::feature_not_implemented, "unsupported", out, attribute);
}

std::string node_or_refuse(core& c, const pubsub_request& r, const xml::element& e, effects& out) {
  std::string node(e.attribute("node").value_or(""));
  if (node.empty()) {
    refuse(c, r.tag, condition::bad_request, "nodeid-required", out);
  } else if (node.size() > most_pep_name_bytes || node.find('\n') != std::string::npos) {
    refuse(c, r.tag, condition::not_acceptable, {}, out);
    node.clear();
  }
  return node;
}

const pep_node* known_node_or_refuse(core& c, const pep_account& a, const pubsub_request& r, const xml::element& e,
                                     effects& out) {
  const auto name = node_or_refuse(c, r, e, out);
  if (name.empty()) return nullptr;
  const auto* const node = a.find(name);
  if (node == nullptr) refuse(c, r.tag, condition::item_not_found, {}, out);
  return node;
}

}  // namespace couplet::session
