#pragma once

#include <memory>
#include <string>
#include <vector>

#include "component_house.hpp"
#include "component_tls.hpp"
#include "connection_stage.hpp"
#include "script.hpp"
#include "xml/tokenizer.hpp"

namespace couplet::lives {

/// Plays a transcript on a connection of the component listener. The scene's client is the component; the manager's side is everybody else:
/// `accounts BARE_JID XML` what it sends to accounts (`accounts - XML`: what a session sends), `component NAME XML` what another
/// component gets (or sends). The events "connects NAME" and "leaves NAME" are those of another component. The scene's client may be behind TLS.
class component_stage final : public transcript::stage {
 public:
  explicit component_stage(const transcript::scene& s, around what = around::nothing);
  ~component_stage() override;

  void client_sends(std::string_view bytes) override;
  void manager_sends(const transcript::routed& r) override;
  void happens(const std::string& event) override;
  std::string take_written() override;
  std::vector<transcript::routed> take_routes() override;
  std::string closed() const override { return closed_; }

  /// Everybody goes away.
  void leave();
  component_house& house() noexcept { return *house_; }

 private:
  /// Another component: what it gets is cut into elements, so that it does not depend on how the scene's client is cut.
  struct other {
    other(component_house& house, std::string name_);
    std::string name;
    std::unique_ptr<peer_end> end;
    xml::workspace_pool pool;
    xml::tokenizer_limits limits{0, 0, 0, 0};
    xml::tokenizer tokenizer;
  };
  void take_from(other& o, std::vector<transcript::routed>& all);
  template <class Do>
  auto with_client(Do&& what) {
    return secure_ ? what(*secure_) : what(*peer_);
  }
  void look_for_end();
  std::vector<std::uint64_t> ends() const;

  std::unique_ptr<component_house> house_;
  std::unique_ptr<peer_end> peer_;
  std::unique_ptr<tls_end> secure_;  ///< instead of it, where TLS is around the conversation
  std::vector<std::unique_ptr<other>> others_;
  std::vector<std::uint64_t> ends_before_;  ///< those of others
  std::string written_;
  std::string closed_;
};

}  // namespace couplet::lives
