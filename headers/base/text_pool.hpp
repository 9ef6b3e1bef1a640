#pragma once

#include <string>
#include <string_view>

namespace couplet::base {

/// A pool of empty strings that keep their capacity, one pool for each thread, so that a stanza that is
/// only forwarded costs no allocation. A text may be taken on one thread and given back on another; who consumes it gives it back.
/// A pooled text has more room than it needs: what is kept for long is a copy.
///
/// Stanzas and addresses are on shelves of their own: an address never holds the memory of a stanza while it waits in a
/// queue, which counts the bytes that are in it only. Each shelf keeps at most 256 texts of 128 bytes to 8 KiB; others are freed.

/// For a stanza: room for at least 256 bytes.
std::string take_text();
/// For an address or the like: a copy of `content`. Up to 15 bytes lie in the string itself, beyond it has room for at least 128.
std::string take_short_text(std::string_view content);
/// The same, empty, to append to.
std::string take_short_text();
/// From wherever it came; its capacity says which shelf it goes to.
void give_text(std::string&& text) noexcept;

/// For tests: how many texts the calling thread's pool holds now, on both shelves.
std::size_t pooled_texts() noexcept;

}  // namespace couplet::base
