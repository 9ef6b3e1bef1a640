#include "pending.hpp"

#include <algorithm>
#include <utility>

#include "base/secret.hpp"
#include "xml/first_tag.hpp"

namespace couplet::session {

namespace {

bool is_change(account_request::kind what) noexcept {
  switch (what) {
    case account_request::kind::make:
    case account_request::kind::change_password:
    case account_request::kind::remove: return true;
    default: return false;
  }
}

}  // namespace

account_request::~account_request() {
  base::wipe(secret);
}

std::uint64_t pending_table::add(pending_request&& p) {
  if (is_change(p.what)) changing_.insert(p.bare_jid);
  if (p.what == account_request::kind::make) ++making_;
  requests_.emplace(++last_number_, std::move(p));
  return last_number_;
}

std::optional<pending_request> pending_table::take(std::uint64_t number) {
  const auto found = requests_.find(number);
  if (found == requests_.end()) return std::nullopt;
  auto p = std::move(found->second);
  requests_.erase(found);
  if (is_change(p.what)) changing_.erase(p.bare_jid);
  if (p.what == account_request::kind::make) --making_;
  return p;
}

bool pending_table::waits_up_to(std::uint64_t number) const noexcept {
  return std::any_of(requests_.begin(), requests_.end(), [number](const auto& r) { return r.first <= number; });
}

std::string first_tag_of(std::string_view iq) {
  xml::attribute_cursor cursor(iq);
  while (cursor.next()) {
  }
  return std::string(iq.substr(0, cursor.close_begins())) + "/>";
}

}  // namespace couplet::session
