#include "contact_requests.hpp"

#include <optional>
#include <utility>

#include "delivery.hpp"
#include "iq_answers.hpp"
#include "last_activity.hpp"
#include "pubsub.hpp"
#include "services.hpp"
#include "vcard.hpp"
#include "xml/names.hpp"

namespace couplet::session {
namespace {

/// What subscribers are answered.
enum class question : std::uint8_t { info, last, ping };

std::optional<question> question_in(const xml::element& payload) noexcept {
  if (payload.is("query", xml::ns::disco_info)) return question::info;
  if (payload.is("query", xml::ns::last)) return question::last;
  if (payload.is("ping", xml::ns::ping)) return question::ping;
  return std::nullopt;
}

/// The same whether there is such an account or not, as far as the specifications allow.
void refuse(core& c, std::string_view iq, question q, effects& out) {
  // XEP-0012 section 4 asks for this one.
  const auto why = q == question::last ? condition::forbidden : condition::service_unavailable;
  answer_kept_error(c, iq, why, out);
}

void answer(core& c, std::string_view owner, std::string&& iq, question q, effects& out) {
  std::string content;
  switch (q) {
    case question::last: return answer_last_activity_of(c, owner, std::move(iq), out);
    case question::info: append_account_info(content, c.options); break;
    case question::ping: break;
  }
  answer_result(c, content, read_head(iq), out);
}

}  // namespace

void when_known_to_be_subscribed(core& c, std::string_view owner, std::string_view contact, std::size_t kept,
                                 std::function<void(core& c, bool subscribed, effects& out)> then, effects& out) {
  const auto look = [then = std::move(then)](core& at, storage_answer&& a, effects& o) {
    std::string state;
    if (!a.entries.empty()) {
      const auto item = at.document.parse(a.entries[0].value, xml::ns::client);
      state = item.attribute("subscription").value_or("");
    }
    then(at, state == "from" || state == "both", o);
  };
  ask(c, owner, read_entries(storage::entry_kind::roster_item, std::string(contact)), look, out, kept);
}

void answer_for_contact(core& c, std::string&& xml, const stanza_head& head, const account_table::entry& owner, effects& out) {
  stanza_address from;
  if (!head.has_from() || !from.read(head.from)) return ignore(std::move(xml));
  const auto payload = payload_of(c, xml);
  if (!payload) return answer_error(c, std::move(xml), head, condition::bad_request, out);
  if (payload.is("vCard", xml::ns::vcard)) return answer_vcard_of(c, std::move(xml), head, owner.first, out);
  if (is_pubsub_request(payload)) return answer_pubsub(c, std::move(xml), owner.first, out);
  const auto q = question_in(payload);
  if (!q || head.type != stanza_type::get) return answer_error(c, std::move(xml), head, condition::service_unavailable, out);
  auto iq = first_tag_of(xml);
  if (from.bare() == owner.first) {
    answer(c, owner.first, std::move(iq), *q, out);
    return ignore(std::move(xml));
  }
  const auto kept = iq.size();
  const auto then = [iq = std::move(iq), q, name = owner.first](core& at, bool subscribed, effects& o) mutable {
    if (!subscribed || at.accounts.find(name) == nullptr) return refuse(at, iq, *q, o);
    answer(at, name, std::move(iq), *q, o);
  };
  when_known_to_be_subscribed(c, owner.first, from.bare(), kept, then, out);
  ignore(std::move(xml));
}

void answer_for_nobody(core& c, std::string&& xml, const stanza_head& head, effects& out) {
  const auto payload = payload_of(c, xml);
  if (!payload) return answer_error(c, std::move(xml), head, condition::bad_request, out);
  if (head.type == stanza_type::get && payload.is("query", xml::ns::disco_items)) {
    answer_result(c, no_items, head, out);
    return ignore(std::move(xml));
  }
  if (payload.name() == "pubsub" && is_pubsub_request(payload)) return answer_pubsub_for_nobody(c, std::move(xml), head, out);
  no_recipient(c, std::move(xml), head, out);
}

}  // namespace couplet::session
