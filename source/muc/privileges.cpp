#include "muc/privileges.hpp"

#include <array>

namespace couplet::muc {
namespace {

constexpr std::array<std::string_view, 4> role_names{"none", "visitor", "participant", "moderator"};
constexpr std::array<std::string_view, 5> affiliation_names{"outcast", "none", "member", "admin", "owner"};

constexpr bool rules(affiliation a) noexcept {
  return a >= affiliation::admin;
}

}  // namespace

std::string_view name_of(role r) noexcept {
  return role_names[static_cast<std::size_t>(r)];
}

std::string_view name_of(affiliation a) noexcept {
  return affiliation_names[static_cast<std::size_t>(a)];
}

std::optional<role> role_named(std::string_view name) noexcept {
  for (std::size_t i = 0; i < role_names.size(); ++i)
    if (role_names[i] == name) return static_cast<role>(i);
  return std::nullopt;
}

std::optional<affiliation> affiliation_named(std::string_view name) noexcept {
  for (std::size_t i = 0; i < affiliation_names.size(); ++i)
    if (affiliation_names[i] == name) return static_cast<affiliation>(i);
  return std::nullopt;
}

role default_role(affiliation a, bool moderated, bool members_only) noexcept {
  if (a == affiliation::outcast || (a == affiliation::none && members_only)) return role::none;
  if (rules(a)) return role::moderator;
  return a == affiliation::none && moderated ? role::visitor : role::participant;
}

role role_after(affiliation before, affiliation after, role now, bool moderated, bool members_only) noexcept {
  const auto usual = default_role(after, moderated, members_only);
  if (usual == role::none || rules(after) || rules(before)) return usual;
  // Who is made a member has voice; what a moderator gave or took otherwise stays.
  if (after == affiliation::member && now == role::visitor && moderated) return role::participant;
  return now;
}

verdict may_change_role(standing who, standing whom, role wanted) noexcept {
  if (who.is != role::moderator) return verdict::forbidden;
  const bool about_moderator = whom.is == role::moderator;
  if (wanted == role::none) {
    // Nobody kicks who stands above him, and a moderator without an affiliation that rules no other moderator.
    if (whom.has > who.has || (about_moderator && !rules(who.has))) return verdict::not_allowed;
    return verdict::allowed;
  }
  if (wanted == role::moderator) return rules(who.has) || about_moderator ? verdict::allowed : verdict::forbidden;
  if (rules(whom.has)) return verdict::not_allowed;  // moderators by their affiliation
  if (about_moderator) return rules(who.has) ? verdict::allowed : verdict::not_allowed;
  // "At or above the moderator's level" (section 8.4) would leave a moderator without affiliation nobody to moderate.
  const bool takes_voice = wanted == role::visitor && whom.is == role::participant;
  if (takes_voice && whom.has != affiliation::none && whom.has >= who.has) return verdict::not_allowed;
  return verdict::allowed;
}

verdict may_change_affiliation(affiliation who, affiliation before, affiliation wanted, bool himself) noexcept {
  if (!rules(who)) return verdict::forbidden;
  if (himself && wanted == affiliation::outcast) return verdict::conflict;
  if (who == affiliation::owner) return verdict::allowed;
  if (wanted == affiliation::outcast && rules(before)) return verdict::not_allowed;
  return rules(before) || rules(wanted) ? verdict::forbidden : verdict::allowed;
}

}  // namespace couplet::muc
