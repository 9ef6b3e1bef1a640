#include <algorithm>
#include <utility>

#include "base/base64.hpp"
#include "base/secret.hpp"
#include "mechanism_names.hpp"
#include "storage/portable.hpp"
#include "xml/writer.hpp"

namespace couplet::storage {

namespace {

/// In the order in which they are written: by host, then by name.
std::vector<std::string> names_by_host(database& db) {
  std::vector<std::string> names;
  each_account(db, [&](std::string_view jid) { names.emplace_back(jid); });
  std::sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
    const auto host_of = [](std::string_view jid) { return jid.substr(jid.find('@')); };
    return std::pair(host_of(a), std::string_view(a)) < std::pair(host_of(b), std::string_view(b));
  });
  return names;
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(1, '<').append(name).append(1, '>').append(value).append("</").append(name).append(1, '>');
}

void append_keys(std::string& out, std::string_view mechanism, const sasl::scram_keys& k) {
  out.append("<scram-credentials xmlns='").append(scram_namespace).append("' mechanism='").append(mechanism).append("'>");
  append_field(out, "iter-count", std::to_string(k.iterations));
  append_field(out, "salt", base::base64_encode(k.salt));
  append_field(out, "server-key", base::base64_encode(k.server_key));
  append_field(out, "stored-key", base::base64_encode(k.stored_key));
  out += "</scram-credentials>";
}

void append_user(std::string& out, std::string_view node, const credentials& c) {
  out += "    <user";
  xml::append_attribute(out, "name", node);
  if (c.password) xml::append_attribute(out, "password", *c.password);
  out += '>';
  for (std::size_t i = 0; i < c.keys.size(); ++i) {
    if (c.keys[i]) append_keys(out, mechanism_names[i], *c.keys[i]);
  }
  out += "</user>\n";
}

}  // namespace

void write_portable(database& db, const std::function<void(std::string_view)>& write) {
  std::string text = "<?xml version='1.0' encoding='UTF-8'?>\n<server-data xmlns='" + std::string(data_namespace) + "'>\n";
  std::string host;
  for (const auto& jid : names_by_host(db)) {
    const auto at = jid.find('@');
    if (at == std::string::npos) continue;
    const auto found = credentials_of(db, jid);
    if (!found) continue;  // gone meanwhile
    if (host != jid.substr(at + 1)) {
      if (!host.empty()) text += "  </host>\n";
      host = jid.substr(at + 1);
      text += "  <host";
      xml::append_attribute(text, "jid", host);
      text += ">\n";
    }
    append_user(text, std::string_view(jid).substr(0, at), *found);
    write(text);
    base::wipe(text);
  }
  if (!host.empty()) text += "  </host>\n";
  text += "</server-data>\n";
  write(text);
}

}  // namespace couplet::storage
