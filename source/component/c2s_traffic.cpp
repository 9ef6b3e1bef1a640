#include "c2s_traffic.hpp"

#include <utility>

#include "base/log.hpp"
#include "base/random.hpp"
#include "base/text_pool.hpp"
#include "route/codec.hpp"
#include "stream/errors.hpp"
#include "xml/first_tag.hpp"
#include "xml/names.hpp"
#include "xml/standalone.hpp"

namespace couplet::component {

using base::close_reason;

namespace {
/// A c2s wraps what its clients may send, and those have their own, lower limits there.
constexpr xml::tokenizer_limits limits_of_c2s{16 * 1024 * 1024, 256, 256, 0};
}  // namespace

const xml::tokenizer_limits& c2s_traffic::limits() const noexcept {
  return limits_of_c2s;
}

void c2s_traffic::on_element(const xml::tokenizer& from, stream::component_effects& out) {
  const auto& element = from.element();
  if (const auto e = stream::management::read(element)) return on_management(*e, out);
  if (!std::exchange(has_spoken_, true)) router_.claim(*this);
  route::custody mark;
  if (link_ && !take_mark(mark, out)) return;
  if (element.name != "route" || element.namespace_uri != xml::ns::component) {
    auto notice = element.name == "message" ? route::parse_notice(xml::standalone(from, scratch_)) : std::nullopt;
    return notice ? on_route(std::move(*notice), std::move(mark), out) : answer_stray(element, out);
  }
  auto parsed = route::parse(xml::standalone(from, scratch_), route::writer::c2s);
  if (!parsed) {
    base::log::warning("a c2s sent a route that cannot be read", {{"name", peer_.name()}, {"why", parsed.error_text()}});
    std::string refusal;
    if (route::append_refusal(refusal, element.bytes, "The route cannot be read: " + parsed.error_text())) write(refusal);
    return;
  }
  on_route(std::move(*parsed), std::move(mark), out);
}

/// Goes with everything that the route leads to; the c2s keeps the route as long.
bool c2s_traffic::take_mark(route::custody& mark, stream::component_effects& out) {
  if (link_->receipts->is_full()) {
    link_->receipts->settled();
    if (link_->receipts->is_full()) {
      peer_.machine().end(close_reason::slow_consumer, out);
      return false;
    }
  }
  mark = link_->receipts->take();
  return true;
}

void c2s_traffic::on_management(const stream::management::element& e, stream::component_effects& out) {
  using stream::management::verb;
  switch (e.what) {
    case verb::enable:
      if (link_) return peer_.machine().end(close_reason::protocol_violation, out);
      router_.claim(*this);
      link_ = std::make_unique<counted_link>(base::random_u64() | 1U, router_.make_receipts());
      peer_.keep_pieces();
      stream::management::append_enabled(out.to_peer, link_->id, static_cast<std::uint64_t>(router_.options_.absence.count()));
      return;
    case verb::resume: return on_resume(e, out);
    case verb::request:
      if (link_) stream::management::append_answer(out.to_peer, link_->told = link_->receipts->settled());
      return;
    case verb::answer: {
      if (!link_ || !e.handled) return;
      const auto more = stream::management::newly_handled(*e.handled, link_->acknowledged, link_->sent);
      if (!more) return peer_.machine().end(close_reason::protocol_violation, out);
      link_->acknowledge(*more);
      peer_.acknowledge(*more);
      return;
    }
    case verb::enabled:
    case verb::resumed:
    case verb::failed:
    case verb::unknown: return peer_.machine().end(close_reason::protocol_violation, out);
  }
}

/// What the c2s does not have yet is written again, what it wrote and we have not got is to come.
void c2s_traffic::on_resume(const stream::management::element& e, stream::component_effects& out) {
  if (link_ || !e.handled) return peer_.machine().end(close_reason::protocol_violation, out);
  // What an older connection said may come late: it knows less than the link does by now, and takes nothing from it.
  const auto* const wanted = e.link != 0 ? router_.find_link(peer_.name(), e.link) : nullptr;
  const auto more =
      wanted != nullptr ? stream::management::newly_handled(*e.handled, wanted->acknowledged, wanted->sent) : std::nullopt;
  if (!more) return stream::management::append_failed(out.to_peer, router_.handled_of(e.link));
  net::outbox left;
  link_ = router_.take_up(*this, e.link, left);
  link_->acknowledge(*more);
  left.acknowledge(*more);
  stream::management::append_resumed(out.to_peer, link_->id, link_->receipts->taken());
  peer_.go_on(std::exchange(out.to_peer, {}), left);
  base::log::info("a c2s is back", {{"name", peer_.name()}});
  tell_what_is_handled();
}

void c2s_traffic::tell_what_is_handled() {
  if (!link_) return;
  const auto handled = link_->receipts->settled();
  if (std::exchange(link_->told, handled) == handled) return;
  scratch_.clear();
  stream::management::append_answer(scratch_, handled);
  peer_.say(scratch_);
}

void c2s_traffic::on_route(route::message&& m, route::custody mark, stream::component_effects& out) {
  if (route::from_of(m).empty()) {
    // It could be for a session of another c2s. Nobody can be answered.
    base::log::warning("a c2s sent a route without from; ignored", {{"name", peer_.name()}, {"kind", route::name_of(m)}});
    return;
  }
  if (!peer_.machine().may_speak_for(route::from_of(m).text, out)) return;
  if (auto* const carried = route::trace_of(m); carried != nullptr && link_) {
    carried->custody = std::move(mark);
    if (!carried->origin.is_known()) carried->origin = {link_->id, link_->receipts->taken() & (~std::uint64_t{0} >> 1U), 0};
  }
  router_.board_.to_manager(std::move(m));
}

/// A c2s routes for its clients and has no voice of its own, but for notices: what would get an answer from a server gets an error.
void c2s_traffic::answer_stray(const xml::element_view& element, stream::component_effects& out) {
  const bool iq = element.name == "iq";
  if (!iq && element.name != "message" && element.name != "presence") {
    peer_.machine().end(close_reason::unsupported_stanza_type, out);
    return;
  }
  const auto type = xml::find_attribute(element.bytes, "type");
  const bool owed = iq ? (type == "get" || type == "set") : (element.name == "message" && type != "error");
  if (!owed) return;
  std::string error;
  stream::append_stanza_error(error, element.bytes, "not-allowed", "a c2s may send routes only");
  write(error);
}

void write_route(std::string& out, route::message& m) {
  // The embedded manager names its sessions by text towards us; only their XML is of any size.
  out.clear();
  route::append(out, m);
  base::give_text(std::move(route::from_of(m).text));
  base::give_text(std::move(route::to_of(m).text));
  if (auto* s = std::get_if<route::stanza>(&m)) base::give_text(std::move(s->xml));
  if (auto* s = std::get_if<route::controlled_stanza>(&m)) {
    for (auto* text : {&s->c2s, &s->sm, &s->xml}) base::give_text(std::move(*text));
  }
}

void c2s_traffic::send(route::message&& m) {
  auto* const carried = route::trace_of(m);
  if (!link_ && carried != nullptr) carried->origin = {};  // means nothing to it
  write_route(scratch_, m);
  write(scratch_, carried != nullptr ? std::move(carried->custody) : route::custody());
}

/// Everything but the counting itself is counted.
void c2s_traffic::write(std::string_view piece, route::custody mark) {
  if (link_) {
    link_->marks.push(std::move(mark));
    ++link_->sent;
  }
  peer_.send_piece(piece);
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

}  // namespace couplet::component
