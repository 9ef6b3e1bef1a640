#include "c2s_traffic.hpp"

#include <utility>

#include "base/log.hpp"
#include "base/text_pool.hpp"
#include "route/codec.hpp"
#include "stream/errors.hpp"
#include "xml/first_tag.hpp"
#include "xml/names.hpp"
#include "xml/standalone.hpp"

namespace couplet::component {

using base::close_reason;

void c2s_traffic::on_element(const xml::tokenizer& from, stream::component_effects& out) {
  const auto& element = from.element();
  if (element.name != "route" || element.namespace_uri != xml::ns::component) return answer_stray(element, out);
  auto parsed = route::parse(xml::standalone(from, scratch_), route::writer::c2s);
  if (!parsed) {
    base::log::warning("a c2s sent a route that cannot be read", {{"name", peer_.name()}, {"why", parsed.error_text()}});
    route::append_refusal(out.to_peer, element.bytes, "The route cannot be read: " + parsed.error_text());
    return;
  }
  on_route(std::move(*parsed), out);
}

void c2s_traffic::on_route(route::message&& m, stream::component_effects& out) {
  if (route::from_of(m).empty()) {
    // It could be for a session of another c2s. Nobody can be answered.
    base::log::warning("a c2s sent a route without from; ignored", {{"name", peer_.name()}, {"kind", route::name_of(m)}});
    return;
  }
  if (!peer_.machine().may_speak_for(route::from_of(m).text, out)) return;
  router_.board_.to_manager(std::move(m));
}

/// A c2s routes for its clients and has no voice of its own: what would get an answer from a server gets an error.
void c2s_traffic::answer_stray(const xml::element_view& element, stream::component_effects& out) {
  const bool iq = element.name == "iq";
  if (!iq && element.name != "message" && element.name != "presence") {
    peer_.machine().end(close_reason::unsupported_stanza_type, out);
    return;
  }
  const auto type = xml::find_attribute(element.bytes, "type");
  const bool owed = iq ? (type == "get" || type == "set") : (element.name == "message" && type != "error");
  if (owed) stream::append_stanza_error(out.to_peer, element.bytes, "not-allowed", "a c2s may send routes only");
}

void c2s_traffic::send(route::message&& m) {
  // The embedded manager names its sessions by text towards us; only their XML is of any size.
  scratch_.clear();
  route::append(scratch_, m);
  base::give_text(std::move(route::from_of(m).text));
  base::give_text(std::move(route::to_of(m).text));
  if (auto* s = std::get_if<route::stanza>(&m)) base::give_text(std::move(s->xml));
  if (auto* s = std::get_if<route::controlled_stanza>(&m)) {
    for (auto* text : {&s->c2s, &s->sm, &s->xml}) base::give_text(std::move(*text));
  }
  peer_.send_piece(scratch_);
}

/// Everybody waits for it: what is made for its clients was taken from all.
void c2s_traffic::on_slow(bool slow) {
  if (slow) {
    router_.whole_.add_slow_remote();
  } else {
    router_.whole_.remove_slow_remote();
  }
}

void c2s_traffic::leave() {
  router_.leave(*this);
}

void c2s_traffic::give_back(std::string_view piece) {
  auto m = route::parse(piece, route::writer::manager);
  route::message answer;
  if (m && route::bounce(*m, answer)) router_.board_.to_manager(std::move(answer));
}

}  // namespace couplet::component
