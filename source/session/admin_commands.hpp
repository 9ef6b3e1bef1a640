#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "commands.hpp"
#include "core.hpp"
#include "data_form.hpp"

/// The commands that admins have (XEP-0133, and one of our own that empties the server): what each asks for, and what becomes of it.
/// Accounts live in all partitions: what is to be done is sent there as orders, and the answers are put together.
namespace couplet::session {

struct admin_command {
  std::string_view node, name;
  std::string_view instructions;
  /// Where passwords are checked elsewhere there are no accounts to administer.
  bool is_about_accounts = true;
  /// Appends the fields; null: the command asks for nothing.
  void (*ask)(data_form_writer& form) = nullptr;
  /// Sends the first orders. A complaint: nothing was sent.
  std::optional<complaint> (*begin)(core& c, running_command& r, const filled_form& form, effects& out) = nullptr;
  /// Appends the result; null: there is none but that it is done.
  void (*report)(const running_command& r, std::string& out) = nullptr;
};

std::span<const admin_command> admin_commands();
bool is_offered(const core& c, const admin_command& what);
/// Null: there is none of that node, or it is not offered.
const admin_command* find_admin_command(const core& c, std::string_view node);

bool has_form(const core& c, const admin_command& what);
std::string_view form_type_of(const admin_command& what);
void append_form(const core& c, std::string& out, const admin_command& what);

/// Begins it: it is answered when all partitions have done their part. A complaint: it does not begin.
std::optional<complaint> begin_admin_command(core& c, running_command&& r, const filled_form& form, effects& out);
/// A partition has done its part.
void on_order_answer(core& c, order& done, effects& out);

/// Sends an order to a partition; its answer is counted.
void send_order(core& c, running_command& r, std::shared_ptr<order> what, std::uint32_t partition, effects& out);
void send_order_to_all(core& c, running_command& r, order::kind what, effects& out);

/// What each command begins with, and its result, by kind: admin_accounts.cpp, admin_lists.cpp, reset.cpp. None of them answers by itself.
namespace admin {
void ask_for_new_account(data_form_writer& form);
void ask_for_accounts(data_form_writer& form);
void ask_for_password(data_form_writer& form);
void ask_for_account(data_form_writer& form);
void ask_for_most(data_form_writer& form);
void ask_for_confirmation(data_form_writer& form);
std::optional<complaint> add_user(core& c, running_command& r, const filled_form& form, effects& out);
std::optional<complaint> delete_users(core& c, running_command& r, const filled_form& form, effects& out);
std::optional<complaint> change_password(core& c, running_command& r, const filled_form& form, effects& out);
std::optional<complaint> end_sessions(core& c, running_command& r, const filled_form& form, effects& out);
std::optional<complaint> describe(core& c, running_command& r, const filled_form& form, effects& out);
std::optional<complaint> count_accounts(core& c, running_command& r, const filled_form& form, effects& out);
std::optional<complaint> count_online(core& c, running_command& r, const filled_form& form, effects& out);
std::optional<complaint> list_accounts(core& c, running_command& r, const filled_form& form, effects& out);
std::optional<complaint> list_online(core& c, running_command& r, const filled_form& form, effects& out);
std::optional<complaint> reset(core& c, running_command& r, const filled_form& form, effects& out);
void report_account_count(const running_command& r, std::string& out);
void report_online_count(const running_command& r, std::string& out);
void report_accounts(const running_command& r, std::string& out);
void report_online(const running_command& r, std::string& out);
void report_description(const running_command& r, std::string& out);
/// The next step of a reset, behind the answers of all partitions. False: it was the last one.
bool go_on_with_reset(core& c, running_command& r, effects& out);
/// Behind the answer: an account that was only there for its admin goes.
void finish_reset(core& c, const running_command& r, effects& out);
}  // namespace admin

}  // namespace couplet::session
