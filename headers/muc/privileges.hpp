#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

/// Who may do what in a room: XEP-0045 section 5, as functions without state.
namespace couplet::muc {

/// Of an occupant, as long as he is there. Each has the privileges of those before it.
enum class role : std::uint8_t { none, visitor, participant, moderator };

/// Of a bare JID (or a whole domain), for as long as the room is there. The numbers stand in the database.
enum class affiliation : std::uint8_t { outcast = 0, none = 1, member = 2, admin = 3, owner = 4 };

std::string_view name_of(role r) noexcept;
std::string_view name_of(affiliation a) noexcept;
/// Nothing: there is none of that name.
std::optional<role> role_named(std::string_view name) noexcept;
std::optional<affiliation> affiliation_named(std::string_view name) noexcept;

/// Section 5.1.2: what somebody with this affiliation enters as; none: he may not enter.
role default_role(affiliation a, bool moderated, bool members_only) noexcept;

/// Section 5.2.2: what becomes of an occupant's role when his affiliation changes.
role role_after(affiliation before, affiliation after, role now, bool moderated, bool members_only) noexcept;

/// What a room answers to a change: nothing is wrong, or the condition of the error.
enum class verdict : std::uint8_t { allowed, forbidden, not_allowed, conflict };

/// What an occupant is at the moment.
struct standing {
  standing(affiliation a, role r) noexcept : has(a), is(r) {}
  affiliation has;
  role is;
};

/// Sections 5.1.3, 8.2 to 8.5, 9.6 to 9.8: whether `who` may give `whom` the role `wanted` (none: a kick).
verdict may_change_role(standing who, standing whom, role wanted) noexcept;

/// Sections 5.2.2, 9.1 to 9.5, 10.3 to 10.8: whether somebody with the affiliation `who` may change another one's. `himself`: that other one is he.
/// That a room keeps an owner is for the caller to see to.
verdict may_change_affiliation(affiliation who, affiliation before, affiliation wanted, bool himself) noexcept;

}  // namespace couplet::muc
