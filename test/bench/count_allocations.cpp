// Loaded into the server by LD_PRELOAD: counts what it allocates, in a file that the benchmark maps and reads at any time.
// COUPLET_BENCH_COUNTS names the file (made here); without it nothing is counted. The C++ library's operator new ends in
// malloc or aligned_alloc, so these few are all there is.

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>

#include "counts.hpp"

// glibc's own names of the functions that are replaced here; dlsym would itself allocate.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
}

namespace {

couplet::bench::allocation_counts unread;  // until the file is mapped
couplet::bench::allocation_counts* counts = &unread;

[[gnu::constructor]] void map_file() {
  const char* const path = std::getenv("COUPLET_BENCH_COUNTS");
  if (path == nullptr) return;
  const int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return;
  if (ftruncate(file, sizeof *counts) == 0) {
    void* const mapped = mmap(nullptr, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped != MAP_FAILED) counts = static_cast<couplet::bench::allocation_counts*>(mapped);
  }
  close(file);
}

void count(std::size_t size) {
  counts->calls.fetch_add(1, std::memory_order_relaxed);
  counts->bytes.fetch_add(size, std::memory_order_relaxed);
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) {
  count(size);
  return __libc_malloc(size);
}

void* calloc(std::size_t number, std::size_t size) {
  count(number * size);
  return __libc_calloc(number, size);
}

void* realloc(void* old, std::size_t size) {
  count(size);
  return __libc_realloc(old, size);
}

void* memalign(std::size_t alignment, std::size_t size) {
  count(size);
  return __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
  count(size);
  return __libc_memalign(alignment, size);
}

int posix_memalign(void** out, std::size_t alignment, std::size_t size) {
  count(size);
  *out = __libc_memalign(alignment, size);
  return *out == nullptr ? ENOMEM : 0;
}
}
