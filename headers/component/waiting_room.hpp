#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace couplet::component {

/// Stanzas for components that are not there, in their order, each until its time is up. It is told the time.
///
/// Nobody's stanzas take all the room: who has something there is given more as long as he holds no more than is free. So one that is away alone
/// has half of it, of two the first has half and the other a quarter, and who comes last still finds some. Who he is says the operator's
/// configuration: all names that one wildcard lets in are one, since whoever writes to them chooses how many they are.
///
/// However many names wait, each operation costs no more than finding one of them in a map.
class waiting_room {
 public:
  /// `most_bytes`: of all names together.
  explicit waiting_room(std::size_t most_bytes) noexcept : most_bytes_(most_bytes) {}
  waiting_room(const waiting_room&) = delete;
  waiting_room& operator=(const waiting_room&) = delete;

  /// Whose room a stanza takes: the component of that name, which `entry` of the configuration lets in.
  struct receiver {
    std::string_view name, entry;
  };
  /// A copy of it, behind what waits for that name already. False: there is no room.
  bool put(const receiver& whom, std::string_view xml, base::time_point until);
  /// In front of it, in their order: what a connection of that name was not given. Never refused, since it was bounded where it comes from, and it takes
  /// no room from others; but it counts against that name, which so gets less of it for what comes later.
  void put_back(std::string_view name, std::vector<std::string>&& older, base::time_point until);

  /// All that waits for `name`.
  std::vector<std::string> take(std::string_view name);
  /// All whose time is up, in the order of their times.
  std::vector<std::string> take_due(base::time_point now);
  std::vector<std::string> take_all() { return take_due(base::time_point::max()); }
  /// When the next one's is; nothing: nobody waits.
  std::optional<base::time_point> next_due() const;

  /// Of what was put in, not of what was put back.
  std::size_t bytes() const noexcept { return bytes_; }
  /// Of all that waits for it.
  std::size_t bytes_for(std::string_view name) const;
  std::vector<std::string> names() const;
  /// For tests: how many names it has looked at so far to know whose time is up, or will be next.
  std::uint64_t looks() const noexcept { return looks_; }

 private:
  struct stanza {
    stanza(std::string xml_, base::time_point until_, std::size_t cost_, bool takes_room_)
        : xml(std::move(xml_)), until(until_), cost(cost_), takes_room(takes_room_) {}
    std::string xml;
    base::time_point until;
    std::size_t cost;
    bool takes_room;  ///< otherwise it was put back
  };
  using shares = std::map<std::string, std::size_t, std::less<>>;
  struct line {
    std::deque<stanza> stanzas;  ///< their times are in their order
    std::size_t cost = 0;        ///< of those that take room
    shares::iterator share;      ///< where there is such a cost
    std::size_t put_back = 0;    ///< the cost of the others
  };
  using lines = std::map<std::string, line, std::less<>>;
  lines::iterator line_of(std::string_view name);
  static std::size_t cost_of(std::string_view name, std::string_view xml) noexcept;
  bool has_room(const receiver& whom, std::size_t cost) const;
  void watch(lines::iterator of);
  void watch_no_more(lines::iterator of);
  std::string leave(line& l);

  std::size_t most_bytes_;
  std::size_t bytes_ = 0;
  lines lines_;    ///< none is empty, but inside of a call
  shares shares_;  ///< by entry: the cost of what it has there; none is 0
  /// The time of each line's first, and the line's name. All waits are about as long, but what is put back goes in front.
  std::set<std::pair<base::time_point, std::string_view>> next_;
  mutable std::uint64_t looks_ = 0;
};

}  // namespace couplet::component
