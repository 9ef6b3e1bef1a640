#include "base/digest.hpp"
#include "header.hpp"
#include "secret.hpp"
#include "stream/component_stream.hpp"
#include "stream/errors.hpp"
#include "stream/management.hpp"
#include "xml/element.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::stream {

using base::close_reason;

link_stream::link_stream(std::string name, std::string secret) : name_(std::move(name)), secret_(std::move(secret)) {}

link_stream::~link_stream() {
  wipe(secret_);
}

void link_stream::open(component_effects& out) {
  if (state_ != state::fresh) return;
  // No XML declaration and no version: managers of this protocol know neither (etc/PROTOCOL.md, 1).
  out.to_peer += "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'";
  xml::append_attribute(out.to_peer, "to", name_);
  out.to_peer += '>';
  state_ = state::header;
}

void link_stream::on_header(const xml::element_view& header, component_effects& out) {
  if (state_ == state::closed) return;
  if (state_ != state::header) return end(close_reason::protocol_violation, out);
  if (const auto reason = check_root(header, xml::ns::component); reason != close_reason::none) return end(reason, out);
  std::string scratch;
  const auto id = header_attribute(header, "id", scratch);
  // Nothing to prove the secret with: an empty id would make the proof the same every time. But a manager that does not want us may say
  // so under such a header (Prosody does), and that is worth hearing.
  if (id.empty()) {
    state_ = state::without_id;
    return;
  }
  out.to_peer += "<handshake>";
  out.to_peer += base::sha1_hex(id, secret_);
  out.to_peer += "</handshake>";
  wipe(secret_);
  management_offered_ = management::is_offered(header);
  state_ = state::handshake;
}

bool link_stream::on_element(const xml::element_view& element, component_effects& out) {
  if (state_ == state::closed) return false;
  if (element.namespace_uri == xml::ns::stream) {
    if (element.name == "error") on_stream_error(element, out);
    return false;  // features, of a manager that also speaks XMPP 1.0: nothing in them is for us
  }
  if (state_ == state::open) return true;
  if (state_ == state::without_id) {
    end(close_reason::bad_format, out);
    return false;
  }
  if (state_ == state::handshake && element.name == "handshake") {
    out.authenticated = true;
    state_ = state::open;
  } else {
    end(close_reason::protocol_violation, out);
  }
  return false;
}

void link_stream::on_stream_error(const xml::element_view& element, component_effects& out) {
  xml::fragment document;
  const auto error = document.parse(element.bytes, xml::ns::component);
  peer_condition_ = "undefined-condition";  // also where an old manager writes nothing but text
  for (auto detail = error.first_child(); detail; detail = detail.next_sibling())
    if (detail.namespace_uri() == xml::ns::stream_errors && detail.name() != "text") {
      peer_condition_ = detail.name().substr(0, 64);
      break;
    }
  if (peer_condition_ == "conflict") return finish(close_reason::replaced, out);
  if (peer_condition_ == "not-authorized" && state_ != state::open) return finish(close_reason::not_authorized, out);
  finish(close_reason::stream_error_by_peer, out);
}

void link_stream::on_footer(component_effects& out) {
  if (state_ != state::closed) finish(close_reason::closed_by_peer, out);
}

void link_stream::on_fault(xml::fault fault, component_effects& out) {
  end(reason_of(fault), out);
}

void link_stream::end(close_reason reason, component_effects& out) {
  if (state_ == state::closed) return;
  open(out);  // an error stands in a stream; writes nothing where one has begun
  if (reason != close_reason::shutdown) append_stream_error(out.to_peer, reason);  // we leave; the manager stays
  finish(reason, out);
}

void link_stream::finish(close_reason reason, component_effects& out) {
  out.to_peer += "</stream:stream>";
  out.close = reason;
  state_ = state::closed;
}

}  // namespace couplet::stream
