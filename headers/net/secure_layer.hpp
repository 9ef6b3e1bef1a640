#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "net/byte_stream.hpp"
#include "net/outbox.hpp"
#include "tls/engine.hpp"

namespace couplet::net {

/// TLS between an outbox and its socket. Of what was encrypted it keeps only what the socket did not take yet, and an outbox counts bytes as
/// written when the record that carries them is with the kernel whole: so what a peer did not take is known as exactly
/// as without TLS.
class secure_layer {
 public:
  /// `clear_bytes`: so many at the front of the outbox were put there before TLS began, and go out as they are.
  secure_layer(std::unique_ptr<tls::engine> engine, std::size_t clear_bytes) noexcept
      : engine_(std::move(engine)), clear_(clear_bytes) {}

  tls::engine& engine() noexcept { return *engine_; }
  tls::engine::status state() const noexcept { return state_; }

  /// Decrypts what the socket gave; appends to `plain`. What the engine answers is sent by the next flush().
  tls::engine::status feed(std::string_view bytes, std::string& plain);

  /// Encrypts and writes as much as the socket takes. ok: nothing is left that can be written now; while the handshake goes on the outbox
  /// waits. `scratch`: where records are made, empty before and after. `last`: close_notify follows what is in the outbox now. What TLS
  /// itself has to say, records and the goodbye go out in one write where they fit.
  io_result flush(outbox& out, byte_stream& stream, std::string& scratch, bool last);

  /// A peer that has said goodbye may still read (RFC 8446 section 6.1).
  bool can_encrypt() const noexcept { return state_ == tls::engine::status::open || state_ == tls::engine::status::peer_closed; }
  /// Whether bytes wait that only the socket holds up.
  bool has_unsent() const noexcept { return !unsent_.empty(); }
  std::size_t unsent_bytes() const noexcept { return unsent_.size(); }

 private:
  bool encrypt_next(const outbox& out, std::string& records, bool last);
  io_result flush_unsent(outbox& out, byte_stream& stream);
  io_result flush_clear(outbox& out, byte_stream& stream);

  std::unique_ptr<tls::engine> engine_;
  std::string unsent_;       ///< records that the socket did not take
  std::size_t covered_ = 0;  ///< bytes at the front of the outbox whose records are in unsent_
  std::size_t clear_;
  tls::engine::status state_ = tls::engine::status::handshaking;
  bool said_goodbye_ = false;
};

}  // namespace couplet::net
