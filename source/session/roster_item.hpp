#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "subscription.hpp"
#include "xml/element.hpp"

namespace couplet::session {

/// A contact in somebody's roster (RFC 6121 section 2.1.2): in one text, since there are many. Requests of contacts are not kept
/// here, so the state never has `in`.
class roster_item {
 public:
  roster_item() = default;
  /// `jid`: bare, prepared, up to 3,071 bytes. The other texts are of at most 64 KiB together, without NUL.
  roster_item(std::string_view jid, std::string_view name, const std::vector<std::string>& groups);

  std::string_view jid() const noexcept { return std::string_view(text_).substr(0, jid_size_); }
  std::string_view name() const noexcept {
    return text_.empty() ? std::string_view() : std::string_view(text_).substr(jid_size_ + 1U, name_size_);
  }
  const standing& subscription() const noexcept { return standing_; }
  void set_subscription(standing s) noexcept { standing_ = standing(with_in(s.state, false), s.approved); }

  /// Appends <item/> of jabber:iq:roster. The same bytes for the same item, in every process.
  void append_to(std::string& out) const;
  /// From what append_to() wrote, or another server's <item/>; nothing (an empty JID) where its JID is none.
  /// `prepared`: its JID, where that is known.
  static roster_item read(const xml::element& item, std::string_view prepared = {});

 private:
  std::string text_;  ///< JID, name, groups: a NUL between any two
  std::uint16_t jid_size_ = 0;
  std::uint16_t name_size_ = 0;
  standing standing_;
};

}  // namespace couplet::session
