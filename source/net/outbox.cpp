#include "net/outbox.hpp"

#include <algorithm>

namespace couplet::net {

namespace {
constexpr std::size_t pool_limit = 64;            // buffers a thread keeps
constexpr std::size_t reused_bytes = 64 * 1024;   // a larger buffer's memory is not kept
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
  buffer_->keeps = false;
  if (idle.size() < pool_limit && buffer_->bytes.capacity() <= reused_bytes) {
    buffer_->bytes.clear();
    buffer_->pieces.clear();
    buffer_->first = 0;
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
  tidy();
}

void outbox::acknowledge(std::size_t count) noexcept {
  if (!buffer_) return;
  buffer_->first += count;
  tidy();
}

void outbox::tidy() noexcept {
  auto& b = *buffer_;
  if (!b.keeps) {
    while (b.first < b.pieces.size() && end_of(b.pieces[b.first]) <= b.written) ++b.first;
  }
  if (!empty() || b.first != b.pieces.size()) return compact();
  if (!b.keeps) return release();
  b.bytes.clear();
  b.pieces.clear();
  b.first = b.written = 0;
}

/// The first bytes go that nobody needs any more, where that is worth moving the rest.
void outbox::compact() noexcept {
  auto& b = *buffer_;
  const auto gone = b.first < b.pieces.size() ? std::min(b.written, b.pieces[b.first].begin) : b.written;
  if (gone < compact_above || gone < b.bytes.size() / 2) return;
  b.pieces.erase(b.pieces.begin(), b.pieces.begin() + static_cast<std::ptrdiff_t>(b.first));
  b.first = 0;
  for (auto& p : b.pieces) p.begin -= gone;
  b.bytes.erase(0, gone);
  b.written -= gone;
}

void outbox::take_over(outbox& other, std::size_t taken) {
  const std::string ours(front(size()));
  buffer fresh;
  std::size_t done = 0;
  other.for_each_kept_piece([&](std::string_view one) {
    if (done++ == taken) fresh.bytes += ours;
    fresh.pieces.push_back({fresh.bytes.size(), one.size()});
    fresh.bytes += one;
    if (done <= taken) fresh.written = fresh.bytes.size();
  });
  if (done <= taken) fresh.bytes += ours;
  fresh.keeps = true;
  other.clear();
  borrowed() = std::move(fresh);
}

}  // namespace couplet::net
