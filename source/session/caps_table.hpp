#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "seeded_hash.hpp"

namespace couplet::session {

/// What is known of the client of one session, or of all whose presence has the same hash (XEP-0115).
struct capabilities {
  std::string key;  ///< what the presence says: algorithm, node and ver, blanks between them
  bool known = false;
  std::vector<std::string> wants;      ///< of which nodes it wants to hear, in order
  std::vector<std::uint64_t> waiting;  ///< while it is not known: handles of the sessions whose presence says this
};

/// The clients of one partition's sessions: shared where a hash has been verified, and questions that are under way. Bounded.
class caps_table {
 public:
  static constexpr std::size_t most = 1'000;
  static constexpr std::size_t most_bytes = 512U << 10U;
  static constexpr std::size_t most_questions = 1'024;
  static constexpr std::int64_t patience = 30'000;  ///< milliseconds that a client has for its answer

  struct question {
    std::shared_ptr<capabilities> about;
    std::uint64_t session = 0;  ///< the handle
    std::int64_t since = 0;
  };

  /// Null: nobody has said this, or it was forgotten.
  std::shared_ptr<capabilities> find(std::string_view key) const;
  /// For one more; where there is no place, it is its session's alone.
  std::shared_ptr<capabilities> make(std::string key);
  /// Its hash has been verified: it is counted with what it holds.
  void keep(const capabilities& what);
  /// Nobody says it any more, or it could not be verified.
  void forget(const capabilities& what);

  bool may_ask() const noexcept { return questions_.size() < most_questions; }
  /// The question's number.
  std::uint64_t add_question(question q);
  /// Nothing where there is none of that number, or it went to another session.
  std::optional<question> take_question(std::uint64_t number, std::uint64_t session);
  /// One of the session; nothing: it was not asked.
  std::optional<question> take_question_of(std::uint64_t session);
  /// The oldest one, if it has waited too long.
  std::optional<question> take_expired(std::int64_t now);

  std::size_t size() const noexcept { return known_.size(); }
  std::size_t questions() const noexcept { return questions_.size(); }

 private:
  void make_room();

  std::unordered_map<std::string, std::shared_ptr<capabilities>, seeded_hasher, std::equal_to<>> known_;
  std::map<std::uint64_t, question> questions_;  ///< by number, so by age
  std::uint64_t last_number_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace couplet::session
