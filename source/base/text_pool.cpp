#include "base/text_pool.hpp"

#include <new>
#include <utility>
#include <vector>

namespace couplet::base {

namespace {

constexpr std::size_t max_texts = 256;
constexpr std::size_t max_capacity = 8192;
constexpr std::size_t short_capacity = 128;
/// Everything from here on is for stanzas. A short text that grew has doubled its capacity and stays with them.
constexpr std::size_t long_capacity = 256;

/// Set when this thread's pool is gone: destructors of other thread-local or static objects may still give texts back.
/// Trivial, so that it outlives the pool.
thread_local bool pool_is_gone = false;

using shelf = std::vector<std::string>;

struct pool {
  pool() {
    longs.reserve(max_texts);
    shorts.reserve(max_texts);
  }
  ~pool() { pool_is_gone = true; }
  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;
  shelf longs, shorts;
};

/// Nothing at the end of the thread, or where there is no memory for the pool.
pool* this_threads_pool() noexcept {
  if (pool_is_gone) return nullptr;
  try {
    thread_local pool p;
    return &p;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

std::string take_from(shelf pool::*which, std::size_t capacity) {
  std::string text;
  pool* const p = this_threads_pool();
  if (p != nullptr && !(p->*which).empty()) {
    text = std::move((p->*which).back());
    (p->*which).pop_back();
  } else {
    text.reserve(capacity);
  }
  return text;
}

}  // namespace

std::string take_text() {
  return take_from(&pool::longs, long_capacity);
}

std::string take_short_text() {
  return take_from(&pool::shorts, short_capacity);
}

std::string take_short_text(std::string_view content) {
  if (content.size() <= std::string().capacity()) return std::string(content);  // needs no memory
  auto text = take_short_text();
  text = content;
  return text;
}

void give_text(std::string&& text) noexcept {
  std::string mine = std::move(text);
  // One that is too small would have to grow in the hands of whoever takes it.
  if (mine.capacity() < short_capacity || mine.capacity() > max_capacity) return;
  pool* const p = this_threads_pool();
  if (p == nullptr) return;
  auto& place = mine.capacity() < long_capacity ? p->shorts : p->longs;
  if (place.size() >= max_texts) return;
  mine.clear();
  place.push_back(std::move(mine));  // reserved: cannot throw
}

std::size_t pooled_texts() noexcept {
  const pool* const p = this_threads_pool();
  return p == nullptr ? 0 : p->longs.size() + p->shorts.size();
}

}  // namespace couplet::base
