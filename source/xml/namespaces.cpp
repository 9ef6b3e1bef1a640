#include "namespaces.hpp"

#include "base/random.hpp"

namespace couplet::xml {
namespace {

constexpr std::size_t kept_bindings = 256;
constexpr std::size_t kept_decoded_bytes = 4096;
constexpr std::size_t buckets = 64;

std::size_t bucket_of(std::string_view prefix) {
  if (prefix.empty()) return 0;  // the default namespace, by far the most frequent
  static const std::uint64_t seed = base::random_u64();
  std::uint64_t hash = seed;
  for (const char c : prefix) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x9E37'79B9'7F4A'7C15ULL;
    hash ^= hash >> 29;
  }
  return 1 + static_cast<std::size_t>(hash % (buckets - 1));
}

}  // namespace

void namespace_scope::clear() noexcept {
  decoded_.clear();
  if (bindings_.empty()) return;  // and so are the buckets
  bindings_.clear();
  newest_.fill(0);
}

void namespace_scope::shrink() {
  if (bindings_.capacity() > kept_bindings) release(bindings_);
  if (decoded_.capacity() > kept_decoded_bytes) release(decoded_);
}

void namespace_scope::declare(const char* base, std::string_view prefix, std::string_view uri, bool decoded) {
  std::uint32_t& newest = newest_[bucket_of(prefix)];
  binding b{};
  b.prefix_begin = static_cast<std::uint32_t>(prefix.data() - base);
  b.prefix_size = static_cast<std::uint32_t>(prefix.size());
  b.uri_begin = static_cast<std::uint32_t>(decoded ? decoded_.size() : static_cast<std::size_t>(uri.data() - base));
  b.uri_size = static_cast<std::uint32_t>(uri.size());
  b.older = newest & 0x7FFF'FFFFU;
  b.decoded = decoded;
  if (decoded) decoded_ += uri;
  bindings_.push_back(b);
  newest = size();
}

void namespace_scope::leave(const char* base, std::uint32_t size) noexcept {
  while (bindings_.size() > size) {
    newest_[bucket_of(prefix(base, this->size()))] = bindings_.back().older;
    bindings_.pop_back();
  }
}

std::uint32_t namespace_scope::find(const char* base, std::string_view wanted) const noexcept {
  if (bindings_.empty()) return 0;
  std::uint32_t number = newest_[bucket_of(wanted)];
  while (number != 0 && prefix(base, number) != wanted) number = bindings_[number - 1].older;
  return number;
}

std::string_view namespace_scope::uri(const char* base, std::uint32_t number) const noexcept {
  const binding& b = bindings_[number - 1];
  return {(b.decoded ? decoded_.data() : base) + b.uri_begin, b.uri_size};
}

std::string_view namespace_scope::prefix(const char* base, std::uint32_t number) const noexcept {
  const binding& b = bindings_[number - 1];
  return {base + b.prefix_begin, b.prefix_size};
}

}  // namespace couplet::xml
