#include "command_table.hpp"

#include <algorithm>

#include "base/random.hpp"

namespace couplet::session {

std::optional<std::string> command_table::open(std::string_view who, std::string_view node, std::int64_t now) {
  // Those that have expired stay as long as nobody needs their place, so that who comes late hears what happened.
  if (commands_.size() >= most) std::erase_if(commands_, [now](const auto& c) { return c.second.until <= now; });
  const auto his = std::count_if(commands_.begin(), commands_.end(),
                                 [&](const auto& c) { return c.second.who == who && c.second.until > now; });
  if (commands_.size() >= most || static_cast<std::size_t>(his) >= most_of_one) return std::nullopt;
  auto id = base::random_hex(8);
  commands_.try_emplace(id, who, node, now + lifetime);
  return id;
}

command_table::state command_table::look_up(const std::string& id, std::string_view who, std::string_view node,
                                            std::int64_t now) {
  const auto found = commands_.find(id);
  if (found == commands_.end() || found->second.who != who || found->second.node != node) return state::unknown;
  if (found->second.until > now) return state::open;
  commands_.erase(found);
  return state::expired;
}

}  // namespace couplet::session
