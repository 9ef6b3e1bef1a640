#include "component_tls.hpp"

namespace couplet::lives {

namespace {
/// One certificate for all: a key takes longer than a conversation.
const std::shared_ptr<const tls::contexts>& contexts() {
  static const auto made = tls::test::contexts_for({"bot.example.org"});
  return made;
}
}  // namespace

tls_end::tls_end(component_house& house, bool in_bytes) : in_bytes_(in_bytes) {
  house.router->set_contexts(contexts());
  net::peer who;
  who.address = "127.0.0.1";
  who.loopback = true;
  end_ = house.connect_from(who, component::entry::tls);
  shake_hands();
}

void tls_end::shake_hands() {
  for (int turn = 0; turn < 5 && !ended; ++turn) {
    const bool done = secure_.shake_hands();
    push();
    if (done) return;
    pull();
  }
}

void tls_end::send(std::string_view bytes) {
  if (secure_.send(bytes)) push();
}

std::string tls_end::take() {
  pull();
  return std::exchange(put_back_, {}) + secure_.receive();
}

void tls_end::push() {
  const auto bytes = std::exchange(secure_.to_server, {});
  const auto step = in_bytes_ ? 1 : bytes.size();
  for (std::size_t at = 0; at < bytes.size(); at += step) end_->send(std::string_view(bytes).substr(at, step));
}

void tls_end::pull() {
  secure_.take(end_->take());
  ended = end_->ended;
}

}  // namespace couplet::lives
