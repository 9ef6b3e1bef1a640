#include "sasl/external.hpp"

#include <optional>
#include <utility>

namespace couplet::sasl {

namespace {

/// An account's address at this domain, prepared; nothing for every other text.
std::optional<base::jid> account_at(std::string_view domain, std::string_view text) {
  auto address = base::jid::parse(text);
  if (address && (!address->has_node() || !address->is_bare() || address->domain() != domain)) address.reset();
  return address;
}

}  // namespace

verdict identify_external(std::span<const std::string> xmpp_addrs, std::string_view authzid, std::string_view domain,
                          base::jid& who) {
  const bool chosen = !authzid.empty();
  const auto wanted = chosen ? account_at(domain, authzid) : std::nullopt;
  std::optional<base::jid> found;
  bool several = false;
  bool is_one_of_them = false;
  for (const auto& text : xmpp_addrs) {
    auto address = account_at(domain, text);
    if (!address) continue;
    is_one_of_them = is_one_of_them || (wanted && *wanted == *address);
    several = several || (found && *found != *address);
    found = std::move(address);
  }
  if (!found) return verdict::no_identity;
  if (chosen && !is_one_of_them) return verdict::foreign_authzid;
  if (!chosen && several) return verdict::ambiguous_identity;
  who = chosen ? *wanted : std::move(*found);
  return verdict::ok;
}

}  // namespace couplet::sasl
