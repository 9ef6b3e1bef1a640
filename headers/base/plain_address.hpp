#pragma once

#include <optional>
#include <string_view>

namespace couplet::base {

/// The parts of an address, views into its text. What it does not have is empty.
struct plain_address {
  std::string_view bare, node, domain, resource;
};

/// Splits an address that preparing (RFC 6122) would leave as it is, and that XML would write without references, as nearly all are: plain
/// lower-case ASCII. Nothing: it has to be decoded and prepared (jid::parse()), or is none.
std::optional<plain_address> split_plain_address(std::string_view raw) noexcept;

}  // namespace couplet::base
