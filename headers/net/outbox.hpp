#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/byte_stream.hpp"

namespace couplet::net {

/// What is to be written to one socket. Empty it is one pointer; with bytes in it, it borrows a buffer of its thread's pool.
/// It remembers where marked pieces (stanzas) begin, so that what a peer did not take can be handed back piece by piece.
class outbox {
 public:
  outbox() = default;
  ~outbox() { release(); }
  outbox(const outbox&) = delete;
  outbox& operator=(const outbox&) = delete;

  /// Bytes that nobody misses when they are lost (headers, answers of our own).
  void append(std::string_view bytes);
  /// A piece that goes back to its sender when it is not written whole.
  void append_piece(std::string_view bytes);

  /// Writes as much as the socket takes at once. ok: all is written; would_block: the rest waits.
  io_result flush_to(byte_stream& stream);

  // The two halves of flush_to(), for what is not written as it is (TLS).

  /// What is to be written next, at most `most` bytes of it. Valid until something is appended.
  std::string_view front(std::size_t most) const noexcept {
    return buffer_ ? std::string_view(buffer_->bytes).substr(buffer_->written, most) : std::string_view();
  }
  /// The first `bytes` of front() are with the kernel now.
  void written(std::size_t bytes) noexcept;

  std::size_t size() const noexcept { return buffer_ ? buffer_->bytes.size() - buffer_->written : 0; }
  bool empty() const noexcept { return size() == 0; }

  /// Calls `take(std::string_view piece)` for each marked piece that is not written whole, in order.
  template <class Take>
  void for_each_unwritten_piece(Take&& take) const {
    if (!buffer_) return;
    for (const auto& p : buffer_->pieces) {
      if (p.begin + p.size > buffer_->written) take(std::string_view(buffer_->bytes).substr(p.begin, p.size));
    }
  }
  bool has_unwritten_piece() const noexcept {
    return buffer_ && !buffer_->pieces.empty() && buffer_->pieces.back().begin + buffer_->pieces.back().size > buffer_->written;
  }
  /// Drops all.
  void clear() noexcept { release(); }

 private:
  struct piece {
    std::size_t begin;
    std::size_t size;
  };
  struct buffer {
    std::string bytes;
    std::vector<piece> pieces;
    std::size_t written = 0;
  };
  static std::vector<std::unique_ptr<buffer>>& pool() noexcept;
  buffer& borrowed();
  void release() noexcept;
  void compact() noexcept;

  std::unique_ptr<buffer> buffer_;
};

}  // namespace couplet::net
