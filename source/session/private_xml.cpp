#include "private_xml.hpp"

#include <utility>

#include "bookmarks.hpp"
#include "children.hpp"
#include "delivery.hpp"
#include "iq_answers.hpp"
#include "kept_xml.hpp"
#include "pep_work.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::session {
namespace {

using storage::entry_kind;

/// The namespace must be one of its own (section 2); nothing: it is none.
std::string key_of(const xml::element& e) {
  const auto uri = e.namespace_uri();
  if (uri.empty() || uri == xml::ns::private_xml || uri == xml::ns::client) return {};
  return std::string(uri) + ' ' + std::string(e.name());
}

/// What there is of an element of which nothing is stored.
std::string empty_of(const xml::element& e) {
  std::string text = "<" + std::string(e.name());
  xml::append_attribute(text, "xmlns", e.namespace_uri());
  return text + "/>";
}

bool says_nothing(const xml::element& e) {
  if (e.node().first_child()) return false;
  for (const auto a : e.node().attributes()) {
    if (!std::string_view(a.name()).starts_with("xmlns")) return false;
  }
  return true;
}

void read(core& c, std::string&& xml, const stanza_head& head, const xml::element& query, const session& own, effects& out) {
  const auto wanted = query.first_child();
  auto key = wanted && !wanted.next_sibling() ? key_of(wanted) : std::string();
  if (key.empty()) return answer_error(c, std::move(xml), head, condition::not_acceptable, out);
  auto none = empty_of(wanted);
  const auto kept = key.size() + none.size() + xml.size();
  const auto then = [iq = first_tag_of(xml), none = std::move(none)](core& at, storage_answer&& a, effects& o) {
    if (a.outcome != storage_outcome::done) return answer_kept_error(at, iq, condition_of(a.outcome), o);
    auto content = std::string("<query xmlns='jabber:iq:private'>") + (a.entries.empty() ? none : a.entries[0].value);
    answer_result(at, content += "</query>", read_head(iq), o);
  };
  ask(c, own.bare(), read_entries(entry_kind::private_xml, std::move(key)), then, out, kept);
  ignore(std::move(xml));
}

}  // namespace

std::vector<entry_change> private_xml_steps(std::string_view xml, const xml::element& query) {
  std::vector<entry_change> steps;
  child_cursor bytes_of_query(xml);
  bytes_of_query.next();
  const auto around = bytes_of_query.whole();
  child_cursor bytes(around);
  for (auto e = query.first_child(); e && bytes.next(); e = e.next_sibling()) {
    auto key = key_of(e);
    if (key.empty()) return {};
    if (says_nothing(e)) {
      steps.emplace_back(entry_change::verb::remove, entry_kind::private_xml, std::move(key));
    } else {
      steps.emplace_back(entry_change::verb::put, entry_kind::private_xml, std::move(key),
                         stand_alone(bytes.whole(), {around, xml}));
    }
  }
  return steps;
}

void answer_private_xml(core& c, std::string&& xml, const stanza_head& head, const xml::element& query, const session& own,
                        effects& out) {
  const bool gets = head.type == stanza_type::get;
  if (has_bookmarks(query) && (!gets || !query.first_child().next_sibling()))
    return with_pep(c, own.bare(), pep_task(pep_task::kind::request, std::move(xml)), out);
  if (gets) return read(c, std::move(xml), head, query, own, out);
  // All elements of one request, or none. What says nothing takes no place.
  auto steps = private_xml_steps(xml, query);
  if (steps.empty()) return answer_error(c, std::move(xml), head, condition::not_acceptable, out);
  ask_for_change(c, own.bare(), std::move(steps), first_tag_of(xml), out);
  ignore(std::move(xml));
}

}  // namespace couplet::session
