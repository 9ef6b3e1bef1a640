#include "server_caps.hpp"

#include "base/base64.hpp"
#include "base/digest.hpp"
#include "caps_hash.hpp"
#include "services.hpp"
#include "session/capabilities.hpp"
#include "xml/element.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::session {
namespace {

constexpr std::string_view server_node = "urn:couplet:server";

/// Of the very answer that is given to who asks. Empty: two things could be read from it, which nothing that is said here does.
std::string version_of_server(const settings& s) {
  std::string info;
  append_server_info(info, s, {});
  xml::fragment document;
  const auto text = verification_text(document.parse(info, xml::ns::client));
  return text ? base::base64_encode(base::digest_of(base::hash_function::sha1, *text)) : std::string();
}

}  // namespace

bool is_version_of_server(const settings& s, std::string_view node) {
  if (!node.starts_with(server_node) || node.substr(server_node.size(), 1) != "#") return false;
  const auto version = version_of_server(s);
  return !version.empty() && node.substr(server_node.size() + 1) == version;
}

std::string capabilities_element(const settings& s) {
  std::string text = "<c";
  xml::append_attribute(text, "xmlns", xml::ns::caps);
  text += " hash='sha-1'";
  xml::append_attribute(text, "node", server_node);
  xml::append_attribute(text, "ver", version_of_server(s));
  return text += "/>";
}

}  // namespace couplet::session
