#include "stream/component_stream.hpp"

#include "base/address_parts.hpp"
#include "base/digest.hpp"
#include "base/jid.hpp"
#include "base/random.hpp"
#include "header.hpp"
#include "secret.hpp"
#include "stream/errors.hpp"
#include "stream/management.hpp"
#include "xml/element.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::stream {

using base::close_reason;

component_stream::component_stream(const secrets& find_secret) : find_secret_(&find_secret) {}

void component_stream::on_header(const xml::element_view& header, component_effects& out) {
  if (state_ == state::closed) return;
  if (state_ != state::header) return end(close_reason::protocol_violation, out);
  if (const auto reason = check_root(header, xml::ns::component); reason != close_reason::none) return end(reason, out);

  std::string scratch;
  const auto name = base::jid::parse(header_attribute(header, "to", scratch));
  if (!name) return end(close_reason::improper_addressing, out);
  auto secret = name->has_node() || !name->is_bare() ? std::nullopt : (*find_secret_)(name->domain());
  if (!secret) return end(close_reason::host_unknown, out);

  name_ = name->domain();
  const auto id = base::random_hex(16);
  if (!secret->empty()) expected_digest_ = base::sha1_hex(id, *secret);
  wipe(*secret);
  out.to_peer += "<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:component:accept'";
  xml::append_attribute(out.to_peer, "from", name_);
  xml::append_attribute(out.to_peer, "id", id);
  if (managed_ != nullptr && (*managed_)(name_)) out.to_peer += management::offer;
  out.to_peer += '>';
  header_sent_ = true;
  state_ = state::handshake;
}

bool component_stream::on_element(const xml::element_view& element, component_effects& out) {
  if (state_ == state::closed) return false;
  if (element.namespace_uri == xml::ns::stream && element.name == "error") {
    finish(close_reason::stream_error_by_peer, out);
    return false;
  }
  if (state_ == state::open) return true;
  if (state_ == state::handshake && element.name == "handshake" && element.namespace_uri == xml::ns::component)
    check_handshake(element, out);
  else
    end(close_reason::not_authorized, out);
  return false;
}

void component_stream::check_handshake(const xml::element_view& element, component_effects& out) {
  // A document of its own: once in the life of a connection, and given back before the component has proved anything.
  xml::fragment document;
  const auto handshake = document.parse(element.bytes, xml::ns::component);
  // No child elements, no blanks around it: XEP-0114 section 3 leaves nothing to guess, and nothing is guessed.
  const bool has_secret =
      !expected_digest_.empty() && !handshake.first_child() && base::equal_in_constant_time(handshake.text(), expected_digest_);
  const bool right = proved_ || has_secret;
  expected_digest_.clear();
  if (!right) return end(close_reason::not_authorized, out);
  out.to_peer += "<handshake/>";
  out.authenticated = true;
  state_ = state::open;
}

bool component_stream::may_speak_for(std::string_view address, component_effects& out) {
  if (authenticated() && base::domain_part(address) == name_) return true;
  end(close_reason::invalid_from, out);
  return false;
}

void component_stream::on_footer(component_effects& out) {
  if (state_ == state::closed) return;
  begin(out);
  finish(close_reason::closed_by_peer, out);
}

void component_stream::on_fault(xml::fault fault, component_effects& out) {
  end(reason_of(fault), out);
}

void component_stream::end(close_reason reason, component_effects& out) {
  if (state_ == state::closed) return;
  begin(out);
  append_stream_error(out.to_peer, reason);
  finish(reason, out);
}

void component_stream::begin(component_effects& out) {
  if (header_sent_) return;
  // The header of an error has an id as well: some libraries refuse one without, and then never see the error.
  out.to_peer += "<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:component:accept' id='";
  out.to_peer += base::random_hex(16);
  out.to_peer += "'>";
  header_sent_ = true;
}

void component_stream::finish(close_reason reason, component_effects& out) {
  out.to_peer += "</stream:stream>";
  out.close = reason;
  state_ = state::closed;
}

}  // namespace couplet::stream
