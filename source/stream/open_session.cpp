#include "answers.hpp"
#include "base/byte_set.hpp"
#include "base/ip_network.hpp"
#include "base/text_pool.hpp"
#include "login.hpp"
#include "splice.hpp"
#include "stream/errors.hpp"
#include "xml/first_tag.hpp"
#include "xml/names.hpp"

// Stanzas of a running session: forwarded to the manager with the sender's true address. Only what is cheap to see is checked here; the
// manager knows the rest.

namespace couplet::stream {

namespace {

constexpr base::byte_set prohibited_in_node(" \t\r\n\"&'<>:");
constexpr base::byte_set prohibited_in_domain(" \t\r\n\"&'<>@");

/// Finds what cannot be an address whatever preparation does: empty parts, parts over the limit, ASCII characters that the profiles prohibit.
bool may_be_jid(std::string_view text) noexcept {
  constexpr std::size_t limit = 1023;
  const auto slash = text.find('/');
  if (slash != std::string_view::npos) {
    const auto resource_size = text.size() - slash - 1;
    if (resource_size == 0 || resource_size > limit) return false;
    text = text.substr(0, slash);
  }
  if (const auto at = text.find('@'); at != std::string_view::npos) {
    const auto node = text.substr(0, at);
    if (node.empty() || node.size() > limit || prohibited_in_node.any_in(node)) return false;
    text = text.substr(at + 1);
  }
  return !text.empty() && text.size() <= limit && !prohibited_in_domain.any_in(text);
}

bool is_iq_type(std::string_view type) noexcept {
  return type == "get" || type == "set" || type == "result" || type == "error";
}

/// The condition of the stanza error that a first tag deserves; empty: none. An iq has an id and one of four types (RFC 6120 section 8.2.3).
std::string_view check(std::string_view name, const stanza_tag& tag, std::string_view type) {
  if (name == "iq" && (tag.id.empty() || !is_iq_type(type))) return "bad-request";
  std::string scratch;
  if (tag.to.data() != nullptr && !may_be_jid(xml::decode_attribute(tag.to, scratch))) return "jid-malformed";
  return {};
}

/// The result of a request that is answered here: from whom it was for, where it says so.
void append_result_for(std::string& out, std::string_view iq, std::string_view payload = {}) {
  std::string attributes;
  for (xml::attribute_cursor c(iq); c.next();) {
    const auto& a = c.current();
    const std::string_view name = a.name == "to" ? "from" : a.name == "id" ? a.name : std::string_view();
    if (name.empty()) continue;
    if (!attributes.empty()) attributes += ' ';
    attributes.append(name).append(a.whole.substr(a.name.size()));
  }
  append_iq_result(out, attributes, payload);
}

}  // namespace

void client_stream::on_stanza(event& e) {
  auto xml = base::take_text();
  stanza_tag tag;
  append_stanza(xml, e.element, e.header_prefixes, who_.full(), plain_from_,
                language_ ? std::string_view(*language_) : std::string_view(), tag);
  std::string scratch;
  const auto type = xml::decode_attribute(tag.type, scratch);
  if (const auto condition = check(e.element.name, tag, type); !condition.empty()) {
    base::give_text(std::move(xml));
    // What answers something is never answered itself, or two servers could go on for ever (RFC 6120 section 8.3.1).
    const bool is_answer = type == "error" || (e.element.name == "iq" && type == "result");
    if (!is_answer) append_stanza_error(e.out.to_peer, e.element.bytes, condition);
    return;
  }
  if (e.element.name == "iq" && type == "set" && answer_negotiation_iq(e)) return base::give_text(std::move(xml));
  if (e.element.name == "iq" && type == "get" && answer_address_iq(e, xml::decode_attribute(tag.to, scratch)))
    return base::give_text(std::move(xml));
  if (e.element.name == "iq" && settings_->keeps_sessions) {
    std::string to;
    keep_wish(e, type, xml::decode_attribute(tag.to, to));
  }
  if (e.element.name == "presence") {
    std::string to;
    keep_presence(type, xml::decode_attribute(tag.to, to), xml);
  }
  if (controlled_) {
    auto target = route::address(base::take_short_text(who_.full()));
    e.out.to_manager.emplace_back(route::controlled_stanza(route::address(id_), std::move(target), std::string(),
                                                           base::take_short_text(session_.text), std::move(xml)));
    return;
  }
  // In this process the handle says it all.
  auto target = session_.is_local() ? route::address(session_.handle) : route::address(base::take_short_text(session_.text));
  e.out.to_manager.emplace_back(route::stanza(route::address(id_), std::move(target), std::move(xml)));
}

bool client_stream::answer_negotiation_iq(event& e) {
  // Session managers know neither of these: binding is the c2s' business. A name cannot be disguised, so the plain search finds every candidate.
  const auto bytes = e.element.bytes;
  if (bytes.find("bind") == std::string_view::npos && bytes.find("session") == std::string_view::npos) return false;
  const auto iq = e.scratch.parse(bytes, xml::ns::client);
  if (iq.child("bind", xml::ns::bind)) {
    // One resource on one stream (RFC 6120 section 7.1), also where iq:auth chose it.
    append_stanza_error(e.out.to_peer, bytes, "not-allowed", "A resource is bound already.");
    return true;
  }
  if (!iq.child("session", xml::ns::session)) return false;
  // RFC 3921 section 3: the session runs since the bind; the question still wants its answer.
  append_result_for(e.out.to_peer, bytes);
  return true;
}

/// Where the client is, as its connection sees it (XEP-0279): only here that is known. Nobody is told of another one.
bool client_stream::answer_address_iq(event& e, std::string_view to) {
  const auto bytes = e.element.bytes;
  if (e.around == nullptr || bytes.find(xml::ns::server_ip_check) == std::string_view::npos) return false;
  if (!e.scratch.parse(bytes, xml::ns::client).child("address", xml::ns::server_ip_check)) return false;
  const auto address = to.empty() ? std::optional(who_) : base::jid::parse(to);
  const bool own = address && (address->bare() == who_.bare() || address->full() == who_.domain());
  if (!own) return false;  // the manager says what it says about strangers
  const auto ip = base::ip_address::parse(e.around->client_address());
  if (!ip) {
    append_stanza_error(e.out.to_peer, bytes, "item-not-found", "This connection has no IP address.");
    return true;
  }
  auto payload = "<address xmlns='urn:xmpp:sic:1'><ip>" + ip->to_text() + "</ip>";
  if (e.around->client_port() != 0) payload += "<port>" + std::to_string(e.around->client_port()) + "</port>";
  payload += "</address>";
  append_result_for(e.out.to_peer, bytes, payload);
  return true;
}

}  // namespace couplet::stream
