#include "handlers.hpp"
#include "names.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::muc {
namespace {

/// The one child of a request. Empty: it has none, or several (RFC 6120 section 8.2.3).
xml::element payload_of(turn& t) {
  const auto payload = t.parse().first_child();
  return payload && payload.next_sibling() ? xml::element() : payload;
}

void on_service_request(turn& t) {
  if (!t.in.to.resource().empty()) return refuse(t, "item-not-found");
  const auto payload = payload_of(t);
  if (!payload) return refuse(t, "bad-request", "a request has one child");
  if (on_service_discovery(t, payload)) return;
  if (t.in.type == "get" && payload.is("ping", xml::ns::ping)) return answer(t, {});
  if (t.in.type == "get" && payload.is("query", xml::ns::version)) {
    std::string text = "<query";
    xml::append_attribute(text, "xmlns", xml::ns::version);
    text += "><name>Couplet</name><version>";
    xml::append_text(text, COUPLET_VERSION);
    return answer(t, text + "</version></query>");
  }
  refuse(t, "service-unavailable");
}

void on_room_request(turn& t, room& r) {
  const auto payload = payload_of(t);
  if (!payload) return refuse(t, "bad-request", "a request has one child");
  if (on_room_discovery(t, r, payload)) return;
  if (payload.is("query", ns::admin)) return on_admin(t, r, payload);
  if (payload.is("query", ns::owner)) return on_owner(t, r, payload);
  if (payload.is("query", xml::ns::iq_register)) return on_registration(t, r, payload);
  if (t.in.type == "get" && payload.is("ping", xml::ns::ping)) return answer(t, {});
  refuse(t, "service-unavailable");
}

}  // namespace

void on_iq(turn& t) {
  auto* const r = room_at(t.all, t.in.to.bare());
  if (!t.in.is_request()) {
    if (r != nullptr) pass_answer(t, *r);
    return;
  }
  if (t.in.id.empty()) return refuse(t, "bad-request", "a request has an id");
  if (!t.in.to.has_node()) return on_service_request(t);
  const bool hidden = r != nullptr && r->locked && affiliation_of(*r, t.in.from.bare()) != affiliation::owner;
  const bool to_occupant = !t.in.to.resource().empty();
  // Who asks himself whether he is still there, and is not, is told so whatever became of the room (XEP-0410).
  if (r == nullptr && to_occupant) return refuse(t, "not-acceptable", "you are not in this room");
  if (r == nullptr || hidden) return refuse(t, "item-not-found", "there is no such room");
  to_occupant ? pass_request(t, *r) : on_room_request(t, *r);
}

}  // namespace couplet::muc
