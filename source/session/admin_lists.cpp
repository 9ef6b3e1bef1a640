// Commands about all accounts of a domain (XEP-0133 sections 4.13, 4.15, 4.18, 4.20).

#include <algorithm>
#include <charconv>
#include <utility>

#include "admin_commands.hpp"

namespace couplet::session {
namespace {

constexpr std::size_t usual_most = 100;
/// What `none` means: more would not fit into what waits for a client.
constexpr std::size_t greatest_most = 10'000;

std::optional<complaint> read_most(const filled_form& form, std::size_t& out) {
  const auto text = form.first("max_items");
  out = text == "none" ? greatest_most : usual_most;
  if (text.empty() || text == "none") return std::nullopt;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (code == std::errc() && end == text.data() + text.size() && out != 0 && out <= greatest_most) return std::nullopt;
  return complaint(condition::bad_request, "max_items is a number from 1 to " + std::to_string(greatest_most) + ", or none.",
                   "bad-payload");
}

std::optional<complaint> begin_list(core& c, running_command& r, order::kind what, const filled_form& form, effects& out) {
  if (auto wrong = read_most(form, r.most)) return wrong;
  send_order_to_all(c, r, what, out);
  return std::nullopt;
}

void report_number(const running_command& r, std::string_view var, std::string_view label, std::string& out) {
  data_form_writer form(out, "result", form_type_of(*r.what));
  form.field(var, {}, label).value(std::to_string(r.count));
  form.end();
}

void report_names(const running_command& r, std::string_view var, std::string_view label, std::string& out) {
  // Before the form: what it does not show.
  if (r.names.size() < r.count)
    out += "<note type='info'>" + std::to_string(r.names.size()) + " of " + std::to_string(r.count) + " are shown.</note>";
  data_form_writer form(out, "result", form_type_of(*r.what));
  form.field(var, {}, label);
  for (const auto& name : r.names) form.value(name);
  form.end();
}

}  // namespace

namespace admin {

void ask_for_most(data_form_writer& form) {
  form.field("max_items", "list-single", "Maximum number of items to show").value(std::to_string(usual_most));
  for (const auto* const text : {"25", "50", "75", "100", "150", "200", "none"}) form.option(text);
}

std::optional<complaint> count_accounts(core& c, running_command& r, const filled_form&, effects& out) {
  send_order_to_all(c, r, order::kind::list_accounts, out);
  return std::nullopt;
}

std::optional<complaint> count_online(core& c, running_command& r, const filled_form&, effects& out) {
  send_order_to_all(c, r, order::kind::list_online, out);
  return std::nullopt;
}

std::optional<complaint> list_accounts(core& c, running_command& r, const filled_form& form, effects& out) {
  return begin_list(c, r, order::kind::list_accounts, form, out);
}

std::optional<complaint> list_online(core& c, running_command& r, const filled_form& form, effects& out) {
  return begin_list(c, r, order::kind::list_online, form, out);
}

void report_account_count(const running_command& r, std::string& out) {
  report_number(r, "registeredusersnum", "The number of registered users", out);
}

void report_online_count(const running_command& r, std::string& out) {
  report_number(r, "onlineusersnum", "The number of online users", out);
}

void report_accounts(const running_command& r, std::string& out) {
  report_names(r, "registereduserjids", "The list of all users", out);
}

void report_online(const running_command& r, std::string& out) {
  report_names(r, "onlineuserjids", "The list of all online users", out);
}

}  // namespace admin

}  // namespace couplet::session
