#pragma once

#include <memory>

#include "script.hpp"
#include "stream/client_stream.hpp"
#include "xml/tokenizer.hpp"

namespace couplet::transcript {

/// The bare protocol: tokenizer and machine, joined as a connection joins them, without sockets or time.
class machine_stage : public stage {
 public:
  static constexpr std::uint64_t client = 7;

  explicit machine_stage(const scene& s);

  void client_sends(std::string_view bytes) override;
  void manager_sends(const routed& route) override;
  void happens(const std::string& event) override;
  std::string take_written() override;
  std::vector<routed> take_routes() override;
  std::string closed() const override;

  const stream::client_stream& machine() const noexcept { return *machine_; }
  /// How often the machine has said that somebody logged in.
  int logins() const noexcept { return logins_; }

 private:
  void run();
  void on_token(xml::token t);
  void apply();

  stream::client_settings settings_;
  xml::workspace_pool pool_;
  xml::tokenizer_limits limits_;
  xml::tokenizer tokenizer_;
  xml::fragment scratch_;
  std::vector<xml::prefix_declaration> header_prefixes_;
  stream::effects effects_;
  std::unique_ptr<stream::client_stream> machine_;
  std::string input_;  // what the machine does not want yet
  std::string written_;
  std::vector<routed> routes_;
  int logins_ = 0;
  bool manager_up_;
  base::close_reason closed_ = base::close_reason::none;
};

}  // namespace couplet::transcript
