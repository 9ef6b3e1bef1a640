#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace couplet::session {

/// Commands whose form is with somebody who fills it in (XEP-0050 section 4.3): bounded, and each has a deadline.
class command_table {
 public:
  static constexpr std::size_t most = 64;
  static constexpr std::size_t most_of_one = 8;          ///< of one session
  static constexpr std::int64_t lifetime = 10 * 60'000;  ///< milliseconds

  enum class state : std::uint8_t { open, expired, unknown };

  /// Its session id, which nobody can guess. `who`: the full JID of who asked. Nothing: there is no place. `now`: in milliseconds.
  std::optional<std::string> open(std::string_view who, std::string_view node, std::int64_t now);
  /// Of one that belongs to who asks and is the command that it was. One that has expired is told so once.
  state look_up(const std::string& id, std::string_view who, std::string_view node, std::int64_t now);
  void close(const std::string& id) { commands_.erase(id); }
  void close_all() { commands_.clear(); }
  std::size_t size() const noexcept { return commands_.size(); }

 private:
  struct open_command {
    open_command(std::string_view who_, std::string_view node_, std::int64_t until_) : who(who_), node(node_), until(until_) {}
    std::string who, node;
    std::int64_t until;
  };
  std::unordered_map<std::string, open_command> commands_;
};

}  // namespace couplet::session
