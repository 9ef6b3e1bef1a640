#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace couplet::route {

/// Which route of which c2s something came from. A c2s that lost its manager and cannot know what that had done writes its routes again to the
/// next one, under the old number: so whoever was given the first copy can tell the second (etc/PROTOCOL.md, 11).
struct origin {
  std::uint64_t link = 0;         ///< the id of a link whose routes are counted (XEP-0198); 0: not known
  std::uint64_t number : 63 = 0;  ///< on that link, from 1
  std::uint64_t again : 1 = 0;    ///< not the first time

  bool is_known() const noexcept { return link != 0; }
  friend bool operator==(const origin&, const origin&) = default;
};

/// LINK.NUMBER, with a + behind it where it is not the first time; LINK in 16 hex digits.
void append(std::string& out, const origin& o);
std::optional<origin> parse_origin(std::string_view text);

/// What a c2s has been given, by origin: the newest 16,384 numbers of each of the newest 64 links.
class origins {
 public:
  void note(const origin& o);
  bool has(const origin& o) const noexcept;
  /// All that is noted now is of before: has_before() looks no further.
  void begin_anew();
  /// Whether it was noted before the last begin_anew().
  bool has_before(const origin& o) const noexcept;

 private:
  static constexpr std::size_t window = 16 * 1024;
  static constexpr std::size_t links = 64;
  struct seen {
    std::uint64_t link = 0;
    std::uint64_t newest = 0;
    std::uint64_t used = 0;  ///< when, in notes
    std::vector<bool> numbers;
    std::vector<bool> before;
  };
  const seen* find(std::uint64_t link) const noexcept;
  seen& find_or_make(std::uint64_t link);

  std::vector<seen> all_;
  std::uint64_t notes_ = 0;
};

}  // namespace couplet::route
