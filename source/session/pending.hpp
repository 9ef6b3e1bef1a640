#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "route/message.hpp"
#include "seeded_hash.hpp"
#include "session/account_request.hpp"

namespace couplet::session {

struct order;

/// A request about an account that waits for its answer, and whom to tell then.
struct pending_request {
  account_request::kind what = account_request::kind::refuse;
  std::string bare_jid;
  route::address from, to;      ///< of the answer, before a login; empty: a session asked, and its full JID stands in `iq`
  std::shared_ptr<order> word;  ///< an admin's command asked: nothing of the above
  std::string iq;               ///< the first tag of what was asked, closed: an answer is made of it. No secret is in it.
};

/// The requests of one partition that are under way. Bounded, and one change of an account at a time: so the last change that was
/// confirmed is the last that was made.
class pending_table {
 public:
  static constexpr std::size_t most = 4'096;

  bool full() const noexcept { return requests_.size() >= most; }
  /// Whether a change of this account is under way.
  bool is_changing(std::string_view bare_jid) const { return changing_.find(bare_jid) != changing_.end(); }
  /// Accounts that are being made.
  std::size_t making() const noexcept { return making_; }
  std::uint64_t last_number() const noexcept { return last_number_; }
  /// Whether one with this number, or an earlier one, is under way. Looks at all.
  bool waits_up_to(std::uint64_t number) const noexcept;

  /// Precondition: !full(), and no change is added where one of the account is under way. Answers the request's number.
  std::uint64_t add(pending_request&& p);
  std::optional<pending_request> take(std::uint64_t number);

 private:
  std::unordered_map<std::uint64_t, pending_request> requests_;
  std::unordered_set<std::string, seeded_hasher, std::equal_to<>> changing_;
  std::uint64_t last_number_ = 0;
  std::size_t making_ = 0;
};

/// The first tag of an iq, closed.
std::string first_tag_of(std::string_view iq);

}  // namespace couplet::session
