#include "component_traffic.hpp"

#include <utility>

#include "base/log.hpp"
#include "components.hpp"
#include "stanza.hpp"
#include "stream/errors.hpp"
#include "xml/names.hpp"
#include "xml/standalone.hpp"

namespace couplet::component {

using base::close_reason;

const xml::tokenizer_limits& component_traffic::limits() const noexcept {
  return all_.limits();
}

std::chrono::seconds component_traffic::keepalive() const noexcept {
  return all_.settings().keepalive;
}

/// Any element that says where it goes is routed, whatever it is called: <route/>, <xdb/> and <log/> passed between components
/// before there were others.
void component_traffic::on_element(const xml::tokenizer& from, stream::component_effects& out) {
  const auto& element = from.element();
  if (element.namespace_uri == xml::ns::stream) return peer_.machine().end(close_reason::unsupported_stanza_type, out);
  // Clients know a stanza by its name alone (RFC 6120 section 4.8.5).
  if (!element.prefix.empty() && is_stanza(element.name)) return peer_.machine().end(close_reason::bad_namespace_prefix, out);
  const auto sent = xml::standalone(from, scratch_);
  const stanza_head head(sent);
  if (!may_be_from(head)) return peer_.machine().end(close_reason::invalid_from, out);
  const auto xml = for_others(sent, head, name(), rewritten_);
  if (stanza_address to; to.read(head.to)) return all_.route(xml, to);
  const bool somewhere = head.to.data() != nullptr;
  if (!is_stanza(element.name) && !somewhere) {
    base::log::debug("a component sent an element that is for nobody", {{"name", name()}, {"element", element.name}});
  } else if (is_answerable(head)) {
    stream::append_stanza_error(out.to_peer, xml, somewhere ? "jid-malformed" : "bad-request",
                                somewhere ? "" : "to is needed (XEP-0114 section 3)");
  }
}

/// XEP-0114 section 3: its own domain, with whatever node and resource. What says nothing is from the component itself.
bool component_traffic::may_be_from(const stanza_head& head) const {
  if (head.from.data() == nullptr) return true;
  stanza_address from;
  return from.read(head.from) && (from.domain() == name() || all_.may_speak_for(name(), from.domain()));
}

void component_traffic::leave() {
  all_.leave(*this);
}

void component_traffic::on_gone() {
  all_.forget(*this, std::exchange(not_taken_, {}));
}

}  // namespace couplet::component
