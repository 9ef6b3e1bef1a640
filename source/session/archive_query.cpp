#include <charconv>
#include <utility>

#include "archive.hpp"
#include "base/date_time.hpp"
#include "core.hpp"
#include "delivery.hpp"
#include "iq_answers.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

// A query to the own archive (XEP-0313 section 4), a page of it (XEP-0059), and what comes of it.

namespace couplet::session {
namespace {

constexpr std::size_t usual_page = 50;
constexpr std::size_t largest_page = 250;
constexpr std::size_t page_bytes = 256U << 10U;  // of what a client's outbox holds without being too slow
constexpr std::uint8_t most_queries = 4;         // of one session at the same time

constexpr std::string_view form =
    "<query xmlns='urn:xmpp:mam:2'><x xmlns='jabber:x:data' type='form'>"
    "<field type='hidden' var='FORM_TYPE'><value>urn:xmpp:mam:2</value></field>"
    "<field type='jid-single' var='with'/><field type='text-single' var='start'/><field type='text-single' var='end'/>"
    "<field type='text-single' var='before-id'/><field type='text-single' var='after-id'/>"
    "<field type='list-multi' var='ids'><validate xmlns='http://jabber.org/protocol/xdata-validate' datatype='xs:string'><open/>"
    "</validate></field></x></query>";

using problem = std::optional<condition>;

/// What is needed when the page is there.
struct asked {
  std::string tag;        ///< of the request
  std::string query_id;   ///< empty: none
  std::uint64_t session;  ///< handle
  bool flipped = false;
  bool from_the_start = false;
};

problem read_time(const std::string& text, std::optional<std::int64_t>& out) {
  out = base::from_date_time(text);
  return out ? problem() : condition::bad_request;
}

problem read_with(const std::string& text, storage::archive_query& q) {
  const auto who = base::jid::parse(text);
  if (!who) return condition::jid_malformed;
  q.with = who->bare();
  q.with_resource = who->resource();
  return std::nullopt;
}

problem read_ids(const xml::element& field, storage::archive_query& q) {
  for (auto value = field.child("value"); value; value = value.next_sibling()) q.ids.push_back(value.text());
  return q.ids.size() > largest_page ? problem(condition::not_acceptable) : problem();
}

problem read_field(const xml::element& field, storage::archive_query& q) {
  const auto name = field.attribute("var").value_or(std::string_view());
  if (name == "ids") return read_ids(field, q);
  auto value = field.child("value").text();
  if (name == "FORM_TYPE") return value == xml::ns::archive ? problem() : condition::bad_request;
  if (name == "with") return read_with(value, q);
  if (name == "start") return read_time(value, q.start);
  if (name == "end") return read_time(value, q.end);
  if (name == "before-id") return q.before_id = std::move(value), problem();
  if (name == "after-id") return q.after_id = std::move(value), problem();
  return condition::feature_not_implemented;
}

problem read_form(const xml::element& x, storage::archive_query& q) {
  for (auto field = x.child("field"); field; field = field.next_sibling()) {
    if (!field.is("field", xml::ns::data_form)) continue;
    if (const auto bad = read_field(field, q)) return bad;
  }
  return std::nullopt;
}

problem read_page(const xml::element& set, storage::archive_query& q) {
  q.most = usual_page;
  q.page_bytes = page_bytes;
  if (!set) return std::nullopt;
  if (set.child("index")) return condition::feature_not_implemented;
  if (const auto max = set.child("max")) {
    const auto text = max.text();
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), q.most);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return condition::bad_request;
    q.most = std::min(q.most, largest_page);
  }
  q.page_after = set.child("after").text();
  if (const auto before = set.child("before")) {
    q.page_before = before.text();
    q.last_page = true;
  }
  return std::nullopt;
}

void push_result(core& c, const session& s, const asked& a, const storage::archived_message& m, effects& out) {
  auto text = base::take_text();
  text += "<message from='";
  xml::append_attribute_value(text, s.bare());
  text += "' to='";
  xml::append_attribute_value(text, s.bare());
  text += '/';
  xml::append_attribute_value(text, s.resource);
  text += "'><result xmlns='urn:xmpp:mam:2'";
  if (!a.query_id.empty()) xml::append_attribute(text, "queryid", a.query_id);
  xml::append_attribute(text, "id", m.id);
  text.append("><forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='").append(base::to_date_time(m.time));
  text += "'/>";
  append_forwarded(text, m.stanza, read_head(m.stanza));
  text += "</forwarded></result></message>";
  push(c, s, std::move(text), out);
}

std::string fin_of(const asked& a, const storage::archive_page& page) {
  std::string text = "<fin xmlns='urn:xmpp:mam:2'";
  if (page.complete) text += " complete='true'";
  text += "><set xmlns='http://jabber.org/protocol/rsm'>";
  if (!page.messages.empty()) {
    text += a.from_the_start ? "<first index='0'>" : "<first>";
    text.append(page.messages.front().id).append("</first><last>").append(page.messages.back().id).append("</last>");
  }
  if (page.count) text.append("<count>").append(std::to_string(*page.count)).append("</count>");
  return text + "</set></fin>";
}

void on_page(core& c, const asked& a, storage_answer&& answer, effects& out) {
  session* const s = c.sessions.find(a.session);
  if (s == nullptr) return;  // whoever asked is gone
  --s->archive_queries;
  if (answer.outcome != storage_outcome::done) return answer_kept_error(c, a.tag, condition_of(answer.outcome), out);
  if (answer.unknown_id) return answer_kept_error(c, a.tag, condition::item_not_found, out);
  const auto& page = answer.page;
  if (a.flipped) {
    for (auto m = page.messages.rbegin(); m != page.messages.rend(); ++m) push_result(c, *s, a, *m, out);
  } else {
    for (const auto& m : page.messages) push_result(c, *s, a, m, out);
  }
  answer_result(c, fin_of(a, page), read_head(a.tag), out);
}

}  // namespace

void answer_archive_query(core& c, std::string&& xml, const stanza_head& head, const xml::element& query, session& own,
                          effects& out) {
  if (head.type == stanza_type::get) {
    answer_result(c, form, head, out);
    return ignore(std::move(xml));
  }
  storage::archive_query q;
  auto bad = read_page(query.child("set", xml::ns::result_sets), q);
  if (!bad) bad = read_form(query.child("x", xml::ns::data_form), q);
  if (!bad && own.archive_queries >= most_queries) bad = condition::resource_constraint;
  if (bad) return answer_error(c, std::move(xml), head, *bad, out);
  ++own.archive_queries;
  asked a;
  a.tag = first_tag_of(xml);
  a.query_id = query.attribute("queryid").value_or(std::string_view());
  a.session = c.sessions.handle_of(own);
  a.flipped = static_cast<bool>(query.child("flip-page"));
  a.from_the_start = q.page_after.empty() && !q.last_page;
  const auto told = [a = std::move(a)](core& there, storage_answer&& answer, effects& more) {
    on_page(there, a, std::move(answer), more);
  };
  ask(c, own.bare(), read_archive(std::move(q)), told, out);
  ignore(std::move(xml));
}

}  // namespace couplet::session
