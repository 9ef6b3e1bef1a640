#include "scram_messages.hpp"

#include <algorithm>

#include "base/utf8.hpp"
#include "sasl/scram.hpp"

namespace couplet::sasl {

namespace {

bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Whether both messages may look like this at all: UTF-8 without NUL.
verdict check_text(std::string_view message) noexcept {
  if (message.size() > max_scram_bytes) return verdict::too_long;
  return message.find('\0') == std::string_view::npos && base::is_utf8(message) ? verdict::ok : verdict::malformed;
}

/// Takes what comes before the next comma, and the comma, off `rest`. Nothing where there is none.
std::optional<std::string_view> take_field(std::string_view& rest) noexcept {
  const auto comma = rest.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  const auto field = rest.substr(0, comma);
  rest.remove_prefix(comma + 1);
  return field;
}

/// The value of the attribute that the field must be.
std::optional<std::string_view> value_of(std::string_view field, char name) noexcept {
  if (field.size() < 2 || field[0] != name || field[1] != '=') return std::nullopt;
  return field.substr(2);
}

/// A flag of RFC 5802 section 7, gs2-cbind-flag.
bool is_flag(std::string_view flag) noexcept {
  if (flag == "n" || flag == "y") return true;
  const auto type = value_of(flag, 'p');
  return type && !type->empty() && std::all_of(type->begin(), type->end(), [](char c) {
           return is_letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '-';
         });
}

/// Attributes after those that the grammar names: "x=…,y=…", not empty. `taken`: the names that have had their place.
verdict check_extensions(std::string_view list, std::string_view taken) noexcept {
  for (bool more = true; more;) {
    auto field = list;
    if (const auto found = take_field(list)) {
      field = *found;
    } else {
      more = false;
    }
    if (field.size() < 3 || !is_letter(field[0]) || field[1] != '=') return verdict::malformed;
    if (field[0] == 'm') return verdict::unknown_extension;
    if (taken.find(field[0]) != std::string_view::npos) return verdict::malformed;
  }
  return verdict::ok;
}

verdict read_gs2_header(std::string_view message, client_first& out) noexcept {
  auto rest = message;
  const auto flag = take_field(rest);
  const auto authzid = take_field(rest);
  if (!flag || !authzid || !is_flag(*flag)) return verdict::malformed;
  out.flag = *flag;
  if (!authzid->empty()) {
    const auto name = value_of(*authzid, 'a');
    if (!name || name->empty()) return verdict::malformed;
    out.authzid = *name;
  }
  out.gs2_header = message.substr(0, message.size() - rest.size());
  out.bare = rest;
  return verdict::ok;
}

}  // namespace

verdict read_client_first(std::string_view message, client_first& out) noexcept {
  if (const auto v = check_text(message); v != verdict::ok) return v;
  client_first found;
  if (const auto v = read_gs2_header(message, found); v != verdict::ok) return v;
  auto rest = found.bare;
  if (rest.starts_with("m=")) return verdict::unknown_extension;
  const auto username = take_field(rest);
  if (!username) return verdict::malformed;
  const auto extensions_at = rest.find(',');
  const auto name = value_of(*username, 'n');
  const auto nonce = value_of(rest.substr(0, extensions_at), 'r');
  if (!name || name->empty() || !nonce || !is_nonce(*nonce)) return verdict::malformed;
  found.username = *name;
  found.nonce = *nonce;
  if (extensions_at != std::string_view::npos) {
    if (const auto v = check_extensions(rest.substr(extensions_at + 1), "nr"); v != verdict::ok) return v;
  }
  out = found;
  return verdict::ok;
}

verdict read_client_final(std::string_view message, client_final& out) noexcept {
  if (const auto v = check_text(message); v != verdict::ok) return v;
  const auto last_comma = message.rfind(',');
  if (last_comma == std::string_view::npos) return verdict::malformed;
  const auto proof = value_of(message.substr(last_comma + 1), 'p');
  client_final found;
  found.without_proof = message.substr(0, last_comma);
  auto rest = found.without_proof;
  const auto binding = take_field(rest);
  if (!proof || !binding) return verdict::malformed;
  const auto extensions_at = rest.find(',');
  const auto c = value_of(*binding, 'c');
  const auto nonce = value_of(rest.substr(0, extensions_at), 'r');
  if (!c || !nonce || !is_nonce(*nonce)) return verdict::malformed;
  if (extensions_at != std::string_view::npos) {
    if (const auto v = check_extensions(rest.substr(extensions_at + 1), "crp"); v != verdict::ok) return v;
  }
  found.channel_binding = *c;
  found.nonce = *nonce;
  found.proof = *proof;
  out = found;
  return verdict::ok;
}

std::optional<std::string> decode_name(std::string_view name) {
  std::string decoded;
  decoded.reserve(name.size());
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] != '=') {
      decoded += name[i];
      continue;
    }
    const auto code = name.substr(i + 1, 2);
    if (code != "2C" && code != "3D") return std::nullopt;
    decoded += code == "2C" ? ',' : '=';
    i += 2;
  }
  return decoded;
}

bool is_nonce(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f && c != ','; });
}

}  // namespace couplet::sasl
