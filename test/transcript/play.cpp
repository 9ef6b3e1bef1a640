#include <algorithm>
#include <stdexcept>

#include "script.hpp"

namespace couplet::transcript {

namespace {

class player {
 public:
  player(const scene& s, stage& on, const cutting& cut) : scene_(s), stage_(on), cut_(cut) {}

  std::size_t play() {
    for (std::size_t i = 0; i < scene_.steps.size(); ++i) {
      line_ = scene_.steps[i].line;
      take(scene_.steps[i], i + 1 < scene_.steps.size() ? &scene_.steps[i + 1] : nullptr);
    }
    flush_client();
    expect_nothing_more();
    if (!stage_.closed().empty() && !closed_) fail("an open stream", stage_.closed());
    return sent_;
  }

 private:
  [[noreturn]] void fail(const std::string& expected, const std::string& came) const {
    throw std::runtime_error("line " + std::to_string(line_) + ":\n  expected: " + expected + "\n  came:     " + came);
  }

  void take(const step& s, const step* next) {
    using enum step::kind;
    switch (s.what) {
      case client:
        if (client_.empty()) expect_nothing_more();
        client_ += variables_.fill(s.text);
        // Lines in a row are one delivery: the client does not wait for an answer in between.
        if (next == nullptr || next->what != client) flush_client();
        return;
      case given: throw std::runtime_error("line " + std::to_string(s.line) + ": G: is for scenes of several clients");
      case server: return expect_written(s.text);
      case to_manager: return expect_route(s.route);
      case from_manager:
        expect_nothing_more();
        stage_.manager_sends({s.route.kind, variables_.fill(s.route.address), variables_.fill(s.route.text)});
        return collect();
      case event:
        expect_nothing_more();
        stage_.happens(s.text);
        return collect();
      case closed:
        closed_ = true;
        if (stage_.closed() != s.text) fail("closed: " + s.text, stage_.closed());
        return;
    }
  }

  void flush_client() {
    const std::string_view all = client_;
    for (std::size_t done = 0; done < all.size();) {
      auto size = cut_.every == 0 ? all.size() - done : std::min(cut_.every, all.size() - done);
      if (cut_.at > sent_) size = std::min(size, cut_.at - sent_);
      // A copy of just these bytes: reading past them is then seen by the address sanitizer.
      const std::string piece(all.substr(done, size));
      stage_.client_sends(piece);
      collect();
      done += size;
      sent_ += size;
    }
    client_.clear();
  }

  void collect() {
    written_ += stage_.take_written();
    for (auto& r : stage_.take_routes()) routes_.push_back(std::move(r));
  }

  void expect_written(const std::string& pattern) {
    const auto size = variables_.match(pattern, written_);
    if (!size) fail(pattern, written_);
    written_.erase(0, *size);
  }

  void expect_route(const routed& expected) {
    const auto text = [](const routed& r) { return r.kind + ' ' + r.address + ' ' + r.text; };
    if (routes_.empty()) fail("M> " + text(expected), "no route");
    const auto came = text(routes_.front());
    const auto size = variables_.match(text(expected), came);
    if (!size || *size != came.size()) fail("M> " + text(expected), came);
    routes_.erase(routes_.begin());
  }

  void expect_nothing_more() const {
    if (!written_.empty()) fail("nothing more to be written", written_);
    if (!routes_.empty())
      fail("no more routes", routes_.front().kind + ' ' + routes_.front().address + ' ' + routes_.front().text);
  }

  const scene& scene_;
  stage& stage_;
  const cutting cut_;
  variables variables_;
  std::string client_;  // not sent yet
  std::string written_;
  std::vector<routed> routes_;
  std::size_t sent_ = 0;
  unsigned line_ = 0;
  bool closed_ = false;
};

}  // namespace

std::size_t play(const scene& s, stage& on, const cutting& cut) {
  return player(s, on, cut).play();
}

}  // namespace couplet::transcript
