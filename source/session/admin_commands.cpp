#include "admin_commands.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "base/secret.hpp"
#include "lives.hpp"

namespace couplet::session {
namespace {

constexpr std::string_view admin_form = "http://jabber.org/protocol/admin";
constexpr std::string_view our_form = "urn:couplet:admin";
constexpr std::string_view reset_node = "urn:couplet:admin#reset";
/// What all names of a result may have: it has to fit into what waits for a client.
constexpr std::size_t most_name_bytes = 512U << 10U;

constexpr std::array<admin_command, 10> commands_there_are{{
    {"http://jabber.org/protocol/admin#add-user", "Add a user", "Fill out this form to add a user.", true,
     admin::ask_for_new_account, admin::add_user, nullptr},
    {"http://jabber.org/protocol/admin#delete-user", "Delete users", "Fill out this form to delete users.", true,
     admin::ask_for_accounts, admin::delete_users, nullptr},
    {"http://jabber.org/protocol/admin#change-user-password", "Change a user's password",
     "Fill out this form to change a user's password.", true, admin::ask_for_password, admin::change_password, nullptr},
    {"http://jabber.org/protocol/admin#end-user-session", "End sessions of users",
     "Fill out this form to end sessions: of USER@DOMAIN all, of USER@DOMAIN/RESOURCE that one.", false, admin::ask_for_accounts,
     admin::end_sessions, nullptr},
    {"http://jabber.org/protocol/admin#user-stats", "Get statistics of a user", "Fill out this form to gather user statistics.",
     false, admin::ask_for_account, admin::describe, admin::report_description},
    {"http://jabber.org/protocol/admin#get-registered-users-num", "Get the number of registered users", "", true, nullptr,
     admin::count_accounts, admin::report_account_count},
    {"http://jabber.org/protocol/admin#get-online-users-num", "Get the number of online users", "", false, nullptr,
     admin::count_online, admin::report_online_count},
    {"http://jabber.org/protocol/admin#get-registered-users-list", "Get a list of registered users",
     "Fill out this form to request the registered users of this service.", true, admin::ask_for_most, admin::list_accounts,
     admin::report_accounts},
    {"http://jabber.org/protocol/admin#get-online-users-list", "Get a list of online users",
     "Fill out this form to request the online users of this service.", false, admin::ask_for_most, admin::list_online,
     admin::report_online},
    {reset_node, "Empty the server",
     "Everything goes: accounts but those of the configuration, rosters, messages, archives, rooms. Sessions end.", false,
     admin::ask_for_confirmation, admin::reset, nullptr},
}};

/// Why one of those who were named could not be served.
std::string_view words_of(order::result what) {
  switch (what) {
    case order::result::done: break;
    case order::result::exists: return "there is such an account already";
    case order::result::missing: return "there is no such account or session";
    case order::result::not_allowed: return "the configuration has this account, and only the operator changes it";
    case order::result::not_acceptable: return "no account can have this name or password";
    case order::result::busy: return "too much is being asked for just now; try again";
    case order::result::unavailable: return "the storage does not work just now";
  }
  return "";
}

condition condition_of(order::result what) {
  switch (what) {
    case order::result::exists: return condition::conflict;
    case order::result::missing: return condition::item_not_found;
    case order::result::not_allowed: return condition::not_allowed;
    case order::result::not_acceptable: return condition::not_acceptable;
    case order::result::busy: return condition::resource_constraint;
    case order::result::done:
    case order::result::unavailable: break;
  }
  return condition::internal_server_error;
}

void note_failure(running_command& r, const order& o) {
  constexpr std::size_t most_lines = 20;
  if (r.failed.empty()) r.first_failure = condition_of(o.outcome);
  if (r.failed.size() == most_lines) r.failed.emplace_back("and others");
  if (r.failed.size() <= most_lines) r.failed.push_back(o.who + ": " + std::string(words_of(o.outcome)));
}

void take_answer(running_command& r, order& o) {
  if (o.outcome != order::result::done) return note_failure(r, o);
  ++r.done;
  r.count += o.count;
  for (auto& name : o.names) {
    r.name_bytes += name.size();
    if (r.name_bytes <= most_name_bytes) r.names.push_back(std::move(name));
  }
}

std::string joined(const std::vector<std::string>& lines_) {
  std::string text;
  for (const auto& line : lines_) text.append(text.empty() ? "" : "; ").append(line);
  return text;
}

void finish(core& c, running_command& r, effects& out) {
  if (r.failed_wholly || (r.done == 0 && !r.failed.empty())) {
    answer_failed(c, r.iq, {r.first_failure, joined(r.failed)}, out);
  } else {
    std::sort(r.names.begin(), r.names.end());
    if (r.most != 0 && r.names.size() > r.most) r.names.resize(r.most);
    std::string content;
    if (r.what->report != nullptr) r.what->report(r, content);
    answer_completed(c, r, content, joined(r.failed), out);
  }
  session* const asker = c.sessions.find(r.who);
  if (r.ends_self && asker != nullptr) end_session_of(c, *asker, route::failure_text::ended_by_admin, out);
  if (r.what->node == reset_node) admin::finish_reset(c, r, out);
}

}  // namespace

order::~order() {
  base::wipe(secret);
}

std::span<const admin_command> admin_commands() {
  return commands_there_are;
}

bool is_offered(const core& c, const admin_command& what) {
  return !what.is_about_accounts || !c.options.accounts_elsewhere;
}

const admin_command* find_admin_command(const core& c, std::string_view node) {
  const auto found = std::find_if(commands_there_are.begin(), commands_there_are.end(),
                                  [node](const admin_command& command) { return command.node == node; });
  return found == commands_there_are.end() || !is_offered(c, *found) ? nullptr : &*found;
}

bool has_form(const core& c, const admin_command& what) {
  // In memory all is gone sooner or later: who says reset means it.
  return what.ask != nullptr && (what.node != reset_node || c.options.stored);
}

std::string_view form_type_of(const admin_command& what) {
  return what.node == reset_node ? our_form : admin_form;
}

void append_form(const core&, std::string& out, const admin_command& what) {
  data_form_writer form(out, "form", form_type_of(what), what.name, what.instructions);
  what.ask(form);
  form.end();
}

std::optional<complaint> begin_admin_command(core& c, running_command&& r, const filled_form& form, effects& out) {
  if (c.admin.running.size() >= administration::most_running)
    return complaint(condition::resource_constraint, "Too many commands are under way.");
  r.number = ++c.admin.last_number;
  if (auto wrong = r.what->begin(c, r, form, out)) return wrong;
  if (r.waiting == 0) {
    finish(c, r, out);
  } else {
    const auto number = r.number;
    c.admin.running.emplace(number, std::move(r));
  }
  return std::nullopt;
}

void on_order_answer(core& c, order& done, effects& out) {
  const auto found = c.admin.running.find(done.number);
  if (found == c.admin.running.end()) return;
  auto& r = found->second;
  take_answer(r, done);
  if (--r.waiting != 0) return;
  if (r.what->node == reset_node && admin::go_on_with_reset(c, r, out)) return;
  auto last = std::move(r);
  c.admin.running.erase(found);
  finish(c, last, out);
}

void send_order(core& c, running_command& r, std::shared_ptr<order> what, std::uint32_t partition, effects& out) {
  ++r.waiting;
  what->number = r.number;
  what->asker = c.partition;
  out.to_partitions.emplace_back(partition, std::string()).word = std::move(what);
}

void send_order_to_all(core& c, running_command& r, order::kind what, effects& out) {
  for (std::uint32_t i = 0; i < c.partitions; ++i) {
    auto o = std::make_shared<order>(what, r.domain);
    o->most = r.most;
    o->spared = r.who;
    send_order(c, r, std::move(o), i, out);
  }
}

}  // namespace couplet::session
