#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "connection.hpp"
#include "traffic.hpp"

namespace couplet::component {

class components;
struct stanza_head;

/// A component (XEP-0114): it speaks for its own domain, and gets what is for it.
class component_traffic final : public traffic {
 public:
  component_traffic(components& all, connection& peer) : all_(all), peer_(peer) {}

  connection& peer() noexcept { return peer_; }
  const std::string& name() const noexcept { return peer_.name(); }

  void on_element(const xml::tokenizer& from, stream::component_effects& out) override;
  void on_slow(bool) override {}  // nobody else waits: see components::send()
  void leave() override;
  void give_back(std::string_view piece) override { not_taken_.emplace_back(piece); }
  void on_gone() override;
  std::string_view kind() const noexcept override { return "component"; }
  const xml::tokenizer_limits& limits() const noexcept override;
  std::chrono::seconds keepalive() const noexcept override;

 private:
  bool may_be_from(const stanza_head& head) const;

  components& all_;
  connection& peer_;
  std::string scratch_, rewritten_;
  std::vector<std::string> not_taken_;
};

}  // namespace couplet::component
