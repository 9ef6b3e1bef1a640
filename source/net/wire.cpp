#include "net/wire.hpp"

#include <exception>

#include "base/log.hpp"

namespace couplet::net {

using base::close_reason;

namespace {
/// How long a peer may take to read our goodbye and close.
constexpr auto linger = std::chrono::seconds(2);
/// And how long it may take all in all, if it goes on reading.
constexpr auto longest_linger = std::chrono::seconds(30);
}  // namespace

wire::wire(shard& s, int descriptor) : shard_(s), stream_(s.get_executor(), descriptor), wake_(s.get_executor()) {}

std::string_view wire::read(const asio::error_code& wait_failed) {
  if (state_ == state::over) return {};
  if (wait_failed) {
    abort(close_reason::connection_lost);
    return {};
  }
  const auto buffer = shard_.read_buffer();
  const auto r = stream_.read_some(buffer);
  switch (r.state) {
    case io_result::status::would_block: return {};
    case io_result::status::ok: {
      const std::string_view bytes(buffer.data(), r.bytes);
      if (tls_) return decrypt(bytes);
      return state_ == state::open ? bytes : std::string_view();
    }
    case io_result::status::closed: on_end_of_file(); return {};
    case io_result::status::failed: break;
  }
  abort(close_reason::connection_lost);
  return {};
}

void wire::start_tls(std::unique_ptr<tls::engine> engine) {
  tls_ = std::make_unique<secure_layer>(std::move(engine), outbox_.size());
}

std::string_view wire::decrypt(std::string_view bytes) {
  auto& plain = shard_.plain_buffer();
  plain.clear();
  const auto before = tls_->state();
  const auto now = tls_->feed(bytes, plain);
  // What TLS itself has to say (handshake, alerts) waits for no turn. A ticket waits for what is said next, and is one write with it: nobody
  // waits for a ticket, and it is the client who speaks first.
  const bool is_secured = before == tls::engine::status::handshaking && now == tls::engine::status::open;
  if (!is_secured || !tls_->engine().has_handshake_ended_by_peer()) flush();
  if (now == tls::engine::status::failed) {
    close_gently(before == tls::engine::status::handshaking ? close_reason::tls_handshake_failed : close_reason::tls_failed,
                 true);
    return {};
  }
  if (state_ != state::open) return {};
  if (before == tls::engine::status::handshaking && now != before) on_secured();
  return state_ == state::open ? std::string_view(plain) : std::string_view();
}

void wire::after_input() {
  if (tls_ && is_open() && tls_->state() == tls::engine::status::peer_closed) on_end_of_file();
}

io_result wire::push_out() {
  return tls_ ? tls_->flush(outbox_, stream_, shard_.cipher_buffer(), state_ == state::closing) : outbox_.flush_to(stream_);
}

/// Whether nothing is left that the peer could still be given: behind a TLS that has failed, or never was, the outbox is lost.
bool wire::is_drained() const noexcept {
  if (!tls_) return outbox_.empty();
  return !tls_->has_unsent() && (outbox_.empty() || !tls_->can_encrypt());
}

void wire::on_end_of_file() {
  if (push_out().state != io_result::status::would_block) return abort(close_reason::connection_lost);
  deaf_ = peer_finished_ = true;
  close_gently(close_reason::connection_lost, true);
  flush();  // waits until the socket takes more
}

void wire::flush_later() {
  if (state_ != state::over && !waits_for_writable_) shard_.request_flush(*this);
}

void wire::flush() {
  try {
    write_out();
  } catch (const std::exception& e) {
    base::log::error("a connection cannot write", {{"what", e.what()}});
    abort(close_reason::internal_error);
  }
}

void wire::write_out() {
  if (state_ == state::over || waits_for_writable_ || mute_) return;
  const auto left = [this] { return outbox_.size() + (tls_ ? tls_->unsent_bytes() : 0); };
  const auto before = left();
  const auto r = push_out();
  if (r.state == io_result::status::failed) {
    mute_ = state_ == state::open && reads_later();
    if (!mute_) abort(close_reason::connection_lost);
    return;
  }
  if (state_ == state::closing && left() < before) {
    const auto soon = shard_.now() + patience();
    shard_.wheel().set(*this, soon < give_up_at_ ? soon : give_up_at_);
  }
  if (r.state == io_result::status::would_block) {
    waits_for_writable_ = std::make_shared<wire*>(this);
    stream_.when_writable([self = std::weak_ptr<wire*>(waits_for_writable_)](const asio::error_code& failed) {
      const auto alive = self.lock();
      if (alive && !failed) (*alive)->on_writable();
    });
  }
  on_flushed();
  if (state_ != state::closing || !is_drained()) return;
  if (peer_finished_) return abort(reason_);
  stream_.shutdown_write();
}

void wire::on_writable() {
  waits_for_writable_.reset();
  flush();
}

void wire::close_gently(close_reason reason, bool peer_finished) {
  if (state_ != state::open) return;
  if (mute_) return abort(reason);
  state_ = state::closing;
  reason_ = reason;
  peer_finished_ = peer_finished;
  const auto now = shard_.now();
  give_up_at_ = now + longest_linger;
  shard_.wheel().set(*this, now + patience());
  wake_.ring();
  flush_later();
}

/// Everybody leaves at once at a shutdown, so who is owed something has the whole time that the shutdown gives; the
/// shutdown itself cuts off who takes longer.
base::duration wire::patience() const noexcept {
  const bool all_leave = reason_ == close_reason::shutdown || reason_ == close_reason::moved;
  return all_leave && !outbox_.empty() ? longest_linger : linger;
}

void wire::abort(close_reason reason) {
  if (state_ == state::over) return;
  state_ = state::over;
  if (reason_ == close_reason::none) reason_ = reason;
  deadlines::clear(*this);
  waits_for_writable_.reset();
  stream_.close();
  wake_.ring();
}

void wire::set_deadline(base::time_point when) {
  if (state_ != state::open) return;
  if (when == base::time_point{}) {
    deadlines::clear(*this);
  } else {
    shard_.wheel().set(*this, when);
  }
}

void wire::on_deadline(base::time_point now) {
  if (state_ != state::open) return abort(reason_);
  try {
    on_time(now);
  } catch (const std::exception& e) {
    base::log::error("a deadline failed", {{"what", e.what()}});
    abort(close_reason::internal_error);
  }
}

}  // namespace couplet::net
