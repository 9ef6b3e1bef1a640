#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/options.hpp"
#include "settings.hpp"

namespace couplet::config {

// Each throws usage_error, which names the origin and what was expected.

std::uint64_t read_number(const given& g, std::uint64_t lowest, std::uint64_t highest, std::string_view unit);
bool read_switch(const given& g);
/// One of `names`, which the error lists too; answers which.
std::size_t read_choice(const given& g, const std::vector<std::string_view>& names);
/// N/SECONDS, or 0.
limits::connect_rate::options read_rate(const given& g);
/// A numeric address, [IPv6] in brackets, and a port, also 0; or unix:/PATH, an absolute path of at most 107 bytes.
endpoint read_listen_address(const given& g);
/// A host name or address and a port, not 0.
endpoint read_host_and_port(const given& g);
std::string read_domain(const given& g);
/// Prepared.
std::string read_jid(const given& g);
/// An http or https URL of printable ASCII characters.
std::string read_url(const given& g);

/// NAME:SECRET, split at the first colon behind the domain; SECRET may be @FILE. `expected`: "JID:SECRET".
std::pair<std::string, std::string> read_name_and_secret(const given& g, std::string_view expected);
/// SECRET, or @FILE: the file's first line.
std::string read_secret(std::string_view text, const std::string& origin);
account read_account(const given& g);

/// Where NAME:SECRET is split: the place of the colon, npos: there is none.
std::size_t secret_split(std::string_view text) noexcept;

/// The bytes of a file, at most `most` of them. Throws usage_error where it cannot be read, is longer, or is
/// no regular file. `shown`: how the
/// error calls the file.
std::string read_file(const std::string& path, std::size_t most, const std::string& origin, const std::string& shown);

/// In quotes, escaped: for error texts, one line whatever it holds.
/// An object, not a function: std::quoted would be looked at as well for a std::string, wherever <iomanip> is there.
struct quoting {
  std::string operator()(std::string_view text) const;
};
inline constexpr quoting quoted{};

}  // namespace couplet::config
