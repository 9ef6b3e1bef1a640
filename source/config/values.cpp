#include "values.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/utf8.hpp"

namespace couplet::config {

namespace {

/// The longest password a login can carry (RFC 4616: sasl::max_part_bytes).
constexpr std::size_t max_secret_bytes = 1023;
constexpr std::size_t max_secret_file_bytes = 65'536;
constexpr std::string_view path_mark = "unix:";

bool to_number(std::string_view text, std::uint64_t& number) noexcept {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  return code == std::errc() && end == text.data() + text.size() && !text.empty();
}

bool is_address(int family, const std::string& text) noexcept {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return text.find('\0') == std::string::npos && inet_pton(family, text.c_str(), address.data()) == 1;
}

/// Splits at the colon before the port; the brackets of an IPv6 address are taken off. False: not of that form.
bool split_port(std::string_view text, endpoint& out, bool& bracketed) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  std::uint64_t port = 0;
  if (!to_number(text.substr(colon + 1), port) || port > 65'535) return false;
  auto host = text.substr(0, colon);
  bracketed = host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  out = endpoint(std::string(host), static_cast<std::uint16_t>(port));
  return true;
}

/// unix:/PATH
endpoint read_socket_path(const given& g) {
  auto path = g.text.substr(path_mark.size());
  // Relative to which folder the person and the service manager may not agree; and a folder is no socket.
  if (!path.starts_with('/') || path.ends_with('/') || path.find('\0') != std::string::npos) {
    throw usage_error(g.origin, "expected unix:/PATH with the absolute path of a file, not " + quoted(g.text));
  }
  constexpr auto most = sizeof(sockaddr_un::sun_path) - 1;
  if (path.size() > most) {
    throw usage_error(g.origin, "expected unix:/PATH with a path of at most " + std::to_string(most) + " bytes, not of " +
                                    std::to_string(path.size()));
  }
  return endpoint::at_path(std::move(path));
}

/// Closes the descriptor at the end of the block.
class open_file {
 public:
  explicit open_file(const std::string& path) noexcept : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~open_file() {
    if (fd_ >= 0) close(fd_);
  }
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  int fd() const noexcept { return fd_; }

