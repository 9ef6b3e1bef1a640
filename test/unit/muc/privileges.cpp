// The tables of XEP-0045 section 5, row by row.

#include "muc/privileges.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace couplet::muc {
namespace {

constexpr affiliation affiliations[] = {affiliation::outcast, affiliation::none, affiliation::member, affiliation::admin,
                                        affiliation::owner};
constexpr role roles[] = {role::none, role::visitor, role::participant, role::moderator};

TEST_CASE("privileges: names are those of the protocol, there and back") {
  for (const auto r : roles) CHECK(role_named(name_of(r)) == r);
  for (const auto a : affiliations) CHECK(affiliation_named(name_of(a)) == a);
  CHECK_FALSE(role_named("owner"));
  CHECK_FALSE(affiliation_named(""));
}

TEST_CASE("privileges: default roles (5.1.2)") {
  struct row {
    bool moderated, members_only;
    const char* by_affiliation[5];  // outcast, none, member, admin, owner
  };
  const row table[] = {
      {true, false, {"none", "visitor", "participant", "moderator", "moderator"}},
      {false, false, {"none", "participant", "participant", "moderator", "moderator"}},
      {false, true, {"none", "none", "participant", "moderator", "moderator"}},
      {true, true, {"none", "none", "participant", "moderator", "moderator"}},
  };
  for (const auto& r : table)
    for (std::size_t i = 0; i < 5; ++i)
      CHECK(name_of(default_role(affiliations[i], r.moderated, r.members_only)) == r.by_affiliation[i]);
}

TEST_CASE("privileges: roles behind a change of affiliation (5.1.3, 5.2.2)") {
  using enum affiliation;
  struct row {
    affiliation before, after;
    role now;
    bool moderated, members_only;
    role then;
  };
  const row table[] = {
      {none, member, role::visitor, true, false, role::participant},
      {none, member, role::visitor, false, false, role::visitor},  // muted by a moderator: stays
      {none, member, role::moderator, true, false, role::moderator},
      {none, admin, role::visitor, true, false, role::moderator},
      {member, owner, role::participant, false, true, role::moderator},
      {admin, member, role::moderator, true, false, role::participant},
      {owner, none, role::moderator, true, false, role::visitor},
      {owner, admin, role::moderator, false, false, role::moderator},
      {member, none, role::participant, true, false, role::participant},
      {member, none, role::participant, false, true, role::none},
      {member, outcast, role::participant, false, false, role::none},
  };
  for (const auto& r : table) CHECK(role_after(r.before, r.after, r.now, r.moderated, r.members_only) == r.then);
}

/// a: allowed, f: forbidden, n: not-allowed, c: conflict.
char letter(verdict v) {
  return "afnc"[static_cast<int>(v)];
}

TEST_CASE("privileges: roles that moderators give (5.1.1, 5.1.3, 8.2 to 8.4, 9.6 to 9.8)") {
  using enum affiliation;
  struct row {
    affiliation who;  // a moderator of this affiliation
    role is, wanted;
    std::string by_affiliation;  // of the one it is about: none, member, admin, owner
  };
  const std::vector<row> table{
      // kicks: nobody above oneself
      {none, role::participant, role::none, "annn"},
      {member, role::participant, role::none, "aann"},
      {admin, role::participant, role::none, "aaan"},
      {owner, role::participant, role::none, "aaaa"},
      // kicks of moderators: by admins and owners
      {none, role::moderator, role::none, "nnnn"},
      {member, role::moderator, role::none, "nnnn"},
      {admin, role::moderator, role::none, "aaan"},
      {owner, role::moderator, role::none, "aaaa"},
      // voice given
      {none, role::visitor, role::participant, "aann"},
      {admin, role::visitor, role::participant, "aann"},
      // voice taken: never from admins and owners
      {none, role::participant, role::visitor, "annn"},
      {member, role::participant, role::visitor, "annn"},
      {admin, role::participant, role::visitor, "aann"},
      {owner, role::participant, role::visitor, "aann"},
      // moderators made: by admins and owners
      {none, role::participant, role::moderator, "ffff"},
      {member, role::participant, role::moderator, "ffff"},
      {admin, role::participant, role::moderator, "aaaa"},
      {owner, role::visitor, role::moderator, "aaaa"},
      // and unmade: never admins and owners
      {none, role::moderator, role::participant, "nnnn"},
      {member, role::moderator, role::visitor, "nnnn"},
      {admin, role::moderator, role::participant, "aann"},
      {owner, role::moderator, role::participant, "aann"},
      {owner, role::moderator, role::visitor, "aann"},
  };
  for (const auto& r : table) {
    std::string got;
    for (const auto a : {none, member, admin, owner})
      got += letter(may_change_role(standing(r.who, role::moderator), standing(a, r.is), r.wanted));
    CAPTURE(name_of(r.who));
    CAPTURE(name_of(r.is));
    CAPTURE(name_of(r.wanted));
    CHECK(got == r.by_affiliation);
  }
  for (const auto is : {role::none, role::visitor, role::participant})
    for (const auto wanted : roles)
      CHECK(may_change_role(standing(owner, is), standing(none, role::participant), wanted) == verdict::forbidden);
}

TEST_CASE("privileges: affiliations that are given (5.2.1, 5.2.2, 9.1 to 9.5, 10.3 to 10.8)") {
  using enum affiliation;
  struct row {
    affiliation who, before;
    std::string wanted;  // outcast, none, member, admin, owner
  };
  const std::vector<row> table{
      {admin, outcast, "aaaff"}, {admin, none, "aaaff"},    {admin, member, "aaaff"}, {admin, admin, "nffff"},
      {admin, owner, "nffff"},   {owner, outcast, "aaaaa"}, {owner, none, "aaaaa"},   {owner, member, "aaaaa"},
      {owner, admin, "aaaaa"},   {owner, owner, "aaaaa"},   {member, none, "fffff"},  {member, member, "fffff"},
      {none, none, "fffff"},     {outcast, none, "fffff"},
  };
  for (const auto& r : table) {
    std::string got;
    for (const auto wanted : affiliations) got += letter(may_change_affiliation(r.who, r.before, wanted, false));
    CAPTURE(name_of(r.who));
    CAPTURE(name_of(r.before));
    CHECK(got == r.wanted);
  }
  CHECK(may_change_affiliation(owner, owner, outcast, true) == verdict::conflict);
  CHECK(may_change_affiliation(admin, admin, outcast, true) == verdict::conflict);
  CHECK(may_change_affiliation(owner, owner, member, true) == verdict::allowed);
}

}  // namespace
}  // namespace couplet::muc
