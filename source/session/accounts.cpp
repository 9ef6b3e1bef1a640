#include "accounts.hpp"

#include "base/digest.hpp"
#include "sasl/plain.hpp"

namespace couplet::session {
namespace {

// Stands in for the password of accounts that do not exist, so that the same work is done for them.
constexpr std::string_view nobody = "no such account";

}  // namespace

account_table::entry* account_table::find(std::string_view bare_jid) noexcept {
  const auto found = accounts_.find(bare_jid);
  return found == accounts_.end() ? nullptr : &*found;
}

bool account_table::put(std::string_view bare_jid, std::string password) {
  if (auto* known = find(bare_jid)) {
    // The same password keeps its keys: deriving them takes long.
    if (!base::equal_in_constant_time(password, known->second.password)) known->second.keys.reset();
    known->second.password = std::move(password);
    known->second.guest = false;
    return false;
  }
  accounts_.try_emplace(std::string(bare_jid)).first->second.password = std::move(password);
  return true;
}

void account_table::put_stored(std::string_view bare_jid) {
  auto* known = find(bare_jid);
  if (known == nullptr) known = &*accounts_.try_emplace(std::string(bare_jid)).first;
  known->second.stored = true;
  known->second.guest = false;
}

account_table::entry& account_table::put_guest(std::string_view bare_jid) {
  auto& made = *accounts_.try_emplace(std::string(bare_jid)).first;
  made.second.guest = true;
  return made;
}

void account_table::erase(std::string_view bare_jid) {
  const auto found = accounts_.find(bare_jid);
  if (found != accounts_.end()) accounts_.erase(found);
}

bool account_table::password_is(const entry* who, std::string_view password) {
  const std::string_view stored = who != nullptr ? std::string_view(who->second.password) : nobody;
  // RFC 4616 section 2: both are prepared. Only here: digests are made of the bytes as they are.
  const bool same = base::equal_in_constant_time(sasl::prepare_password(password), sasl::prepare_password(stored));
  return same && who != nullptr && !password.empty() && !who->second.password.empty();
}

bool account_table::digest_is(const entry* who, std::string_view stream_id, std::string digest) {
  for (char& c : digest) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  }
  const auto expected = base::sha1_hex(stream_id, who != nullptr ? std::string_view(who->second.password) : nobody);
  return base::equal_in_constant_time(digest, expected) && who != nullptr && !who->second.password.empty();
}

}  // namespace couplet::session
