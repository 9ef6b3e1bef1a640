#pragma once

#include <memory>
#include <string_view>

#include "base/close_reason.hpp"
#include "net/byte_stream.hpp"
#include "net/deadlines.hpp"
#include "net/outbox.hpp"
#include "net/secure_layer.hpp"
#include "net/shard.hpp"
#include "net/signal.hpp"

namespace couplet::net {

/// A socket with its outbox and its end: what the connections of clients, of components and of the link have in common.
/// The life waits; everything else are plain functions on the shard's thread.
///
/// It ends in one of two ways and keeps the first reason. close_gently(): the goodbye is in the outbox; it drains, the socket is shut
/// down for writing, and the peer has a moment to close, so that the goodbye is not lost to a reset. abort(): the socket is closed.
class wire : public has_deadline, public flushable {
 public:
  ~wire() override = default;

  bool is_open() const noexcept { return state_ == state::open; }
  bool is_over() const noexcept { return state_ == state::over; }
  /// The peer has ended its side and there is something left to write for it: nothing is to be read any more.
  bool is_deaf() const noexcept { return deaf_ && state_ != state::over; }
  base::close_reason reason() const noexcept { return reason_; }

  void abort(base::close_reason reason);

  // has_deadline, flushable
  void on_deadline(base::time_point now) final;
  void flush() final;

 protected:
  wire(shard& s, int descriptor);

  shard& own_shard() noexcept { return shard_; }
  const shard& own_shard() const noexcept { return shard_; }
  outbox& out() noexcept { return outbox_; }
  const outbox& out() const noexcept { return outbox_; }

  /// Suspends until there is something to read.
  auto readable() { return stream_.readable(); }
  /// Reads once into the shard's buffer. Empty: nothing (any more). An error has aborted the wire, and so has an end of file unless
  /// something is left to write, which a peer that closed its own side only may still read (see is_deaf()). What comes after
  /// close_gently() is only taken off the socket.
  std::string_view read(const asio::error_code& wait_failed);

  /// What TLS makes of bytes from the socket, as read() would answer it: for those that were read before TLS was known to be there.
  std::string_view decrypt(std::string_view bytes);
  /// From here on everything goes through TLS. What is in the outbox already goes out as it is, in front.
  void start_tls(std::unique_ptr<tls::engine> engine);
  /// The TLS layer, where there is one.
  secure_layer* tls() noexcept { return tls_.get(); }
  /// The handshake is over: called from inside of read(), before it answers with what came behind the handshake.
  virtual void on_secured() {}

  /// To be called when what read() gave has been worked on: a peer may have ended TLS behind it, and the socket not.
  void after_input();

  /// Suspends until wake(), for a life that must not read for a while.
  task<> resumed() { return wake_.wait(); }
  void wake() { wake_.ring(); }

  /// Something was put into the outbox: it is flushed at the end of the turn.
  void flush_later();

  /// `peer_finished`: it said that nothing more will come, so there is nothing to wait for.
  void close_gently(base::close_reason reason, bool peer_finished);

  /// Deadlines of an open wire; after close_gently() there is only the wire's own.
  void set_deadline(base::time_point when);
  virtual void on_time(base::time_point now) = 0;
  /// Whether what the peer has sent is not read now, and will be. A peer that takes nothing any more may have said something before.
  virtual bool reads_later() const { return false; }
  /// Called after each flush, with what is left in the outbox.
  virtual void on_flushed() {}

 private:
  enum class state : unsigned char { open, closing, over };
  void write_out();
  base::duration patience() const noexcept;
  void on_writable();
  void on_end_of_file();
  io_result push_out();
  bool is_drained() const noexcept;

  shard& shard_;
  byte_stream stream_;
  outbox outbox_;
  std::unique_ptr<secure_layer> tls_;
  signal wake_;
  std::shared_ptr<wire*> waits_for_writable_;  ///< exists only while the socket takes no more
  state state_ = state::open;
  base::close_reason reason_ = base::close_reason::none;
  bool peer_finished_ = false;
  bool deaf_ = false;
  bool mute_ = false;              ///< nothing can be written any more, and something may be there to be read
  base::time_point give_up_at_{};  ///< when closing, however slowly the peer reads
};

}  // namespace couplet::net
