#pragma once

#include <string>
#include <string_view>

#include "base/jid.hpp"

namespace couplet::session {

/// An address out of an attribute, prepared. Plain lower-case ASCII, which is what nearly all addresses are, is only looked at
/// and not copied: then the views point into what read() was given. Not copied or moved, since they may point into itself as
/// well.
class stanza_address {
 public:
  stanza_address() = default;
  stanza_address(const stanza_address&) = delete;
  stanza_address& operator=(const stanza_address&) = delete;

  /// `raw`: the value of an attribute as written, references and all. False: no address, and all parts are empty.
  bool read(std::string_view raw);

  std::string_view bare() const noexcept { return bare_; }
  std::string_view node() const noexcept { return node_; }
  std::string_view domain() const noexcept { return domain_; }
  std::string_view resource() const noexcept { return resource_; }
  bool is_bare() const noexcept { return resource_.empty(); }
  bool has_node() const noexcept { return !node_.empty(); }

 private:
  bool read_plain(std::string_view text) noexcept;

  std::string_view bare_, node_, domain_, resource_;
  base::jid prepared_;
};

}  // namespace couplet::session
