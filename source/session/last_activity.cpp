#include "last_activity.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "delivery.hpp"
#include "iq_answers.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::session {
namespace {

using storage::entry_kind;

constexpr std::size_t max_status_bytes = 1'024;

/// What fits, without half a character at the end.
std::string shortened(std::string text) {
  if (text.size() <= max_status_bytes) return text;
  auto end = max_status_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  text.resize(end);
  return text;
}

std::string status_in(core& c, std::string_view presence) {
  if (presence.find("status") == std::string_view::npos) return {};
  return shortened(c.document.parse(presence, xml::ns::client).child("status").text());
}

bool is_available(core& c, std::string_view bare) {
  const auto* const owner = c.accounts.find(bare);
  return owner != nullptr && any_of(c, *owner, [](const session& s) { return s.available(); });
}

}  // namespace

void note_unavailable(core& c, const account_table::entry& owner, std::string_view presence, effects& out) {
  const auto node = std::string_view(owner.first).substr(0, owner.first.find('@'));
  if (is_guest_name(node) || is_available(c, owner.first)) return;
  auto text = std::to_string(c.now() / 1'000) + ' ' + status_in(c, presence);
  ask(c, owner.first, change_entries(entry_change(entry_change::verb::put, entry_kind::last_activity, "", std::move(text))), out);
}

void append_last_activity(std::string& out, std::int64_t seconds, std::string_view status) {
  out.append("<query xmlns='jabber:iq:last' seconds='").append(std::to_string(std::max<std::int64_t>(seconds, 0)));
  if (status.empty()) {
    out += "'/>";
    return;
  }
  out += "'>";
  xml::append_text(out, status);
  out += "</query>";
}

void answer_last_activity_of(core& c, std::string_view owner, std::string iq, effects& out) {
  if (is_available(c, owner)) {
    std::string content;
    append_last_activity(content, 0);
    return answer_result(c, content, read_head(iq), out);
  }
  const auto kept = iq.size();
  const auto then = [iq = std::move(iq)](core& at, storage_answer&& a, effects& o) {
    if (a.outcome != storage_outcome::done) return answer_kept_error(at, iq, condition_of(a.outcome), o);
    // Nobody was ever there.
    if (a.entries.empty()) return answer_kept_error(at, iq, condition::item_not_found, o);
    const std::string_view text = a.entries[0].value;
    std::int64_t since = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), since);
    const auto status = text.substr(static_cast<std::size_t>(read.ptr - text.data()));
    std::string content;
    append_last_activity(content, at.now() / 1'000 - since, status.substr(std::min<std::size_t>(status.size(), 1)));
    answer_result(at, content, read_head(iq), o);
  };
  ask(c, owner, read_entries(entry_kind::last_activity, ""), then, out, kept);
}

}  // namespace couplet::session
