#include "base/jid.hpp"

#include <arpa/inet.h>
#include <idna.h>
#include <stringprep.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

namespace couplet::base {

namespace {

constexpr std::size_t max_part = 1023;
constexpr std::size_t max_label = 63;

bool is_ascii(std::string_view text) noexcept {
  unsigned char seen = 0;
  for (const char c : text) seen = static_cast<unsigned char>(seen | static_cast<unsigned char>(c));
  return seen < 0x80;
}

constexpr bool is_control(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// One profile over text that is not all ASCII. Unassigned code points (of Unicode 3.2, all of today's emoji among them) are
/// refused where `flags` say so. A text that a second pass would change again is refused, so that what is prepared stays so:
/// addresses are prepared again whenever they come back from a peer.
bool append_profile(std::string& out, std::string_view text, Stringprep_profile_flags flags, const Stringprep_profile* profile) {
  // libidn takes strings that end with NUL, and its behaviour on bytes that are not UTF-8 is not to be relied on.
  if (text.find('\0') != std::string_view::npos || !is_utf8(text)) return false;
  std::array<char, max_part + 1> once{};
  std::memcpy(once.data(), text.data(), text.size());
  if (stringprep(once.data(), once.size(), flags, profile) != STRINGPREP_OK || once[0] == '\0') return false;
  std::array<char, max_part + 1> twice = once;
  if (stringprep(twice.data(), twice.size(), flags, profile) != STRINGPREP_OK) return false;
  if (std::strcmp(once.data(), twice.data()) != 0) return false;
  out += once.data();
  return true;
}

bool append_node(std::string& out, std::string_view text) {
  if (text.empty() || text.size() > max_part) return false;
  if (!is_ascii(text)) return append_profile(out, text, STRINGPREP_NO_UNASSIGNED, stringprep_xmpp_nodeprep);
  constexpr std::string_view prohibited = " \"&'/:<>@";
  for (const char c : text) {
    if (is_control(c) || prohibited.find(c) != std::string_view::npos) return false;
    out += lower(c);
  }
  return true;
}

bool append_resource(std::string& out, std::string_view text) {
  if (text.empty() || text.size() > max_part) return false;
  // Unassigned code points pass: a resource is a name for display, and people put emoji into theirs.
  if (!is_ascii(text)) return append_profile(out, text, Stringprep_profile_flags{}, stringprep_xmpp_resourceprep);
  for (const char c : text) {
    if (is_control(c)) return false;
  }
  out += text;
  return true;
}

/// The rules for host names (RFC 6122 section 2.2: UseSTD3ASCIIRules), but for the underscore, which names of components in
/// use have.
bool is_host_name(std::string_view name) noexcept {
  std::size_t label = 0;
  char before = '.';
  for (const char c : name) {
    if (c == '.') {
      if (label == 0 || before == '-') return false;
      label = 0;
    } else {
      const bool letter = (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80;
      if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_') return false;
      if (label == 0 && c == '-') return false;
      // The length of a label that is not ASCII is that of its encoded form, see fits_dns().
      ++label;
    }
    before = c;
  }
  return label != 0 && before != '-';
}

bool has_long_label(std::string_view name) noexcept {
  std::size_t begin = 0;
  while (begin <= name.size()) {
    const auto end = std::min(name.find('.', begin), name.size());
    if (end - begin > max_label) return true;
    begin = end + 1;
  }
  return false;
}

/// Whether every label is at most 63 bytes when it is encoded for the DNS (RFC 3490 ToASCII).
bool fits_dns(const char* name) noexcept {
  char* encoded = nullptr;
  const bool fits = idna_to_ascii_8z(name, &encoded, 0) == IDNA_SUCCESS;
  std::free(encoded);  // NOLINT: libidn's memory comes from malloc
  return fits;
}

/// [IPv6]: written in the one way of RFC 5952, so that equal addresses are equal bytes.
bool append_ipv6(std::string& out, std::string_view text) {
  if (text.back() != ']') return false;
  const std::string inside(text.substr(1, text.size() - 2));
  if (inside.find('\0') != std::string::npos) return false;
  in6_addr address{};
  if (inet_pton(AF_INET6, inside.c_str(), &address) != 1) return false;
  std::array<char, INET6_ADDRSTRLEN> canonical{};
  if (inet_ntop(AF_INET6, &address, canonical.data(), canonical.size()) == nullptr) return false;
  out += '[';
  out += canonical.data();
  out += ']';
  return true;
}

/// Nameprep leaves the ideographic full stop; RFC 3490 section 3.1 counts it as a dot.
void replace_ideographic_dots(std::string& text) {
  constexpr std::string_view ideographic = "\xe3\x80\x82";
  for (auto at = text.find(ideographic); at != std::string::npos; at = text.find(ideographic, at + 1)) {
    text.replace(at, ideographic.size(), 1, '.');
  }
}

bool append_international_domain(std::string& out, std::string_view text) {
  std::string name;
  if (!append_profile(name, text, STRINGPREP_NO_UNASSIGNED, stringprep_nameprep)) return false;
  replace_ideographic_dots(name);
  if (name.back() == '.') name.pop_back();
  if (!is_host_name(name) || !fits_dns(name.c_str())) return false;
  out += name;
  return true;
}

bool append_domain(std::string& out, std::string_view text) {
  if (text.empty() || text.size() > max_part) return false;
  if (text.front() == '[') return append_ipv6(out, text);
  if (!is_ascii(text)) return append_international_domain(out, text);
  if (text.back() == '.') text.remove_suffix(1);
  const auto begin = out.size();
  for (const char c : text) out += lower(c);
  const auto name = std::string_view(out).substr(begin);
  return is_host_name(name) && !has_long_label(name);
}

using append_function = bool (*)(std::string&, std::string_view);

std::optional<std::string> prepare(std::string_view text, append_function append) {
  std::optional<std::string> prepared(std::in_place);
  if (!append(*prepared, text)) prepared.reset();
  return prepared;
}

}  // namespace

std::optional<std::string> prepare_node(std::string_view text) {
  return prepare(text, append_node);
}
std::optional<std::string> prepare_domain(std::string_view text) {
  return prepare(text, append_domain);
}
std::optional<std::string> prepare_resource(std::string_view text) {
  return prepare(text, append_resource);
}

std::optional<jid> jid::parse(std::string_view text) {
  // RFC 6122 section 2.1: the resource begins at the first slash and may hold any character, so it is cut off first.
  std::string_view resource;
  if (const auto slash = text.find('/'); slash != std::string_view::npos) {
    resource = text.substr(slash + 1);
    if (resource.empty()) return std::nullopt;
    text = text.substr(0, slash);
  }
  std::string_view node;
  if (const auto at = text.find('@'); at != std::string_view::npos) {
    node = text.substr(0, at);
    if (node.empty()) return std::nullopt;
    text = text.substr(at + 1);
  }
  return make(node, text, resource);
}

std::optional<jid> jid::make(std::string_view node, std::string_view domain, std::string_view resource) {
  // Checked before the memory for it is taken.
  if (node.size() > max_part || domain.size() > max_part || resource.size() > max_part) return std::nullopt;
  std::optional<jid> made(std::in_place);
  std::string& text = made->text_;
  text.reserve(node.size() + domain.size() + resource.size() + 2);
  if (!node.empty()) {
    if (!append_node(text, node)) return std::nullopt;
    made->node_size_ = static_cast<unsigned short>(text.size());
    text += '@';
  }
  const auto begin = text.size();
  if (!append_domain(text, domain)) return std::nullopt;
  made->domain_size_ = static_cast<unsigned short>(text.size() - begin);
  if (!resource.empty()) {
    text += '/';
    if (!append_resource(text, resource)) return std::nullopt;
  }
  return made;
}

std::optional<jid> jid::with_resource(std::string_view resource) const {
  if (empty() || resource.size() > max_part) return std::nullopt;
  std::optional<jid> made(std::in_place);
  made->text_.reserve(bare_size() + 1 + resource.size());
  made->text_.append(bare());
  made->text_ += '/';
  made->node_size_ = node_size_;
  made->domain_size_ = domain_size_;
  if (!append_resource(made->text_, resource)) return std::nullopt;
  return made;
}

}  // namespace couplet::base
