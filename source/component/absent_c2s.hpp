#pragma once

#include <memory>
#include <string>

#include "component/router.hpp"
#include "counted_link.hpp"
#include "net/deadlines.hpp"
#include "net/outbox.hpp"
#include "route/message.hpp"

namespace couplet::component {

/// A c2s whose connection broke, and who may come back: its sessions live on, and what they are sent waits.
class absent_c2s final : public net::has_deadline {
 public:
  /// Takes over what the connection has not been acknowledged.
  absent_c2s(router& r, std::string name, std::unique_ptr<counted_link> link, net::outbox& left);

  const std::string& name() const noexcept { return name_; }
  const counted_link& link() const noexcept { return *link_; }
  /// False: more waits than may.
  bool send(route::message&& m);
  std::unique_ptr<counted_link> take_link() { return std::move(link_); }
  net::outbox& waiting() noexcept { return waiting_; }

 private:
  void on_deadline(base::time_point now) override;

  router& router_;
  std::string name_;
  std::unique_ptr<counted_link> link_;
  net::outbox waiting_;
  std::string scratch_;
};

}  // namespace couplet::component
