#include "client_hello.hpp"

#include "domain_names.hpp"

namespace couplet::tls {

namespace {

constexpr std::size_t record_head = 5;
constexpr std::size_t message_head = 4;
constexpr unsigned handshake_record = 22;
constexpr unsigned client_hello_message = 1;
constexpr std::size_t max_record = 16'384;
/// A ClientHello of that many pieces comes from nobody who means well.
constexpr int max_records = 16;

/// Takes numbers and fields of a length from the front; once something is missing, all is.
class fields {
 public:
  explicit fields(std::string_view bytes) noexcept : rest_(bytes) {}

  bool ok() const noexcept { return ok_; }
  bool at_end() const noexcept { return rest_.empty(); }
  std::size_t number(int bytes) noexcept {
    std::size_t n = 0;
    for (const char c : take(static_cast<std::size_t>(bytes))) n = n << 8U | static_cast<unsigned char>(c);
    return n;
  }
  std::string_view take(std::size_t size) noexcept {
    if (size > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const auto taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  /// A field whose length stands before it in so many bytes.
  std::string_view field(int length_bytes) noexcept { return take(number(length_bytes)); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

bool read_server_name(std::string_view content, client_hello& out) {
  fields in(content);
  fields list(in.field(2));
  if (!in.ok() || !in.at_end() || list.at_end()) return false;
  while (!list.at_end()) {
    const auto type = list.number(1);
    const auto name = list.field(2);
    if (!list.ok()) return false;
    if (type == 0 && out.server_name.empty()) out.server_name = ascii_domain(name);
  }
  return true;
}

bool read_groups(std::string_view content, client_hello& out) {
  constexpr std::size_t secp256r1 = 23, secp384r1 = 24, x25519 = 29;
  fields in(content);
  fields list(in.field(2));
  if (!in.ok() || !in.at_end() || list.at_end()) return false;
  out.shares_a_curve = false;
  while (!list.at_end()) {
    const auto group = list.number(2);
    if (!list.ok()) return false;
    out.shares_a_curve = out.shares_a_curve || group == secp256r1 || group == secp384r1 || group == x25519;
  }
  return true;
}

bool read_extension(std::size_t type, std::string_view content, client_hello& out) {
  constexpr std::size_t server_name = 0, groups = 10, extended_master_secret = 23;
  switch (type) {
    case server_name: return read_server_name(content, out);
    case groups: return read_groups(content, out);
    case extended_master_secret: out.extended_master_secret = true; return content.empty();
    default: return true;
  }
}

bool read_message(std::string_view content, client_hello& out) {
  constexpr std::size_t version_and_random = 2 + 32;
  constexpr std::size_t max_session_id = 32;
  fields in(content);
  in.take(version_and_random);
  const auto session_id = in.field(1);
  const auto suites = in.field(2);
  const auto compression = in.field(1);
  if (!in.ok() || session_id.size() > max_session_id || suites.empty() || suites.size() % 2 != 0 || compression.empty())
    return false;
  if (in.at_end()) return true;  // no extensions
  fields extensions(in.field(2));
  if (!in.ok() || !in.at_end()) return false;
  while (!extensions.at_end()) {
    const auto type = extensions.number(2);
    const auto extension = extensions.field(2);
    if (!extensions.ok() || !read_extension(type, extension, out)) return false;
  }
  return true;
}

/// Whether what is there can be the head of a record with a handshake message.
bool is_record_head(std::string_view head) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(head[i])); };
  if (!head.empty() && byte(0) != handshake_record) return false;
  if (head.size() > 1 && byte(1) != 3) return false;
  if (head.size() < record_head) return true;
  const std::size_t length = byte(3) << 8U | byte(4);
  return length != 0 && length <= max_record;
}

}  // namespace

hello_state read_client_hello(std::string_view bytes, client_hello& out) {
  std::string message;
  for (int records = 0; records < max_records; ++records) {
    const auto head = bytes.substr(0, record_head);
    if (!is_record_head(head)) return hello_state::malformed;
    if (head.size() < record_head) return hello_state::need_more;
    const auto length = fields(head.substr(3)).number(2);
    const auto piece = bytes.substr(record_head, length);
    message += piece;
    bytes.remove_prefix(record_head + piece.size());
    if (!message.empty() && static_cast<unsigned char>(message[0]) != client_hello_message) return hello_state::malformed;
    if (piece.size() < length) return hello_state::need_more;
    if (message.size() >= message_head) {
      fields in(std::string_view(message).substr(1));
      const auto size = in.number(3);
      // Nothing may stand behind it in its record: nothing can follow before the server has answered.
      if (size > max_record || message.size() > message_head + size) return hello_state::malformed;
      if (message.size() == message_head + size) {
        client_hello found;
        if (!read_message(in.take(size), found)) return hello_state::malformed;
        out = std::move(found);
        return hello_state::whole;
      }
    }
  }
  return hello_state::malformed;
}

}  // namespace couplet::tls
