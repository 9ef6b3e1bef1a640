#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

/// What the server finds in its --data folder, written by its own storage room before it starts, or looked at after it has ended. Account n is
/// user<n>@localhost. All throw std::runtime_error.
namespace couplet::bench {

/// Each of `users` accounts has the `contacts` next to it in a ring, half of them on each side, subscribed both ways.
void store_rosters(const std::string& folder, unsigned users, unsigned contacts);

/// The contact of that number, 0 .. contacts - 1, in the ring.
[[nodiscard]] unsigned contact_in_ring(unsigned user, unsigned number, unsigned users, unsigned contacts);
[[nodiscard]] std::string jid_of(unsigned user);
/// As the server stores it.
[[nodiscard]] std::string roster_item_of(unsigned contact);

/// Messages with the numbers 1 .. count in their bodies wait for user0, each of about `size` bytes.
void store_messages(const std::string& folder, unsigned count, std::size_t size);

/// How many wait for user0.
[[nodiscard]] std::size_t messages_in(const std::string& folder);

}  // namespace couplet::bench
