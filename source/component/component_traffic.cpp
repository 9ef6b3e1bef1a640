#include "component_traffic.hpp"

#include <utility>

#include "base/log.hpp"
#include "base/text_pool.hpp"
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
  auto xml = base::take_text();
  xml += xml::standalone(from, scratch_);
  drop_content_namespace(xml);
  if (!may_be_from(xml)) {
    base::give_text(std::move(xml));
    return peer_.machine().end(close_reason::invalid_from, out);
  }
  auto to = address_in(xml, "to");
  if (to) return all_.route(std::move(xml), *to);
  const bool somewhere = has_attribute(xml, "to");
  if (is_stanza(element.name) || somewhere) {
    answer(xml, somewhere ? "jid-malformed" : "bad-request", somewhere ? "" : "to is needed (XEP-0114 section 3)", out);
  } else {
    base::log::debug("a component sent an element that is for nobody", {{"name", name()}, {"element", element.name}});
  }
  base::give_text(std::move(xml));
}

/// XEP-0114 section 3: its own domain, with whatever node and resource. What says nothing is from the component itself.
bool component_traffic::may_be_from(std::string& xml) {
  if (!has_attribute(xml, "from")) {
    add_from(xml, name());
    return true;
  }
  const auto from = address_in(xml, "from");
  return from && (from->domain() == name() || all_.may_speak_for(name(), from->domain()));
}

void component_traffic::answer(const std::string& xml, std::string_view condition, std::string_view why,
                               stream::component_effects& out) {
  if (is_answerable(xml)) stream::append_stanza_error(out.to_peer, xml, condition, why);
}

void component_traffic::leave() {
  all_.leave(*this);
}

void component_traffic::on_gone() {
  leave();
  all_.take_back(name(), std::exchange(not_taken_, {}));
}

}  // namespace couplet::component
