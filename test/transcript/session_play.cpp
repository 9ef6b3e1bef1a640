#include <algorithm>
#include <stdexcept>

#include "session_stage.hpp"

namespace couplet::transcript {

namespace {

class session_player {
 public:
  session_player(const scene& s, session_stage& on, std::size_t every, bool in_order)
      : scene_(s), stage_(on), every_(every), in_order_(in_order) {}

  void play() {
    for (std::size_t i = 0; i < scene_.steps.size(); ++i) {
      const auto& s = scene_.steps[i];
      line_ = s.line;
      try {
        take(s, i != 0 && scene_.steps[i - 1].what == step::kind::client);
      } catch (const std::exception& e) {
        const std::string what = e.what();
        throw std::runtime_error(what.starts_with("line ") ? what : "line " + std::to_string(line_) + ": " + what);
      }
    }
    expect_nothing_more();
    for (const auto& who : stage_.names())
      if (!stage_.closed(who).empty() && !closed_[who]) fail("the stream of " + who + " is open", stage_.closed(who));
  }

 private:
  [[noreturn]] void fail(const std::string& expected, const std::string& came) const {
    throw std::runtime_error("line " + std::to_string(line_) + ":\n  expected: " + expected + "\n  came:     " + came);
  }

  void take(const step& s, bool behind_client) {
    using enum step::kind;
    switch (s.what) {
      case client:
        // Lines in a row: nobody waits for an answer in between.
        if (!behind_client) expect_nothing_more();
        send(s.who, variables_.fill(s.text));
        return collect();
      case given:
        expect_nothing_more();
        send(s.who, variables_.fill(s.text));
        collect();
        written_.clear();
        return;
      case event:
        expect_nothing_more();
        stage_.happens(s.who, variables_.fill(s.text));
        return collect();
      case server: return expect_written(s.who, s.text);
      case closed:
        closed_[s.who] = true;
        if (stage_.closed(s.who) != s.text) fail("closed: " + s.text, stage_.closed(s.who));
        return;
      case to_manager:
      case from_manager: fail("a step of a client", "a route");
    }
  }

  void send(const std::string& who, const std::string& bytes) {
    const auto size = every_ == 0 ? std::max<std::size_t>(bytes.size(), 1) : every_;
    for (std::size_t done = 0; done < bytes.size(); done += size) stage_.client_sends(who, bytes.substr(done, size));
  }

  void collect() {
    for (const auto& who : stage_.names())
      for (auto& text : stage_.take_written(who)) written_[who].push_back(std::move(text));
  }

  void expect_written(const std::string& who, const std::string& pattern) {
    auto& all = written_[who];
    if (all.empty()) fail(who + " gets " + pattern, "nothing");
    for (auto text = all.begin(); text != all.end(); ++text) {
      auto names = variables_;
      const auto size = names.match(pattern, *text);
      if (size == text->size()) {
        variables_ = std::move(names);
        all.erase(text);
        return;
      }
      if (in_order_) break;
    }
    fail(who + " gets " + pattern, all.front());
  }

  void expect_nothing_more() const {
    for (const auto& [who, texts] : written_)
      if (!texts.empty()) fail("nothing more for " + who, texts.front());
  }

  const scene& scene_;
  session_stage& stage_;
  const std::size_t every_;
  const bool in_order_;
  variables variables_;
  std::map<std::string, std::vector<std::string>> written_;
  std::map<std::string, bool> closed_;
  unsigned line_ = 0;
};

}  // namespace

void play(const scene& s, session_stage& on, std::size_t every, bool in_order) {
  session_player(s, on, every, in_order).play();
}

}  // namespace couplet::transcript