 private:
  int fd_;
};

[[noreturn]] void cannot_read(const std::string& origin, const std::string& shown) {
  const std::string why = std::strerror(errno);
  throw usage_error(origin, "cannot read " + shown + ": " + why);
}

std::string check_secret(std::string secret, const std::string& origin) {
  if (secret.empty()) throw usage_error(origin, "the secret is empty");
  if (secret.size() > max_secret_bytes) throw usage_error(origin, "the secret is longer than 1023 bytes");
  if (!base::is_utf8(secret) || secret.find('\0') != std::string::npos) throw usage_error(origin, "the secret is not UTF-8 text");
  return secret;
}

}  // namespace

std::string quoting::operator()(std::string_view text) const {
  std::string out = "\"";
  base::log::append_escaped(out, text);
  return out + '"';
}

std::uint64_t read_number(const given& g, std::uint64_t lowest, std::uint64_t highest, std::string_view unit) {
  std::uint64_t number = 0;
  if (!to_number(g.text, number) || number < lowest || number > highest) {
    const auto range = std::to_string(lowest) + " to " + std::to_string(highest);
    throw usage_error(g.origin, "expected a number" + (unit.empty() ? std::string() : " of " + std::string(unit)) + " from " +
                                    range + ", not " + quoted(g.text));
  }
  return number;
}

std::size_t read_choice(const given& g, const std::vector<std::string_view>& names) {
  const auto found = std::find(names.begin(), names.end(), g.text);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  std::string expected;
  for (const auto name : names) expected += (expected.empty() ? "" : name == names.back() ? " or " : ", ") + std::string(name);
  throw usage_error(g.origin, "expected " + expected + ", not " + quoted(g.text));
}

bool read_switch(const given& g) {
  for (const std::string_view yes : {"true", "1", "yes", "on"}) {
    if (g.text == yes) return true;
  }
  for (const std::string_view no : {"false", "0", "no", "off"}) {
    if (g.text == no) return false;
  }
  throw usage_error(g.origin, "expected true or false, not " + quoted(g.text));
}

limits::connect_rate::options read_rate(const given& g) {
  limits::connect_rate::options rate;
  if (g.text == "0") return rate;
  const auto slash = g.text.find('/');
  std::uint64_t connects = 0;
  std::uint64_t seconds = 0;
  const bool fits = slash != std::string::npos && to_number(std::string_view(g.text).substr(0, slash), connects) &&
                    to_number(std::string_view(g.text).substr(slash + 1), seconds) && connects <= 1'000'000 && seconds >= 1 &&
                    seconds <= 86'400;
  if (!fits) {
    throw usage_error(g.origin,
                      "expected N/SECONDS with N up to 1000000 and SECONDS from 1 to 86400, or 0, not " + quoted(g.text));
  }
  rate.connects = static_cast<std::uint32_t>(connects);
  rate.window = std::chrono::seconds(seconds);
  return rate;
}

endpoint read_listen_address(const given& g) {
  if (g.text.starts_with(path_mark)) return read_socket_path(g);
  endpoint where;
  bool bracketed = false;
  if (!split_port(g.text, where, bracketed) || !is_address(bracketed ? AF_INET6 : AF_INET, where.host)) {
    throw usage_error(g.origin,
                      "expected ADDR:PORT with a numeric address, IPv6 in brackets, or unix:/PATH, not " + quoted(g.text));
  }
  return where;
}

endpoint read_host_and_port(const given& g) {
  endpoint where;
  bool bracketed = false;
  bool fits = split_port(g.text, where, bracketed) && where.port != 0;
  if (fits) fits = bracketed ? is_address(AF_INET6, where.host) : base::prepare_domain(where.host).has_value();
  if (!fits) {
    throw usage_error(g.origin, "expected HOST:PORT, an IPv6 address in brackets, the port not 0, not " + quoted(g.text));
  }
  return where;
}

std::string read_domain(const given& g) {
  auto prepared = base::prepare_domain(g.text);
  if (!prepared) throw usage_error(g.origin, "expected a domain name, not " + quoted(g.text));
  return std::move(*prepared);
}

std::string read_jid(const given& g) {
  const auto jid = base::jid::parse(g.text);
  if (!jid) throw usage_error(g.origin, "expected a JID, not " + quoted(g.text));
  return jid->full();
}

std::string read_url(const given& g) {
  const bool known = g.text.starts_with("https://") || g.text.starts_with("http://");
  const bool printable = std::all_of(g.text.begin(), g.text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  const auto host = g.text.find("://") + 3;
  const bool has_host = known && host < g.text.size() && std::string_view("/?#:@").find(g.text[host]) == std::string_view::npos;
  if (!has_host || !printable || g.text.size() > 2000) {
    throw usage_error(g.origin, "expected a URL that begins with http:// or https://, not " + quoted(g.text));
  }
  return g.text;
}

std::size_t secret_split(std::string_view text) noexcept {
  const auto colon = text.find(':');
  const auto at = text.find('@');
  // Behind the colon an '@' belongs to the secret.
  const auto domain = at < colon ? at + 1 : 0;
  if (domain >= text.size() || text[domain] != '[') return colon;
  const auto bracket = text.find(']', domain);
  return bracket == std::string_view::npos ? colon : text.find(':', bracket);
}

std::pair<std::string, std::string> read_name_and_secret(const given& g, std::string_view expected) {
  const auto colon = secret_split(g.text);
  // The text may be a secret alone, so that it is not quoted.
  if (colon == std::string::npos || colon == 0) throw usage_error(g.origin, "expected " + std::string(expected));
  auto secret = read_secret(std::string_view(g.text).substr(colon + 1), g.origin);
  return {g.text.substr(0, colon), std::move(secret)};
}

std::string read_secret(std::string_view text, const std::string& origin) {
  if (text.empty() || text.front() != '@') return check_secret(std::string(text), origin);
  // The name is not shown: it may be a secret that begins with '@'.
  auto line = read_file(std::string(text.substr(1)), max_secret_file_bytes, origin, "the file named behind the '@'");
  if (const auto end = line.find('\n'); end != std::string::npos) line.resize(end);
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return check_secret(std::move(line), origin);
}

account read_account(const given& g) {
  auto [name, secret] = read_name_and_secret(g, "JID:SECRET");
  auto who = base::jid::parse(name);
  if (!who || !who->has_node() || !who->is_bare()) {
    throw usage_error(g.origin, "expected JID:SECRET with a JID of the form user@domain");
  }
  return account(std::move(*who), std::move(secret));
}

std::string read_file(const std::string& path, std::size_t most, const std::string& origin, const std::string& shown) {
  const open_file file(path);
  struct stat about {};
  if (file.fd() < 0 || fstat(file.fd(), &about) != 0) cannot_read(origin, shown);
  if (S_ISDIR(about.st_mode)) {
    errno = EISDIR;
    cannot_read(origin, shown);
  }
  // A pipe or a device may keep us waiting for ever.
  if (!S_ISREG(about.st_mode)) throw usage_error(origin, "cannot read " + shown + ": it is no regular file");
  std::string bytes;
  std::array<char, 16'384> buffer;
  while (true) {
    const auto got = read(file.fd(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) cannot_read(origin, shown);
    if (got == 0) return bytes;
    bytes.append(buffer.data(), static_cast<std::size_t>(got));
    if (bytes.size() > most) {
      throw usage_error(origin, shown + " is longer than " + std::to_string(most) + " bytes");
    }
  }
}

}  // namespace couplet::config
