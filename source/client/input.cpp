// What a client says: decrypted bytes become tokens, tokens events of the machine, as many as it takes now.

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "connection.hpp"

namespace couplet::client {

void connection::on_input(std::string_view input) {
  if (input.empty()) return;
  last_input_ = table_.shard_.now();
  if (announced_) {
    input = read_proxy_header(input);
    if (input.empty()) return;
  }
  std::string first;
  if (opening_) {
    if (!held_.empty()) {
      first = std::exchange(held_, {}).append(input);
      input = first;
    }
    input = look_at_opening(input);
    if (input.empty()) return;
  }
  tokenize(input);
  if (!is_open()) return;
  const auto rate = table_.shared_.limit.bytes_per_second;
  if (rate != 0) {
    bucket_.take(rate, input.size(), last_input_);
    indebted_ = bucket_.ready_at() > last_input_;
    if (indebted_) set_next_deadline();
  }
  congested_ = table_.board_.manager_congested();
}

/// To the end, also where the input is empty: the tokenizer gives its workspace back when it has nothing more to say.
void connection::tokenize(std::string_view input) {
  while (is_open()) {
    if (machine_.holds_input()) {
      held_.assign(input);
      return;
    }
    const auto found = tokenizer_.next(input);
    if (found == xml::token::need_more) return;
    on_token(found, input.find_first_not_of(" \t\r\n") != std::string_view::npos);
    if (handshaking_) return;  // what follows <starttls/> is white space, and means nothing
  }
}

void connection::on_token(xml::token found, bool more_follows) {
  static const std::vector<xml::prefix_declaration> none;
  auto& fx = table_.effects_;
  fx.clear();
  const bool manager_up = table_.board_.manager_up();
  switch (found) {
    case xml::token::need_more: return;  // nothing found
    case xml::token::header: machine_.on_header(tokenizer_.header(), manager_up, fx); break;
    case xml::token::element: {
      const auto& element = tokenizer_.element();
      if (element.uses_header_prefixes) {
        machine_.on_element(element, tokenizer_.header_namespaces(), manager_up, table_.document_, fx, this);
      } else {
        machine_.on_element(element, none, manager_up, table_.document_, fx, this);
      }
      break;
    }
    case xml::token::footer:
      peer_finished_ = true;
      machine_.on_footer(fx);
      break;
    case xml::token::error: machine_.on_fault(tokenizer_.fault(), fx); break;
  }
  if (fx.start_tls && more_follows) {
    // It would be taken for something that came through TLS (CVE-2011-0411 and its kin).
    fx.clear();
    machine_.on_plaintext_after_starttls(fx);
  }
  const bool start_tls = fx.start_tls;
  apply(fx);
  if (start_tls && is_open()) begin_tls(false);
}

void connection::take_up_held_input() {
  if (machine_.holds_input() || !is_open()) return;
  const std::string input = std::exchange(held_, {});
  tokenize(input);
  if (!is_open()) return;
  congested_ = table_.board_.manager_congested();
  account_memory();
}

/// Those of this machine are not counted: there are no strangers on it.
bool connection::admit_registration() {
  if (loopback_) return true;
  net::peer who;
  who.address = address_;
  const std::lock_guard lock(table_.shared_.rate_mutex);
  return table_.shared_.registrations.admit(who.rate_key(), table_.shard_.now());
}

}  // namespace couplet::client
