#include "credentials/command_protocol.hpp"

namespace couplet::credentials {

namespace {

constexpr std::string_view operation = "auth:";
constexpr std::size_t longest_password = 16 * 1024;  // so that the length of a packet fits into its two bytes

reply read_line(std::string_view bytes) noexcept {
  const auto end = bytes.find('\n');
  if (end == std::string_view::npos) return bytes.size() < longest_reply ? reply::incomplete : reply::garbage;
  if (end + 1 != bytes.size()) return reply::garbage;
  auto line = bytes.substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line == "1") return reply::right;
  return line == "0" ? reply::wrong : reply::garbage;
}

reply read_packet(std::string_view bytes) noexcept {
  using namespace std::string_view_literals;
  constexpr auto yes = "\0\2\0\1"sv;
  constexpr auto no = "\0\2\0\0"sv;
  if (bytes == yes) return reply::right;
  if (bytes == no) return reply::wrong;
  return yes.starts_with(bytes) || no.starts_with(bytes) ? reply::incomplete : reply::garbage;
}

}  // namespace

std::optional<command_protocol> command_protocol_of(std::string_view name) noexcept {
  if (name == "generic") return command_protocol::generic;
  if (name == "ejabberd") return command_protocol::ejabberd;
  return std::nullopt;
}

std::optional<sasl::answer::verdict> answer_without_asking(const sasl::question& q) noexcept {
  constexpr std::string_view breaks("\n\r\0", 3);
  const auto is_cut = [breaks](std::string_view text) { return text.find_first_of(breaks) != std::string_view::npos; };
  if (q.who.node().find(':') != std::string_view::npos || is_cut(q.who.node()) || is_cut(q.password) ||
      q.password.size() > longest_password) {
    return sasl::answer::verdict::wrong;
  }
  if (q.who.domain().find(':') != std::string_view::npos || is_cut(q.who.domain())) return sasl::answer::verdict::unavailable;
  return std::nullopt;
}

void append_question(std::string& out, command_protocol p, const sasl::question& q) {
  const auto size = operation.size() + q.who.node().size() + 1 + q.who.domain().size() + 1 + q.password.size();
  // At once: a text that grows leaves the password behind where it was.
  out.reserve(out.size() + size + 2);
  if (p == command_protocol::ejabberd) {
    out += static_cast<char>(size >> 8U);
    out += static_cast<char>(size & 0xffU);
  }
  out.append(operation).append(q.who.node()).append(1, ':').append(q.who.domain()).append(1, ':').append(q.password);
  if (p == command_protocol::generic) out += '\n';
}

reply read_reply(command_protocol p, std::string_view bytes) noexcept {
  return p == command_protocol::generic ? read_line(bytes) : read_packet(bytes);
}

}  // namespace couplet::credentials
