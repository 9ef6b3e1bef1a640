#include "archive.hpp"

#include <algorithm>
#include <utility>

#include "address.hpp"
#include "base/date_time.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "contact_work.hpp"
#include "core.hpp"
#include "delivery.hpp"
#include "hints.hpp"
#include "iq_answers.hpp"
#include "route/client_id.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::session {
namespace {

/// For one of them, bare or full.
bool names(const std::vector<std::string>& jids, const stanza_address& who) {
  return std::any_of(jids.begin(), jids.end(), [&who](const std::string& jid) {
    if (jid == who.bare()) return true;
    return !who.is_bare() && jid.size() == who.bare().size() + 1 + who.resource().size() && jid.starts_with(who.bare()) &&
           jid.ends_with(who.resource()) && jid[who.bare().size()] == '/';
  });
}

enum class wish : std::uint8_t { yes, no, if_contact };

wish wish_of(const core& c, const account_table::entry& owner, const stanza_address& with) {
  const auto found = c.archive_preferences.find(owner.first);
  if (found == c.archive_preferences.end()) return wish::yes;
  const auto& p = found->second;
  if (names(p.always, with)) return wish::yes;
  if (names(p.never, with) || p.otherwise == archive_preferences::scope::never) return wish::no;
  if (p.otherwise == archive_preferences::scope::always) return wish::yes;
  const auto* const known = contacts_of(owner);
  if (known == nullptr || !known->is_loaded) return wish::if_contact;  // nobody is there: the storage looks
  return known->find(with.bare()) != nullptr ? wish::yes : wish::no;
}

void answer_metadata(core& c, std::string&& xml, session& own, effects& out) {
  const auto told = [tag = first_tag_of(xml)](core& there, storage_answer&& a, effects& more) {
    if (a.outcome != storage_outcome::done) return answer_kept_error(there, tag, condition_of(a.outcome), more);
    std::string content = "<metadata xmlns='urn:xmpp:mam:2'>";
    const char* names[] = {"start", "end"};
    for (std::size_t i = 0; i < a.page.messages.size() && i < 2; ++i) {
      content.append(1, '<').append(names[i]);
      xml::append_attribute(content, "id", a.page.messages[i].id);
      xml::append_attribute(content, "timestamp", base::to_date_time(a.page.messages[i].time));
      content += "/>";
    }
    answer_result(there, content + "</metadata>", read_head(tag), more);
  };
  ask(c, own.bare(), read_archive_ends(), told, out);
  ignore(std::move(xml));
}

}  // namespace

archive_ids::archive_ids() : keys_{{base::random_u64(), base::random_u64()}, {base::random_u64(), base::random_u64()}} {}

std::string archive_ids::next() {
  ++count_;
  const std::string_view counted(reinterpret_cast<const char*>(&count_), sizeof count_);
  std::string id;
  for (const auto& key : keys_) route::append_hex16(id, base::sip_hash(key, counted));
  return id;
}

std::optional<archive_message> record_of(core& c, const account_table::entry& owner, std::string_view xml,
                                         const stanza_head& head, bool sent) {
  if (!c.options.archive || owner.second.guest || !is_for_archive(head, read_traits(xml))) return std::nullopt;
  stanza_address with;
  const auto raw = sent ? head.to : head.from;
  if (raw.data() == nullptr || !with.read(raw)) return std::nullopt;
  const auto what = wish_of(c, owner, with);
  if (what == wish::no) return std::nullopt;
  archive_message record;
  record.id = c.ids.next();
  record.with = with.bare();
  record.resource = with.resource();
  record.stanza = xml;
  record.contacts_only = what == wish::if_contact;
  record.most = c.options.archive_limits;
  return record;
}

void archive(core& c, const account_table::entry& owner, archive_message&& record, effects& out) {
  // The message is on its way already: there is nobody to tell but the operator, once.
  const auto told = [](core& there, storage_answer&& a, effects&) {
    const bool works = a.outcome == storage_outcome::done;
    if (works == std::exchange(there.archive_works, works)) return;
    if (works) return base::log::info("messages are archived again");
    base::log::error("messages are delivered, but not archived: the storage has no place, or does not keep up");
  };
  ask(c, owner.first, std::move(record), told, out);
}

bool is_archive_request(const core& c, const xml::element& payload) noexcept {
  return c.options.archive && payload.namespace_uri() == xml::ns::archive &&
         (payload.name() == "query" || payload.name() == "metadata" || payload.name() == "prefs");
}

bool is_archive_request(core& c, std::string_view iq) {
  if (!c.options.archive || iq.find(":mam:") == std::string_view::npos) return false;
  return is_archive_request(c, c.document.parse(iq, xml::ns::client).first_child());
}

void answer_archive_request(core& c, std::string&& xml, const stanza_head& head, const xml::element& payload, session& own,
                            effects& out) {
  if (payload.name() == "query") return answer_archive_query(c, std::move(xml), head, payload, own, out);
  if (payload.name() == "prefs") return answer_archive_preferences(c, std::move(xml), head, payload, own, out);
  if (head.type != stanza_type::get) return answer_error(c, std::move(xml), head, condition::bad_request, out);
  answer_metadata(c, std::move(xml), own, out);
}

}  // namespace couplet::session
