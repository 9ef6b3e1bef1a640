#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "credentials/lanes.hpp"
#include "credentials/source.hpp"
#include "credentials/tally.hpp"
#include "net/workers.hpp"

namespace couplet::credentials {

/// What a check came to; `why` where it is unavailable.
struct finding {
  explicit finding(sasl::answer::verdict v, std::string why_ = {}) : outcome(v), why(std::move(why_)) {}
  sasl::answer::verdict outcome;
  std::string why;
};

/// Asks whether a password is right, and blocks meanwhile.
class blocking_check {
 public:
  virtual ~blocking_check() = default;
  /// On one of several threads at a time; as many at most as the source has.
  virtual finding check(const sasl::question& q) = 0;
  /// From any thread: whatever is under way and whatever comes is unavailable at once.
  virtual void abort() noexcept = 0;
};

/// Makes a source of it, by threads of its own: a slow service must not keep those that hash waiting.
class blocking_source final : public source {
 public:
  /// `name`: a constant.
  blocking_source(std::string_view name, unsigned threads, std::size_t waiting, std::unique_ptr<blocking_check> check);
  ~blocking_source() override;

  net::task<sasl::answer> ask(sasl::question q) override;
  bool has_keys() const noexcept override { return false; }
  std::string_view name() const noexcept override { return name_; }
  void stop() noexcept override;
  counts so_far() const noexcept override { return tally_.so_far(); }

 private:
  net::task<finding> find_out(const sasl::question& q);

  std::string_view name_;
  lanes lanes_;
  tally tally_;
  std::unique_ptr<blocking_check> check_;
  net::workers pool_;  ///< ends before what its threads use
};

}  // namespace couplet::credentials
