#include "machine_stage.hpp"

#include <stdexcept>

namespace couplet::transcript {

using base::close_reason;

machine_stage::machine_stage(const scene& s)
    : settings_(settings_of(s)), limits_(s.limits), tokenizer_(pool_, limits_), manager_up_(s.manager_up) {
  machine_ = std::make_unique<stream::client_stream>(settings_, client, s.plaintext);
}

void machine_stage::client_sends(std::string_view bytes) {
  input_ += bytes;
  run();
}

void machine_stage::run() {
  std::string current = std::exchange(input_, {});
  std::string_view rest = current;
  while (closed_ == close_reason::none && !machine_->holds_input()) {
    const auto token = tokenizer_.next(rest);
    if (token == xml::token::need_more) break;
    on_token(token);
  }
  if (closed_ == close_reason::none) input_ = rest;
}

void machine_stage::on_token(xml::token t) {
  switch (t) {
    case xml::token::header:
      header_prefixes_ = tokenizer_.header_namespaces();
      machine_->on_header(tokenizer_.header(), manager_up_, effects_);
      break;
    case xml::token::element:
      machine_->on_element(tokenizer_.element(), header_prefixes_, manager_up_, scratch_, effects_);
      break;
    case xml::token::footer: machine_->on_footer(effects_); break;
    case xml::token::error: machine_->on_fault(tokenizer_.fault(), effects_); break;
    case xml::token::need_more: break;
  }
  apply();
}

void machine_stage::manager_sends(const routed& r) {
  machine_->on_route(message_from(r, client), effects_);
  apply();
  run();
}

void machine_stage::happens(const std::string& event) {
  if (event == "manager up" || event == "manager down") {
    manager_up_ = event == "manager up";
  } else if (event == "deadline") {
    machine_->on_deadline(effects_);
  } else if (event == "gone") {
    machine_->on_gone(effects_);
  } else if (event == "manager anew") {
    machine_->on_manager_anew(effects_);
  } else if (event == "sessions back") {
    machine_->on_sessions_back(effects_);
  } else if (event.starts_with("end ")) {
    machine_->end(reason_called(event.substr(4)), effects_);
  } else {
    throw std::runtime_error("unknown event: " + event);
  }
  apply();
}

void machine_stage::apply() {
  if (closed_ != close_reason::none && !(effects_.to_peer.empty() && effects_.stanza_to_peer.empty()))
    throw std::runtime_error("written after the end: " + effects_.to_peer + effects_.stanza_to_peer);
  written_ += effects_.to_peer;
  written_ += effects_.stanza_to_peer;
  for (const auto& m : effects_.to_manager) routes_.push_back(to_text(m, client));
  if (effects_.restart_stream) tokenizer_.reset();
  if (effects_.logged_in) ++logins_;
  if (closed_ == close_reason::none) closed_ = effects_.close;
  auto question = std::move(effects_.question);
  effects_.clear();
  if (!question) return;
  machine_->on_answer(answer_to(*question), effects_);
  apply();
}

std::string machine_stage::take_written() {
  return std::exchange(written_, {});
}

std::vector<routed> machine_stage::take_routes() {
  return std::exchange(routes_, {});
}

std::string machine_stage::closed() const {
  return closed_ == close_reason::none ? std::string() : std::string(base::describe(closed_).name);
}

}  // namespace couplet::transcript
