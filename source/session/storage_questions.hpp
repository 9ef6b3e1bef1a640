#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "session/manager.hpp"
#include "session/storage_request.hpp"

/// How the duties of this room ask the storage.
namespace couplet::session {

struct core;

/// What goes on when the answer is there. It may come much later: sessions, accounts and their entries in the tables may be gone by then, views of
/// stanzas are. So it holds copies and names, and looks up what it needs.
using storage_continuation = std::function<void(core& c, storage_answer&& answer, effects& out)>;

/// Those of one partition that wait for an answer. Bounded by number and by bytes.
class storage_questions {
 public:
  static constexpr std::size_t most = 4'096;
  static constexpr std::size_t most_bytes = 32U << 20U;

  /// The request's number; nothing: there is no place.
  std::optional<std::uint64_t> add(std::size_t bytes, storage_continuation& then);
  /// Nothing where there is none of that number.
  storage_continuation take(std::uint64_t number);
  std::size_t size() const noexcept { return waiting_.size(); }
  std::uint64_t last_number() const noexcept { return last_number_; }
  /// Whether one with this number, or an earlier one, waits. Looks at all.
  bool waits_up_to(std::uint64_t number) const noexcept;

 private:
  struct question {
    question(std::size_t bytes_, storage_continuation then_) : bytes(bytes_), then(std::move(then_)) {}
    std::size_t bytes;
    storage_continuation then;
  };
  std::unordered_map<std::uint64_t, question> waiting_;
  std::uint64_t last_number_ = 0;
  std::size_t bytes_ = 0;
};

/// Asks, and `then` is called exactly once, in the order of the questions about one owner. Where too many wait already it is called at once,
/// before ask() returns, with `full`.
///
///     ask(c, bare, read_entries(entry_kind::vcard, ""), [iq = first_tag_of(xml)](core& c, storage_answer&& a, effects& out) {
///       if (a.outcome != storage_outcome::done) return answer_error(c, copy_of(iq), read_head(iq), condition_of(a.outcome), out);
///       answer_result(c, a.entries.empty() ? empty : a.entries[0].value, read_head(iq), out);
///     }, out, iq.size());
///
/// `kept`: bytes that `then` holds, for the bound.
void ask(core& c, std::string_view owner, storage_request::work what, storage_continuation then, effects& out,
         std::size_t kept = 0);

/// For what nobody waits for.
void ask(core& c, std::string_view owner, storage_request::work what, effects& out);

/// The answer has come.
void on_storage_answer(core& c, std::uint64_t number, storage_answer&& answer, effects& out);

}  // namespace couplet::session
