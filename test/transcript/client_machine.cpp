#include "client_machine.hpp"

#include <stdexcept>
#include <utility>

#include "script.hpp"

namespace couplet::transcript {

using base::close_reason;

namespace {

class fixed_surroundings : public stream::surroundings {
 public:
  explicit fixed_surroundings(std::string address) : address_(std::move(address)) {}
  bool admit_registration() override { return true; }
  std::string_view client_address() const override { return address_; }
  std::uint16_t client_port() const override { return 5000; }

 private:
  const std::string address_;
};

}  // namespace

client_machine::client_machine(const stream::client_settings& settings, const xml::tokenizer_limits& limits, std::uint64_t id,
                               bool plaintext, bool manager_up, answerer answer)
    : limits_(limits),
      tokenizer_(pool_, limits_),
      machine_(settings, id, plaintext),
      answer_(std::move(answer)),
      manager_up_(manager_up) {}

void client_machine::comes_from(const std::string& address) {
  around_ = std::make_unique<fixed_surroundings>(address);
}

void client_machine::sends(std::string_view bytes) {
  input_ += bytes;
  run();
}

void client_machine::run() {
  std::string current = std::exchange(input_, {});
  std::string_view rest = current;
  while (closed_ == close_reason::none && !machine_.holds_input()) {
    const auto token = tokenizer_.next(rest);
    if (token == xml::token::need_more) break;
    on_token(token);
  }
  if (closed_ == close_reason::none) input_ = rest;
}

void client_machine::on_token(xml::token t) {
  switch (t) {
    case xml::token::header:
      header_prefixes_ = tokenizer_.header_namespaces();
      machine_.on_header(tokenizer_.header(), manager_up_, effects_);
      break;
    case xml::token::element:
      machine_.on_element(tokenizer_.element(), header_prefixes_, manager_up_, scratch_, effects_, around_.get());
      break;
    case xml::token::footer: machine_.on_footer(effects_); break;
    case xml::token::error: machine_.on_fault(tokenizer_.fault(), effects_); break;
    case xml::token::need_more: break;
  }
  apply();
}

void client_machine::takes(route::message&& m) {
  machine_.on_route(std::move(m), effects_);
  apply();
  run();
}

void client_machine::happens(const std::string& event) {
  if (event == "manager up" || event == "manager down") {
    manager_up_ = event == "manager up";
  } else if (event == "deadline") {
    machine_.on_deadline(effects_);
  } else if (event == "gone") {
    machine_.on_gone(effects_);
  } else if (event == "manager anew") {
    machine_.on_manager_anew(effects_);
  } else if (event == "questions lost") {
    machine_.on_questions_lost(effects_);
  } else if (event == "sessions back") {
    machine_.on_sessions_back(effects_);
  } else if (event.starts_with("end ")) {
    machine_.end(reason_called(event.substr(4)), effects_);
  } else {
    throw std::runtime_error("unknown event: " + event);
  }
  apply();
}

void client_machine::apply() {
  if (closed_ != close_reason::none && !(effects_.to_peer.empty() && effects_.stanza_to_peer.empty()))
    throw std::runtime_error("written after the end: " + effects_.to_peer + effects_.stanza_to_peer);
  for (auto* text : {&effects_.to_peer, &effects_.stanza_to_peer})
    if (!text->empty()) written_.push_back(*text);
  for (auto& m : effects_.to_manager) routes_.push_back(std::move(m));
  if (effects_.restart_stream) tokenizer_.reset();
  if (effects_.logged_in) ++logins_;
  if (closed_ == close_reason::none) closed_ = effects_.close;
  auto question = std::move(effects_.question);
  effects_.clear();
  if (!question) return;
  machine_.on_answer(answer_(*question), effects_);
  apply();
}

std::vector<std::string> client_machine::take_written() {
  return std::exchange(written_, {});
}

std::vector<route::message> client_machine::take_routes() {
  return std::exchange(routes_, {});
}

}  // namespace couplet::transcript
