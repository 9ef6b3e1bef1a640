#include "absent_c2s.hpp"

#include "c2s_traffic.hpp"
#include "route/codec.hpp"

namespace couplet::component {

absent_c2s::absent_c2s(router& r, std::string name, std::unique_ptr<counted_link> link, net::outbox& left)
    : router_(r), name_(std::move(name)), link_(std::move(link)) {
  waiting_.take_over(left, 0);
  // Others are not kept from going on by somebody who may never come back.
  link_->marks.keep_only(*link_->receipts);
}

bool absent_c2s::send(route::message&& m) {
  write_route(scratch_, m);
  waiting_.append_piece(scratch_);
  auto* const carried = route::trace_of(m);
  const bool own = carried != nullptr && carried->custody.is_of(*link_->receipts);
  link_->marks.push(own ? std::move(carried->custody) : route::custody());
  ++link_->sent;
  const auto most = router_.options_.outbox_bytes;
  return most == 0 || waiting_.kept_bytes() <= most;
}

void absent_c2s::on_deadline(base::time_point) {
  router_.give_up(name_, "it did not come back");
}

}  // namespace couplet::component
