#include "vcard.hpp"

#include <utility>

#include "avatars.hpp"
#include "children.hpp"
#include "delivery.hpp"
#include "iq_answers.hpp"
#include "kept_xml.hpp"
#include "pep_work.hpp"

namespace couplet::session {
namespace {

using storage::entry_kind;

/// `none`: the answer where there is no vCard; empty: an error.
void read(core& c, std::string&& xml, std::string_view owner, std::string_view none, effects& out) {
  const auto then = [iq = first_tag_of(xml), none](core& at, storage_answer&& a, effects& o) {
    if (a.outcome != storage_outcome::done) return answer_kept_error(at, iq, condition_of(a.outcome), o);
    if (!a.entries.empty()) return answer_result(at, a.entries[0].value, read_head(iq), o);
    if (none.empty()) return answer_kept_error(at, iq, condition::service_unavailable, o);
    answer_result(at, none, read_head(iq), o);
  };
  ask(c, owner, read_entries(entry_kind::vcard, ""), then, out, xml.size());
  ignore(std::move(xml));
}

}  // namespace

void answer_own_vcard(core& c, std::string&& xml, const stanza_head& head, const session& own, effects& out) {
  if (head.type == stanza_type::get) return read(c, std::move(xml), own.bare(), "<vCard xmlns='vcard-temp'/>", out);
  child_cursor card(xml);
  card.next();
  if (card.whole().size() > c.options.max_vcard_bytes)
    return answer_error(c, std::move(xml), head, condition::not_acceptable, out);
  if (concerns_avatar(*own.owner, card.whole()))
    return with_pep(c, own.bare(), pep_task(pep_task::kind::request, std::move(xml)), out);
  std::vector<entry_change> steps;
  steps.emplace_back(entry_change::verb::put, entry_kind::vcard, "", stand_alone(card.whole(), {xml}));
  ask_for_change(c, own.bare(), std::move(steps), first_tag_of(xml), out);
  ignore(std::move(xml));
}

void answer_vcard_of(core& c, std::string&& xml, const stanza_head& head, std::string_view owner, effects& out) {
  if (head.type != stanza_type::get) return answer_error(c, std::move(xml), head, condition::forbidden, out);
  read(c, std::move(xml), owner, {}, out);
}

}  // namespace couplet::session
