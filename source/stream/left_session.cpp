#include "stream/left_session.hpp"

#include <utility>

#include "base/random.hpp"
#include "base/text_pool.hpp"
#include "xml/first_tag.hpp"
#include "xml/writer.hpp"

namespace couplet::stream {

using verb = route::session_control::verb;

std::string sender_of(std::string_view stanza) {
  std::string scratch;
  return std::string(xml::decode_attribute(xml::find_attribute(stanza, "from"), scratch));
}

void left_session::keep(std::string&& xml, const route::origin& origin) {
  if (xml.starts_with("<presence") && xml::find_attribute(xml, "to").empty()) {
    of_.available = true;  // also where it was the last word: whoever has not heard that hears it at the end
    return base::give_text(std::move(xml));
  }
  // Our own question is put again where it is needed.
  if (!request_id_.empty() && xml.starts_with("<iq") && xml::find_attribute(xml, "id") == request_id_)
    return base::give_text(std::move(xml));
  held_.emplace_back(route::address(id_), std::string(xml), origin);  // of the size it needs
  base::give_text(std::move(xml));
}

void left_session::ask(std::string_view resource, effects& out) {
  session_ = {};
  not_taken_.clear();
  asked_ = of_.who;
  if (!resource.empty()) (asked_.erase(asked_.find('/')) += '/') += resource;
  if (!of_.controlled) {
    out.to_manager.emplace_back(route::session_start(route::address(id_), route::address(asked_)));
    return;
  }
  route::session_control start(route::address(id_), route::address(asked_), verb::start);
  start.target = asked_;
  start.id = request_id_ = base::random_hex(8);
  out.to_manager.emplace_back(std::move(start));
}

left_session::outcome left_session::on_route(route::message&& m, effects& out) {
  if (!session_.empty()) return on_route_of_session(std::move(m), out);
  const auto what = asked_.empty() ? outcome::none : on_answer(m, out);
  if (what == outcome::none) {
    route::bounce_to(m, [&out](route::message&& answer) { out.to_manager.push_back(std::move(answer)); });
  } else if (what != outcome::speaks) {
    asked_.clear();
  }
  return what;
}

/// None: it is another one, and as it was.
left_session::outcome left_session::on_answer(route::message& m, effects& out) {
  if (const auto* const f = std::get_if<route::failure>(&m)) {
    if (f->from.text != asked_) return outcome::none;
    return f->text == route::failure_text::link_down ? outcome::away : outcome::refused;
  }
  if (const auto* const started = std::get_if<route::session_started>(&m)) {
    if (of_.controlled || started->from.empty()) return outcome::none;
    return say_all(started->from, out);
  }
  const auto* const command = std::get_if<route::session_control>(&m);
  if (command == nullptr || !of_.controlled || command->id.empty() || command->id != request_id_) return outcome::none;
  if (command->action == verb::start && !command->failed.empty()) return outcome::refused;
  if (command->action != verb::started || command->sm.empty()) return outcome::none;
  return say_all(route::address(0, command->sm), out);
}

/// A manager may look for whom a presence is for while it works on what comes behind that. It works on a request for the roster in turn.
left_session::outcome left_session::say_all(route::address session, effects& out) {
  session_ = std::move(session);
  if (of_.available) {
    // Of a priority at which no messages are given to it, since nobody is there to take them.
    auto presence = base::take_text();
    presence += "<presence";
    xml::append_attribute(presence, "from", asked_);
    presence += "><priority>-1</priority></presence>";
    say(std::move(presence), {}, out);
    auto question = base::take_text();
    question += "<iq type='get'";
    request_id_ = "left-" + base::random_hex(8);
    xml::append_attribute(question, "id", request_id_);
    xml::append_attribute(question, "from", asked_);
    question += "><query xmlns='jabber:iq:roster'/></iq>";
    say(std::move(question), {}, out);
  }
  for (auto& h : held_) say(std::move(h.xml), h.origin, out);
  held_.clear();
  if (of_.available) return outcome::speaks;
  end(out);
  return outcome::said;
}

left_session::outcome left_session::on_route_of_session(route::message&& m, effects& out) {
  const auto* const s = std::get_if<route::stanza>(&m);
  const auto* const c = std::get_if<route::controlled_stanza>(&m);
  if (s != nullptr || c != nullptr) {
    const std::string_view xml = s != nullptr ? s->xml : c->xml;
    if (xml.starts_with("<presence")) return outcome::none;
    if (!xml.starts_with("<iq") || xml::find_attribute(xml, "id") != request_id_) {
      not_taken_.push_back(std::move(m));
      return outcome::none;
    }
    end(out);
    return outcome::said;
  }
  const auto* const f = std::get_if<route::failure>(&m);
  const auto* const command = std::get_if<route::session_control>(&m);
  const bool ended = (f != nullptr && f->from == session_) || (command != nullptr && command->action == verb::ended);
  if (!ended) {
    route::bounce_to(m, [&out](route::message&& answer) { out.to_manager.push_back(std::move(answer)); });
    return outcome::none;
  }
  of_.available = false;  // everybody hears of that from the manager
  end(out);               // which is always safe
  return outcome::said;
}

void left_session::give_up(effects& out) {
  if (!session_.empty()) end(out);
}

void left_session::end(effects& out) {
  for (auto& m : std::exchange(not_taken_, {})) {
    route::message answer;
    if (route::bounce(m, answer)) out.to_manager.push_back(std::move(answer));
  }
  const auto session = std::exchange(session_, {});
  if (!of_.controlled) {
    out.to_manager.emplace_back(route::failure(route::address(id_), session));
    return;
  }
  route::session_control end(route::address(id_), route::address(asked_), verb::end);
  end.sm = session.text;
  out.to_manager.emplace_back(std::move(end));
}

void left_session::say(std::string&& xml, const route::origin& origin, effects& out) {
  if (of_.controlled) {
    route::controlled_stanza s(route::address(id_), route::address(base::take_short_text(asked_)), std::string(),
                               base::take_short_text(session_.text), std::move(xml));
    s.trace.origin = origin;
    out.to_manager.emplace_back(std::move(s));
    return;
  }
  route::stanza s(route::address(id_), route::address(session_.handle, base::take_short_text(session_.text)), std::move(xml));
  s.trace.origin = origin;
  out.to_manager.emplace_back(std::move(s));
}

}  // namespace couplet::stream
