#pragma once

#include "client_machine.hpp"
#include "script.hpp"

namespace couplet::transcript {

/// The bare protocol of one client: the manager's side is the text's.
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

  stream::client_stream& machine() noexcept { return client_.machine(); }
  const stream::client_stream& machine() const noexcept { return client_.machine(); }
  /// How often the machine has said that somebody logged in.
  int logins() const noexcept { return client_.logins(); }

 private:
  stream::client_settings settings_;
  client_machine client_;
};

}  // namespace couplet::transcript
