#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace couplet::component {

/// Stanzas for components that are not there, in their order, each until its time is up. It is told the time.
class waiting_room {
 public:
  /// `most_bytes`: of all names together.
  explicit waiting_room(std::size_t most_bytes) noexcept : most_bytes_(most_bytes) {}

  /// A copy of it, behind what waits for `name` already. False: there is no room.
  bool put(std::string_view name, std::string_view xml, base::time_point until);
  /// In front of it, in their order: what a connection of that name was not given. Never refused, and takes no room from others: it was
  /// bounded where it comes from.
  void put_back(std::string_view name, std::vector<std::string>&& older, base::time_point until);

  /// All that waits for `name`.
  std::vector<std::string> take(std::string_view name);
  /// All whose time is up.
  std::vector<std::string> take_due(base::time_point now);
  std::vector<std::string> take_all() { return take_due(base::time_point::max()); }
  /// When the next one's is; nothing: nobody waits.
  std::optional<base::time_point> next_due() const;

  /// Of what was put in, not of what was put back.
  std::size_t bytes() const noexcept { return bytes_; }
  std::size_t bytes_for(std::string_view name) const;
  std::vector<std::string> names() const;

 private:
  struct entry {
    entry(std::string xml_, base::time_point until_, std::size_t cost_) : xml(std::move(xml_)), until(until_), cost(cost_) {}
    std::string xml;
    base::time_point until;
    std::size_t cost;
  };
  using line = std::deque<entry>;
  std::string leave(entry& e);
  line& line_of(std::string_view name);

  std::size_t most_bytes_;
  std::size_t bytes_ = 0;
  std::map<std::string, line, std::less<>> lines_;  ///< none is empty; the times of each are in their order
};

}  // namespace couplet::component
