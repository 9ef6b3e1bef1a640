// Messages that wait, archives, and what is archived.

#include <algorithm>
#include <utility>
#include <vector>

#include "base/date_time.hpp"
#include "importing.hpp"
#include "portable_names.hpp"
#include "xml/children.hpp"
#include "xml/first_tag.hpp"
#include "xml/names.hpp"

namespace couplet::storage {

namespace {

/// Takes out what the server has put in of when it came, the last one; nothing: it has not.
std::optional<std::int64_t> take_delay(std::string& message, std::string_view domain) {
  std::size_t begins = 0, ends = 0;
  std::optional<std::int64_t> since;
  std::string scratch;
  for (xml::child_cursor child(message); child.next();) {
    if (!child.is("delay", delay_namespace)) continue;
    const auto from = child.attribute("from");
    if (from.data() != nullptr && xml::decode_attribute(from, scratch) != domain) continue;
    const auto stamp = base::from_date_time(child.attribute("stamp"));
    if (!stamp) continue;
    since = stamp;
    begins = child.begins();
    ends = child.ends();
  }
  message.erase(begins, ends - begins);
  return since;
}

/// Those of one time stay as they stood. (std::stable_sort does it by what its own library calls deprecated, which clang does not let pass.)
void sort_by_time(std::vector<portable_archived>& all) {
  std::vector<std::pair<std::int64_t, std::size_t>> order;
  order.reserve(all.size());
  for (const auto& a : all) order.emplace_back(a.time, order.size());
  std::sort(order.begin(), order.end());
  std::vector<portable_archived> sorted;
  sorted.reserve(all.size());
  for (const auto& [time, at] : order) sorted.push_back(std::move(all[at]));
  all = std::move(sorted);
}

}  // namespace

void user_reading::take_waiting(const xml::element& messages) {
  const auto domain = std::string_view(to_.jid).substr(to_.jid.find('@') + 1);
  for (auto e = messages.first_child(); e; e = e.next_sibling()) {
    if (!is_stanza(e, "message")) {
      unknown_.note(e);
      continue;
    }
    address(e, "from", "a message that waits");
    auto text = stanza(e);
    const auto since = take_delay(text, domain);
    texts_.stamp(text, domain, since);
    to_.offline.push_back(std::move(text));
  }
}

void user_reading::take_archive(const xml::element& archive) {
  for (auto e = archive.first_child(); e; e = e.next_sibling()) {
    e.is("result", xml::ns::archive) ? to_.archive.push_back(archived(e)) : unknown_.note(e);
  }
  sort_by_time(to_.archive);
}

portable_archived user_reading::archived(const xml::element& result) const {
  portable_archived a;
  a.id = result.attribute("id").value_or("");
  if (a.id.empty() || a.id.size() > max_kept_name_bytes)
    refuse("an archived message whose id is none, or has more than 1023 bytes: " + shown(a.id));
  const auto forwarded = result.child("forwarded", forward_namespace);
  const auto stamp = forwarded.child("delay", delay_namespace).attribute("stamp").value_or("");
  const auto time = base::from_date_time(stamp);
  if (!time) refuse("the archived message " + shown(a.id) + " has a time that is none: " + shown(stamp));
  // One of the future would put all that comes later there as well: times in an archive grow.
  a.time = std::min(*time, texts_.now);
  auto message = forwarded.first_child();
  while (message && !is_stanza(message, "message")) message = message.next_sibling();
  if (!message) refuse("the archived message " + shown(a.id) + " is not there");
  a.stanza = stanza(message);
  auto other = address(message, "from", "an archived message");
  if (other.bare() == to_.jid && message.attribute("to")) other = address(message, "to", "an archived message");
  a.with = other.bare();
  a.resource = other.resource();
  return a;
}

void user_reading::take_preferences(const xml::element& prefs) {
  auto read = texts_.preferences_from_xml(prefs);
  if (!read) refuse("what is to be archived (<prefs/>) is not as XEP-0441 has it");
  to_.archive_preferences = std::move(*read);
}

}  // namespace couplet::storage
