#include "notices.hpp"

#include <utility>

#include "base/text_pool.hpp"
#include "connection.hpp"
#include "net/peer.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::client {

namespace {

void append_element(std::string& out, std::string_view name, std::string_view text) {
  out.append(1, '<').append(name).append(1, '>');
  xml::append_text(out, text);
  out.append("</").append(name).append(1, '>');
}

}  // namespace

void append_update(std::string& out, std::string_view jid, change what, std::string_view address, const tls::protection& by) {
  out += "<update";
  xml::append_attribute(out, "xmlns", xml::ns::connection_state);
  out += '>';
  append_element(out, "jid", jid);
  out += what == change::login ? "<login/>" : "<logout/>";
  if (address != net::local_address) append_element(out, "ip", address);
  if (!by.version.empty()) {
    out += "<tls>";
    append_element(out, "version", by.version);
    append_element(out, "cipher", by.cipher);
    out += "<bits";
    xml::append_attribute(out, "secret", std::to_string(by.secret_bits));
    xml::append_attribute(out, "algorithm", std::to_string(by.algorithm_bits));
    out += "/></tls>";
  }
  out += "</update>";
}

/// One login, when the session runs, and one logout for it. Whoever has no session is nobody's business.
void connection::notify(change what) {
  const auto& whom = table_.shared_.limit.notify;
  if (whom.empty()) return;
  const bool login = what == change::login;
  if (std::exchange(told_login_, login) == login) return;
  const auto by = tls() != nullptr ? tls()->engine().protected_by() : tls::protection();
  for (const auto& jid : whom) {
    auto update = base::take_text();
    append_update(update, machine_.who().full(), what, address_, by);
    route::address to(base::take_short_text(jid));
    table_.board_.to_manager(route::notice(route::address(seat_.id()), std::move(to), std::move(update)));
    ++table_.count_.notices;
  }
}

}  // namespace couplet::client
