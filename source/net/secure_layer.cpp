#include "net/secure_layer.hpp"

#include <utility>

namespace couplet::net {

namespace {
/// What one record carries at the most (RFC 8446 section 5.1).
constexpr std::size_t record_bytes = 16 * 1024;
}  // namespace

tls::engine::status secure_layer::feed(std::string_view bytes, std::string& plain) {
  state_ = engine_->feed(bytes, plain, unsent_);
  return state_;
}

io_result secure_layer::flush_unsent(outbox& out, byte_stream& stream) {
  while (!unsent_.empty()) {
    const auto r = stream.write_some(unsent_);
    if (r.state != io_result::status::ok) return r;
    if (r.bytes == unsent_.size()) {
      std::string().swap(unsent_);  // an idle connection owns no buffer
    } else {
      unsent_.erase(0, r.bytes);
    }
  }
  out.written(std::exchange(covered_, 0));
  return {};
}

io_result secure_layer::flush_clear(outbox& out, byte_stream& stream) {
  while (clear_ != 0) {
    const auto r = stream.write_some(out.front(clear_));
    if (r.state != io_result::status::ok) return r;
    out.written(r.bytes);
    clear_ -= r.bytes;
  }
  return {};
}

/// Appends the next record to what waits to be sent, and the goodbye behind the last one. False: the engine has failed.
bool secure_layer::encrypt_next(const outbox& out, std::string& records, bool last) {
  if (covered_ == 0 && !out.empty() && can_encrypt()) {
    const auto chunk = out.front(record_bytes);
    if (!engine_->encrypt(chunk, records)) return false;
    covered_ = chunk.size();
  }
  const bool is_all = covered_ == out.size() || !can_encrypt();
  if (last && is_all && state_ != tls::engine::status::failed && !std::exchange(said_goodbye_, true)) engine_->close(records);
  return true;
}

io_result secure_layer::flush(outbox& out, byte_stream& stream, std::string& scratch, bool last) {
  if (const auto r = flush_clear(out, stream); r.state != io_result::status::ok) return r;
  do {
    scratch.clear();
    if (!encrypt_next(out, unsent_.empty() ? scratch : unsent_, last)) {
      state_ = tls::engine::status::failed;
      scratch.clear();
      io_result broken;
      broken.state = io_result::status::failed;
      return broken;
    }
    if (!scratch.empty()) {
      const auto r = stream.write_some(scratch);
      const auto sent = r.state == io_result::status::ok ? r.bytes : 0;
      if (sent < scratch.size()) unsent_.assign(scratch, sent);
      scratch.clear();
      if (r.state == io_result::status::failed) return r;
    }
    if (const auto rest = flush_unsent(out, stream); rest.state != io_result::status::ok) return rest;
  } while (!out.empty() && can_encrypt());
  return {};
}

}  // namespace couplet::net
