#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "driver.hpp"
#include "stream/component_stream.hpp"

namespace couplet::stream::test {

inline constexpr std::string_view component_header =
    "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='bot.example.org'>";

/// Tokenizer and machine of a component connection, either side of it.
template <class Machine>
class component_driver {
 public:
  template <class... Arguments>
  explicit component_driver(Arguments&&... arguments)
      : tokenizer_(pool_, limits_), machine_(std::forward<Arguments>(arguments)...) {}

  std::string send(std::string_view bytes) {
    while (closed_ == base::close_reason::none) {
      const auto token = tokenizer_.next(bytes);
      if (token == xml::token::need_more) break;
      if (token == xml::token::header) machine_.on_header(tokenizer_.header(), effects_);
      if (token == xml::token::element && machine_.on_element(tokenizer_.element(), effects_))
        traffic.emplace_back(tokenizer_.element().name);
      if (token == xml::token::footer) machine_.on_footer(effects_);
      if (token == xml::token::error) machine_.on_fault(tokenizer_.fault(), effects_);
      note();
    }
    return std::exchange(written_, {});
  }
  std::string end(base::close_reason reason) {
    machine_.end(reason, effects_);
    note();
    return std::exchange(written_, {});
  }
  std::string closed() const {
    return closed_ == base::close_reason::none ? std::string() : std::string(base::describe(closed_).name);
  }
  Machine& machine() { return machine_; }
  /// For events that driver does not name: calls f(machine, effects) and answers what was written.
  template <class F>
  std::string on(F f) {
    f(machine_, effects_);
    note();
    return std::exchange(written_, {});
  }

  std::vector<std::string> traffic;  ///< names of the elements that the machine gave back
  int authentications = 0;

 private:
  void note() {
    written_ += effects_.to_peer;
    if (effects_.authenticated) ++authentications;
    if (closed_ == base::close_reason::none) closed_ = effects_.close;
    effects_.clear();
  }

  xml::workspace_pool pool_;
  xml::tokenizer_limits limits_;
  xml::tokenizer tokenizer_;
  Machine machine_;
  component_effects effects_;
  std::string written_;
  base::close_reason closed_ = base::close_reason::none;
};

}  // namespace couplet::stream::test
