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
/// It remembers where marked pieces (stanzas) begin, so that what a peer did not take can be handed back piece by piece. What a peer has
/// taken is what the kernel has, or with keep_until_acknowledged() what the peer itself says it has.
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

  /// What is still to be written.
  std::size_t size() const noexcept { return buffer_ ? buffer_->bytes.size() - buffer_->written : 0; }
  bool empty() const noexcept { return size() == 0; }

  // A peer that acknowledges pieces (XEP-0198).

  /// From here on pieces stay, written or not, until they are acknowledged.
  void keep_until_acknowledged() { borrowed().keeps = true; }
  /// The peer has the first `count` pieces of those that are kept. Precondition: they are written.
  void acknowledge(std::size_t count) noexcept;
  /// Takes over the pieces that another connection kept. The first `taken` of them are with the peer already, and only wait to be acknowledged;
  /// the others are written after what is in this outbox. Precondition: nothing in this outbox is a piece.
  void take_over(outbox& other, std::size_t taken);
  /// How many pieces are kept.
  std::size_t kept() const noexcept { return buffer_ ? buffer_->pieces.size() - buffer_->first : 0; }
  std::size_t kept_bytes() const noexcept { return buffer_ ? buffer_->bytes.size() : 0; }
  /// Calls `take(std::string_view piece)` for each piece that is kept, in order.
  template <class Take>
  void for_each_kept_piece(Take&& take) const {
    for (std::size_t i = 0; i < kept(); ++i) take(kept_piece(i));
  }

  /// Calls `take(std::string_view piece)` for each marked piece that is not written whole, in order.
  template <class Take>
  void for_each_unwritten_piece(Take&& take) const {
    for (std::size_t i = 0; i < kept(); ++i) {
      if (end_of(buffer_->pieces[buffer_->first + i]) > buffer_->written) take(kept_piece(i));
    }
  }
  bool has_unwritten_piece() const noexcept { return kept() != 0 && end_of(buffer_->pieces.back()) > buffer_->written; }
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
    std::size_t first = 0;  ///< the pieces before it are done with
    std::size_t written = 0;
    bool keeps = false;
  };
  static std::size_t end_of(const piece& p) noexcept { return p.begin + p.size; }
  std::string_view kept_piece(std::size_t i) const noexcept {
    const auto& p = buffer_->pieces[buffer_->first + i];
    return std::string_view(buffer_->bytes).substr(p.begin, p.size);
  }
  static std::vector<std::unique_ptr<buffer>>& pool() noexcept;
  buffer& borrowed();
  void release() noexcept;
  void tidy() noexcept;
  void compact() noexcept;

  std::unique_ptr<buffer> buffer_;
};

}  // namespace couplet::net
