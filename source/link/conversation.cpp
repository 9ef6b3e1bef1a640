#include "conversation.hpp"

#include "base/log.hpp"
#include "base/text_pool.hpp"
#include "route/client_id.hpp"
#include "route/codec.hpp"
#include "xml/first_tag.hpp"
#include "xml/names.hpp"
#include "xml/standalone.hpp"

namespace couplet::link {

using base::close_reason;

namespace {

/// Routes that the manager has not handled yet: beyond it clients wait. A manager counts up to 32 Ki.
constexpr std::size_t most_unhandled = 8 * 1024;

/// A manager may send more than a client: rosters, offline messages.
constexpr xml::tokenizer_limits manager_limits{16 * 1024 * 1024, 256, 256, 0};

/// NODE of NODE@NAME, where NAME is ours; an empty view otherwise.
std::string_view node_at(std::string_view address, std::string_view name) {
  const auto at = address.find('@');
  if (at == std::string_view::npos) return {};
  const auto rest = address.substr(at + 1);
  return rest.substr(0, rest.find('/')) == name ? address.substr(0, at) : std::string_view();
}

}  // namespace

namespace {

/// Whether every manager owes an answer to it.
bool is_question(const route::message& m) noexcept {
  if (std::holds_alternative<route::auth>(m) || std::holds_alternative<route::session_start>(m)) return true;
  const auto* const control = std::get_if<route::session_control>(&m);
  return control != nullptr && control->action == route::session_control::verb::start;
}

/// Where a message names the connection beside its address (sc:c2s).
std::string* connection_name_in(route::message& m) noexcept {
  if (auto* s = std::get_if<route::controlled_stanza>(&m)) return &s->c2s;
  if (auto* c = std::get_if<route::session_control>(&m)) return &c->c2s;
  return nullptr;
}

}  // namespace

void append_from_us(std::string& out, route::message& m, std::uint32_t run, std::string_view name) {
  auto& from = route::from_of(m);
  if (from.text.empty()) {
    from.text = base::take_short_text();
    route::append_client_node(from.text, run, from.handle);
    from.text.append("@").append(name);
  }
  auto* const c2s = connection_name_in(m);
  if (c2s != nullptr && c2s->empty()) *c2s = base::take_short_text(std::string_view(from.text).substr(0, from.text.find('@')));
  route::append(out, m);
}

manager_link::conversation::conversation(manager_link& owner, int descriptor)
    : wire(owner.board_.own_shard(), descriptor),
      owner_(owner),
      limits_(manager_limits),
      tokenizer_(workspaces_, limits_),
      machine_(owner.options_.name, owner.options_.secret) {
  machine_.open(effects_);
  apply();
  set_deadline(own_shard().now() + owner.longest_try());
}

net::task<> manager_link::conversation::live() {
  try {
    while (!is_over()) {
      if (is_deaf()) {
        // No goodbye was said, so nothing that is written now has a reader.
        abort(close_reason::connection_lost);
        continue;
      }
      const auto [failed] = co_await readable();
      on_input(read(failed));
    }
  } catch (const std::exception& e) {
    base::log::error("the link to the session manager failed", {{"what", e.what()}});
    abort(close_reason::internal_error);
  }
}

void manager_link::conversation::on_input(std::string_view input) {
  if (!input.empty()) {
    heard_at_ = own_shard().now();
    asked_at_ = {};
  }
  while (is_open()) {
    effects_.clear();
    switch (tokenizer_.next(input)) {
      case xml::token::need_more: return say_in_time();
      case xml::token::header: machine_.on_header(tokenizer_.header(), effects_); break;
      case xml::token::element:
        if (machine_.on_element(tokenizer_.element(), effects_)) on_traffic(tokenizer_.element());
        break;
      case xml::token::footer: machine_.on_footer(effects_); break;
      case xml::token::error: machine_.on_fault(tokenizer_.fault(), effects_); break;
    }
    apply();
  }
}

void manager_link::conversation::apply() {
  out().append(effects_.to_peer);
  effects_.to_peer.clear();
  if (effects_.authenticated) on_authenticated();
  if (effects_.close != close_reason::none) return close_gently(effects_.close, effects_.close != close_reason::shutdown);
  if (!out().empty()) flush_later();
}

/// Notices are the only plain messages that we send, so errors are about those. They are not for the client, nor answered.
void manager_link::conversation::on_stray(const xml::element_view& element) {
  if (element.name == "message" && xml::find_attribute(element.bytes, "type") == "error") {
    ++owner_.returned_notices_;
    base::log::debug("a notice came back");
  } else {
    base::log::debug("the session manager sent something that is no route; ignored");
  }
}

void manager_link::conversation::on_traffic(const xml::element_view& element) {
  if (const auto e = stream::management::read(element)) return on_management(*e);
  if (counts_) ++owner_.received_;
  if (element.name != "route" || element.namespace_uri != xml::ns::component) return on_stray(element);
  auto parsed = route::parse(xml::standalone(tokenizer_, scratch_), route::writer::manager);
  if (!parsed) {
    base::log::warning("the session manager sent a route that cannot be read", {{"why", parsed.error_text()}});
    std::string refusal;
    if (route::append_refusal(refusal, element.bytes, "The route cannot be read: " + parsed.error_text())) send_written(refusal);
    return;
  }
  ++owner_.heard_;
  auto& m = *parsed;
  auto& to = route::to_of(m);
  const auto handle = route::parse_client_node(node_at(to.text, owner_.options_.name), owner_.run_);
  if (!handle) {
    route::bounce_to(m, [this](route::message&& answer) { send(std::move(answer)); });
    return;
  }
  to.handle = *handle;
  if (is_given_twice(m)) return;
  owner_.board_.to_client(std::move(m));
}

void manager_link::conversation::send(route::message&& m) {
  const auto most = owner_.options_.queue_bytes;
  if (std::holds_alternative<route::notice>(m) && most != 0 && out().size() > most) return owner_.lose_notice();
  if (asked_at_ == base::time_point{} && is_question(m)) asked_at_ = own_shard().now();
  scratch_.clear();
  append_from_us(scratch_, m, owner_.run_, owner_.options_.name);
  out().append_piece(scratch_);
  ++owner_.sent_;
  base::give_text(std::move(route::from_of(m).text));
  base::give_text(std::move(route::to_of(m).text));
  if (auto* s = std::get_if<route::stanza>(&m)) base::give_text(std::move(s->xml));
  if (auto* n = std::get_if<route::notice>(&m)) base::give_text(std::move(n->xml));
  if (auto* s = std::get_if<route::controlled_stanza>(&m)) {
    for (auto* text : {&s->c2s, &s->sm, &s->xml}) base::give_text(std::move(*text));
  }
  look_at_queue();
}

void manager_link::conversation::send_written(std::string_view route) {
  out().append_piece(route);
  ++owner_.sent_;
  look_at_queue();
}

void manager_link::conversation::look_at_queue() {
  flush_later();
  const auto limit = owner_.options_.queue_bytes;
  const bool too_much = (limit != 0 && waiting_bytes() > limit - limit / 4) || out().kept() > most_unhandled;
  if (too_much) owner_.set_congested(true);
}

/// To be written, or to be handled by the manager.
std::size_t manager_link::conversation::waiting_bytes() const noexcept {
  return counts_ ? out().kept_bytes() : out().size();
}

void manager_link::conversation::on_flushed() {
  const auto limit = owner_.options_.queue_bytes;
  if (!owner_.congested_ || (limit != 0 && waiting_bytes() > limit / 2) || out().kept() > most_unhandled / 2) return;
  owner_.set_congested(false);
}

void manager_link::conversation::on_time(base::time_point now) {
  if (!up_) return end(close_reason::login_timeout);
  if (std::exchange(says_soon_, false) && said_ != owner_.received_) say_what_came();
  if (now < keepalive_at_ || keepalive_at_ == base::time_point{}) return set_deadline(keepalive_at_);
  const auto silent = now - heard_at_;
  const auto longest = 2 * owner_.options_.keepalive;
  if (question_open_ && silent >= longest) return abort(close_reason::idle_timeout);
  // One that does not count has to show that it lives where a client waits for it. It may think for as long as it says anything; and where clients
  // would lose their connections with the link, it may think for ever.
  const bool owes = !counts_ && owner_.options_.grace.count() != 0 && asked_at_ != base::time_point{};
  if (owes && now - asked_at_ >= longest) return abort(close_reason::idle_timeout);
  // White space keeps middle boxes content, and lets TCP find out.
  if (!counts_) {
    out().append(" ");
  } else if (silent >= owner_.options_.keepalive) {
    std::string question;
    stream::management::append_request(question);
    out().append(question);
    question_open_ = true;
  }
  flush_later();
  keep_alive(now);
}

void manager_link::conversation::keep_alive(base::time_point now) {
  const auto every = owner_.options_.keepalive;
  keepalive_at_ = every.count() != 0 ? now + every : base::time_point{};
  set_deadline(keepalive_at_);
}

void manager_link::conversation::end(close_reason reason) {
  if (!is_open()) return;
  effects_.clear();
  machine_.end(reason, effects_);
  if (effects_.close == close_reason::none) effects_.close = reason;
  apply();
}

}  // namespace couplet::link
