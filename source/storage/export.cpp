#include <algorithm>
#include <utility>

#include "base/base64.hpp"
#include "exporting.hpp"
#include "portable_names.hpp"
#include "xml/writer.hpp"

namespace couplet::storage {

namespace {

/// In the order in which they are written: by host, then by name. Those of the configuration have no account here; that somebody of them was
/// there once does not go into the document.
std::vector<std::string> names_by_host(database& db) {
  std::vector<std::string> names;
  query q(db,
          "SELECT jid FROM accounts UNION SELECT owner FROM entries WHERE kind <> ? UNION SELECT owner FROM offline_sizes"
          " UNION SELECT owner FROM archive_sizes UNION SELECT owner FROM archive_preferences");
  q.bind(static_cast<std::int64_t>(entry_kind::last_activity));
  while (q.next()) {
    if (q.text(0).find('@') != std::string_view::npos) names.emplace_back(q.text(0));
  }
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

void append_user(portable_out& out, database& db, const std::string& jid, const portable_texts& texts) {
  const auto c = credentials_of(db, jid);
  out.text += "    <user";
  xml::append_attribute(out.text, "name", std::string_view(jid).substr(0, jid.find('@')));
  if (c && c->password) xml::append_attribute(out.text, "password", *c->password);
  out.text += '>';
  for (std::size_t i = 0; c && i < c->keys.size(); ++i) {
    if (c->keys[i]) append_keys(out.text, mechanism_names[i], *c->keys[i]);
  }
  append_contacts(out, db, jid);
  append_kept_xml(out, db, jid);
  append_nodes(out, db, jid, texts);
  append_messages(out, db, jid, texts);
  out.text += "</user>\n";
  out.pass_on();
}

}  // namespace

std::size_t write_portable(database& db, const portable_texts& texts, const std::function<void(std::string_view)>& write) {
  portable_out out(write);
  out.text = "<?xml version='1.0' encoding='UTF-8'?>\n<server-data xmlns='" + std::string(data_namespace) + "'>\n";
  std::string host;
  const auto names = names_by_host(db);
  for (const auto& jid : names) {
    const auto its_host = jid.substr(jid.find('@') + 1);
    if (host != its_host) {
      if (!host.empty()) out.text += "  </host>\n";
      host = its_host;
      out.text += "  <host";
      xml::append_attribute(out.text, "jid", host);
      out.text += ">\n";
    }
    append_user(out, db, jid, texts);
  }
  if (!host.empty()) out.text += "  </host>\n";
  out.text += "</server-data>\n";
  out.pass_on();
  return names.size();
}

}  // namespace couplet::storage
