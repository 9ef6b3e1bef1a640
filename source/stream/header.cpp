#include "header.hpp"

#include <algorithm>

#include "base/jid.hpp"
#include "xml/first_tag.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::stream {

using base::close_reason;

namespace {

/// RFC 6120 section 4.7.5: MAJOR.MINOR, two decimal numbers. What is no version at all is taken for none, as Twisted
/// and the servers before 1.0 do: the client then gets a stream without features, which harms nobody.
bool is_version_1(std::string_view version) noexcept {
  const auto dot = version.find('.');
  if (dot == 0 || dot == std::string_view::npos || dot + 1 == version.size()) return false;
  const auto digits = [](std::string_view s) { return s.find_first_not_of("0123456789") == std::string_view::npos; };
  if (!digits(version.substr(0, dot)) || !digits(version.substr(dot + 1))) return false;
  return version.substr(0, dot).find_first_not_of('0') != std::string_view::npos;
}

/// RFC 5646 in short: letters, digits and hyphens. Anything else is not worth an error.
bool is_language(std::string_view text) noexcept {
  constexpr std::size_t longest = 35;
  return text.size() <= longest && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
         });
}

close_reason read_domain(const xml::element_view& header, const client_settings& settings, client_header& h) {
  std::string scratch;
  const auto to = header_attribute(header, "to", scratch);
  if (to.data() == nullptr) {
    // Streams of version 1.0 must name the domain (RFC 6120 section 4.7.2): with several served, a guess could let
    // somebody in at the wrong one. Older clients never had to, and get the default.
    if (h.version_1 || settings.domains.empty()) return close_reason::improper_addressing;
    h.domain = &settings.domains.front();
    return close_reason::none;
  }
  const auto address = base::jid::parse(to);
  if (!address) return close_reason::improper_addressing;
  if (!address->has_node() && address->is_bare()) h.domain = find_domain(address->domain(), settings);
  return h.domain == nullptr ? close_reason::host_unknown : close_reason::none;
}

}  // namespace

const std::string* find_domain(std::string_view prepared, const client_settings& settings) {
  const auto find = [&](std::string_view name) -> const std::string* {
    const auto found = std::find(settings.domains.begin(), settings.domains.end(), name);
    return found == settings.domains.end() ? nullptr : &*found;
  };
  if (const auto* domain = find(prepared)) return domain;
  const auto alias = settings.aliases.find(std::string(prepared));
  return alias == settings.aliases.end() ? nullptr : find(alias->second);
}

std::string_view header_attribute(const xml::element_view& header, std::string_view name, std::string& scratch) {
  const auto raw = xml::find_attribute(header.bytes, name);
  return raw.data() == nullptr ? raw : xml::decode_attribute(raw, scratch);
}

close_reason check_root(const xml::element_view& header, std::string_view content_namespace) {
  if (header.name != "stream") return close_reason::bad_format;
  if (header.namespace_uri != xml::ns::stream) return close_reason::invalid_namespace;
  std::string scratch;
  if (header_attribute(header, "xmlns", scratch) != content_namespace) return close_reason::invalid_namespace;
  return close_reason::none;
}

close_reason read_client_header(const xml::element_view& header, const client_settings& settings, client_header& h) {
  std::string scratch;
  h.version_1 = is_version_1(header_attribute(header, "version", scratch));
  // The prefix comes before the default namespace: <stream xmlns='http://etherx...'> lacks the one because of the other.
  if (header.name == "stream" && header.namespace_uri == xml::ns::stream && header.prefix != "stream")
    return close_reason::bad_namespace_prefix;
  if (const auto reason = check_root(header, xml::ns::client); reason != close_reason::none) return reason;
  // A `from` that is no JID is only not answered, unless somebody wants to be somebody in particular: client_stream::contradicts_header().
  const auto from = header_attribute(header, "from", scratch);
  h.has_from = from.data() != nullptr;
  if (const auto address = base::jid::parse(from)) h.reply_to = address->bare();
  const auto language = header_attribute(header, "xml:lang", scratch);
  if (is_language(language) && language != "en") h.language = language;
  return read_domain(header, settings, h);
}

void append_client_header(std::string& out, std::string_view id, std::string_view from, std::string_view to, bool version_1) {
  out += "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'";
  if (!id.empty()) xml::append_attribute(out, "id", id);
  if (!from.empty()) xml::append_attribute(out, "from", from);
  if (!to.empty()) xml::append_attribute(out, "to", to);
  if (version_1) out += " version='1.0' xml:lang='en'";
  out += '>';
}

}  // namespace couplet::stream
