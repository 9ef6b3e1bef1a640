#include "iq_answers.hpp"

#include <utility>

#include "delivery.hpp"
#include "xml/names.hpp"

namespace couplet::session {

xml::element payload_of(core& c, std::string_view iq) {
  const auto payload = c.document.parse(iq, xml::ns::client).first_child();
  return payload && payload.next_sibling() ? xml::element() : payload;
}

void answer_result(core& c, std::string_view content, const stanza_head& request, effects& out) {
  auto answer = base::take_text();
  append_result_tag(answer, request);
  if (content.empty()) {
    answer += "/>";
  } else {
    answer.append(1, '>').append(content).append("</iq>");
  }
  route_stanza(c, std::move(answer), out);
}

void answer_kept_error(core& c, std::string_view first_tag, condition why, effects& out) {
  answer_error(c, copy_of(first_tag), read_head(first_tag), why, out);
}

void ask_for_change(core& c, std::string_view owner, std::vector<entry_change> steps, std::string first_tag, effects& out) {
  const auto kept = first_tag.size();
  const auto then = [iq = std::move(first_tag)](core& at, storage_answer&& a, effects& o) {
    if (a.outcome != storage_outcome::done) return answer_kept_error(at, iq, condition_of(a.outcome), o);
    answer_result(at, {}, read_head(iq), o);
  };
  ask(c, owner, change_entries(std::move(steps)), then, out, kept);
}

condition condition_of(storage_outcome what) noexcept {
  switch (what) {
    case storage_outcome::over_limit:
    case storage_outcome::full: return condition::resource_constraint;
    case storage_outcome::done:
    case storage_outcome::unavailable: break;
  }
  return condition::internal_server_error;
}

}  // namespace couplet::session
