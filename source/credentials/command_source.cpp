#include "credentials/command_source.hpp"

#include <algorithm>
#include <deque>
#include <mutex>

#include "base/log.hpp"
#include "base/secret.hpp"
#include "blocking_source.hpp"
#include "child.hpp"
#include "error_lines.hpp"
#include "spawn.hpp"

namespace couplet::credentials {

using verdict = sasl::answer::verdict;

namespace {

constexpr auto quiet = std::chrono::minutes(1);

/// The place of one process, with what became of those that were there before.
struct seat {
  std::unique_ptr<child> process;
  unsigned failures = 0;  ///< in a row
  base::time_point not_before{};
  base::time_point quiet_until{};
};

class command_check final : public blocking_check {
 public:
  command_check(command_options o, std::vector<std::string> words)
      : options_(std::move(o)), words_(std::move(words)), seats_(std::max(options_.processes, 1U)) {
    for (auto& s : seats_) idle_.push_back(&s);
  }

  finding check(const sasl::question& q) override {
    if (const auto known = answer_without_asking(q)) return finding(*known, "the server's name has a colon");
    seat& s = take_seat();
    finding found = finding(verdict::unavailable, "it failed");
    try {
      found = ask(s, q);
    } catch (const std::exception& e) {
      on_failure(s);
      found.why = e.what();
    }
    give_back(s);
    return found;
  }

  void abort() noexcept override {
    stop_.raise();
    const std::lock_guard lock(mutex_);
    for (seat* s : idle_) {
      if (s->process) s->process->close_input();
    }
  }

 private:
  /// There are as many as threads. One that works is taken first.
  seat& take_seat() {
    const std::lock_guard lock(mutex_);
    seat* s = idle_.front();
    idle_.pop_front();
    return *s;
  }
  void give_back(seat& s) noexcept {
    const std::lock_guard lock(mutex_);
    if (s.process) {
      idle_.push_front(&s);
    } else {
      idle_.push_back(&s);
    }
  }

  finding ask(seat& s, const sasl::question& q) {
    if (s.process && !s.process->is_ready()) {
      on_failure(s);
      say_lost(s);
    }
    if (auto missing = start(s)) return finding(verdict::unavailable, std::move(*missing));
    std::string question;
    append_question(question, options_.protocol, q);
    reply answer = reply::incomplete;
    const auto end = s.process->converse(options_.protocol, question, base::clock::now() + options_.timeout, stop_.get(), answer);
    base::wipe(question);
    return conclude(s, end, answer);
  }

  void say_lost(seat& s) const {
    const auto now = base::clock::now();
    if (now < s.quiet_until) return;
    s.quiet_until = now + quiet;
    base::log::warning("a process of --auth-command ended, or spoke without being asked", {{"program", words_[0]}});
  }

  std::optional<std::string> start(seat& s) {
    if (s.process) return std::nullopt;
    if (base::clock::now() < s.not_before) return "it failed and is not started again yet";
    auto started = child::start(words_, errors_.descriptor_to_write());
    if (!started) {
      on_failure(s);
      return started.error_text();
    }
    s.process = std::move(*started);
    return std::nullopt;
  }

  finding conclude(seat& s, child::end end, reply answer) {
    if (end == child::end::answered && answer != reply::garbage) {
      s.failures = 0;
      return finding(answer == reply::right ? verdict::right : verdict::wrong);
    }
    if (end == child::end::stopped) return finding(verdict::unavailable, "it is being stopped");
    on_failure(s);
    switch (end) {
      case child::end::late: return finding(verdict::unavailable, "no answer in time");
      case child::end::broken: return finding(verdict::unavailable, "it ended");
      default: return finding(verdict::unavailable, "what it said is no answer");
    }
  }

  void on_failure(seat& s) {
    s.process.reset();
    ++s.failures;
    // The first time it may have been its hour; then something is wrong.
    if (s.failures < 2) return;
    const std::chrono::milliseconds doubled = options_.first_pause * (1LL << std::min(s.failures - 2, 16U));
    s.not_before = base::clock::now() + std::min(doubled, options_.longest_pause);
  }

  command_options options_;
  std::vector<std::string> words_;
  raised_flag stop_;
  error_lines errors_;
  std::vector<seat> seats_;
  std::mutex mutex_;
  std::deque<seat*> idle_;
};

}  // namespace

std::optional<std::string> fault_of(const command_options& o) {
  return fault_of_command(split_command(o.command));
}

base::result<std::unique_ptr<source>> make_command_source(command_options o) {
  if (const auto fault = fault_of(o)) return base::error(*fault);
  auto words = split_command(o.command);
  const auto processes = std::max(o.processes, 1U);
  const auto waiting = o.waiting;
  auto check = std::make_unique<command_check>(std::move(o), std::move(words));
  return std::unique_ptr<source>(std::make_unique<blocking_source>("command", processes, waiting, std::move(check)));
}

}  // namespace couplet::credentials
