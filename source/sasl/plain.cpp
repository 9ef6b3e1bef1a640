#include "sasl/plain.hpp"

#include <string.h>
#include <stringprep.h>

#include <algorithm>
#include <array>

#include "base/utf8.hpp"

namespace couplet::sasl {

verdict parse_plain(std::string_view message, plain_credentials& out) noexcept {
  const auto first = message.find('\0');
  if (first == std::string_view::npos) return verdict::malformed;
  const auto second = message.find('\0', first + 1);
  if (second == std::string_view::npos) return verdict::malformed;
  plain_credentials found;
  found.authzid = message.substr(0, first);
  found.authcid = message.substr(first + 1, second - first - 1);
  found.password = message.substr(second + 1);
  if (found.authcid.empty() || found.password.empty()) return verdict::malformed;
  for (const auto part : {found.authzid, found.authcid, found.password}) {
    if (part.size() > max_part_bytes) return verdict::too_long;
  }
  // A NUL in the password would be a fourth part.
  if (found.password.find('\0') != std::string_view::npos || !base::is_utf8(message)) return verdict::malformed;
  out = found;
  return verdict::ok;
}

verdict identify(const plain_credentials& credentials, std::string_view domain, base::jid& who) {
  // Nodes hold no '@': with one in it, the name is an address or nothing.
  auto own = credentials.authcid.find('@') == std::string_view::npos ? base::jid::make(credentials.authcid, domain, {})
                                                                     : base::jid::parse(credentials.authcid);
  if (!own || !own->has_node() || !own->is_bare() || own->domain() != domain) return verdict::bad_name;
  if (!credentials.authzid.empty()) {
    const auto wanted = base::jid::parse(credentials.authzid);
    if (!wanted || *wanted != *own) return verdict::foreign_authzid;
  }
  who = std::move(*own);
  return verdict::ok;
}

std::string prepare_password(std::string_view password) {
  const bool plain = std::all_of(password.begin(), password.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  std::string as_it_is(password);
  if (plain || password.size() > max_part_bytes || password.find('\0') != std::string_view::npos || !base::is_utf8(password)) {
    return as_it_is;
  }
  std::array<char, max_part_bytes + 1> text{};
  std::copy(password.begin(), password.end(), text.begin());
  const bool prepared = stringprep(text.data(), text.size(), Stringprep_profile_flags{}, stringprep_saslprep) == STRINGPREP_OK;
  if (prepared && text[0] != '\0') as_it_is = text.data();
  explicit_bzero(text.data(), text.size());
  return as_it_is;
}

}  // namespace couplet::sasl
