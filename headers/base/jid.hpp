#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/utf8.hpp"

namespace couplet::base {

/// An address of RFC 6122: [node@]domain[/resource], prepared (nodeprep, nameprep, resourceprep), so that
/// equal addresses are equal bytes. Parts are at most 1,023 bytes.
///
/// One string and two lengths: an address costs one allocation at the most.
class jid {
 public:
  jid() = default;

  /// Splits and prepares. Nothing where a part is empty, too long, not UTF-8, or refused by its profile.
  /// UTF-8 is checked before anything is prepared.
  static std::optional<jid> parse(std::string_view text);

  /// From parts, each prepared. An empty node or resource means none; the domain must not be empty.
  static std::optional<jid> make(std::string_view node, std::string_view domain, std::string_view resource);

  std::string_view node() const noexcept { return std::string_view(text_).substr(0, node_size_); }
  std::string_view domain() const noexcept {
    return std::string_view(text_).substr(node_size_ == 0 ? 0 : node_size_ + 1U, domain_size_);
  }
  std::string_view resource() const noexcept {
    const auto begin = bare_size() + 1;
    return begin > text_.size() ? std::string_view() : std::string_view(text_).substr(begin);
  }
  /// node@domain, or the domain alone.
  std::string_view bare() const noexcept { return std::string_view(text_).substr(0, bare_size()); }
  /// The whole address.
  const std::string& full() const noexcept { return text_; }

  bool empty() const noexcept { return text_.empty(); }
  bool is_bare() const noexcept { return bare_size() == text_.size(); }
  bool has_node() const noexcept { return node_size_ != 0; }

  /// The same account with another resource, which is prepared. Nothing where it is refused or empty.
  std::optional<jid> with_resource(std::string_view resource) const;

  friend bool operator==(const jid&, const jid&) = default;

 private:
  std::size_t bare_size() const noexcept { return (node_size_ == 0 ? 0U : node_size_ + 1U) + domain_size_; }

  std::string text_;
  unsigned short node_size_ = 0;
  unsigned short domain_size_ = 0;
};

/// The three profiles on their own (RFC 3920 appendices A and B, RFC 3491), with a fast path for ASCII.
/// Nothing where the text is empty, longer than 1,023 bytes before or after, not UTF-8, or prohibited. What they return they
/// leave as it is.
///
/// A domain is a host name (letters, digits, hyphens, and underscores, which names of components have; labels of 1 to 63
/// bytes, counted as the DNS would carry them), an IPv4 address or an IPv6 address in brackets, which is written as RFC 5952
/// says. One dot at the end is cut off. Code points that Unicode 3.2 had not assigned are refused in nodes and domains, and
/// pass in resources (RFC 3454 section 7).
std::optional<std::string> prepare_node(std::string_view text);
std::optional<std::string> prepare_domain(std::string_view text);
std::optional<std::string> prepare_resource(std::string_view text);

}  // namespace couplet::base
