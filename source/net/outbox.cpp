#include "net/outbox.hpp"

namespace couplet::net {

namespace {
constexpr std::size_t pool_limit = 64;            // buffers a thread keeps
constexpr std::size_t kept_bytes = 64 * 1024;     // a larger buffer's memory is not kept
constexpr std::size_t compact_above = 64 * 1024;  // written bytes that are worth moving the rest for
}  // namespace

std::vector<std::unique_ptr<outbox::buffer>>& outbox::pool() noexcept {
  thread_local std::vector<std::unique_ptr<buffer>> idle;
  return idle;
}

outbox::buffer& outbox::borrowed() {
  if (!buffer_) {
    auto& idle = pool();
    if (idle.empty()) {
      buffer_ = std::make_unique<buffer>();
    } else {
      buffer_ = std::move(idle.back());
      idle.pop_back();
    }
  }
  return *buffer_;
}

void outbox::release() noexcept {
  if (!buffer_) return;
  auto& idle = pool();
  if (idle.size() < pool_limit && buffer_->bytes.capacity() <= kept_bytes) {
    buffer_->bytes.clear();
    buffer_->pieces.clear();
    buffer_->written = 0;
    if (idle.capacity() == 0) idle.reserve(pool_limit);
    idle.push_back(std::move(buffer_));
  }
  buffer_.reset();
}

void outbox::append(std::string_view bytes) {
  if (!bytes.empty()) borrowed().bytes.append(bytes);
}

void outbox::append_piece(std::string_view bytes) {
  auto& b = borrowed();
  b.pieces.push_back({b.bytes.size(), bytes.size()});
  b.bytes.append(bytes);
}

io_result outbox::flush_to(byte_stream& stream) {
  while (!empty()) {
    const auto r = stream.write_some(std::string_view(buffer_->bytes).substr(buffer_->written));
    if (r.state != io_result::status::ok) return r;
    written(r.bytes);
  }
  return {};
}

void outbox::written(std::size_t bytes) noexcept {
  if (!buffer_) return;
  buffer_->written += bytes;
  if (empty()) {
    release();
  } else {
    compact();
  }
}

void outbox::compact() noexcept {
  auto& b = *buffer_;
  if (b.written < compact_above || b.written < b.bytes.size() / 2) return;
  std::size_t gone = 0;  // the first bytes that no unwritten piece needs
  std::size_t done = 0;
  while (done < b.pieces.size() && b.pieces[done].begin + b.pieces[done].size <= b.written) ++done;
  gone = done < b.pieces.size() && b.pieces[done].begin < b.written ? b.pieces[done].begin : b.written;
  b.pieces.erase(b.pieces.begin(), b.pieces.begin() + static_cast<std::ptrdiff_t>(done));
  for (auto& p : b.pieces) p.begin -= gone;
  b.bytes.erase(0, gone);
  b.written -= gone;
}

}  // namespace couplet::net
