#include "credentials/http_source.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <vector>

#include "base/secret.hpp"
#include "blocking_source.hpp"
#include "http_protocol.hpp"
#include "http_transfer.hpp"
#include "http_url.hpp"

namespace couplet::credentials {

using verdict = sasl::answer::verdict;

namespace {

class http_check final : public blocking_check {
 public:
  http_check(const curl_library& curl, const http_options& o) {
    for (unsigned i = 0; i < std::max(o.connections, 1U); ++i) {
      transfers_.push_back(std::make_unique<http_transfer>(curl, o));
      idle_.push_back(transfers_.back().get());
    }
  }

  finding check(const sasl::question& q) override {
    const lease connection(*this);
    auto form = http_form(q);
    const auto o = connection.transfer.post(form, aborted_);
    base::wipe(form);
    if (!o.failure.empty()) return finding(verdict::unavailable, o.failure);
    return judge_http(o.status, o.body);
  }

  void abort() noexcept override {
    aborted_ = true;
    for (auto& t : transfers_) t->wake();
  }

 private:
  /// There are as many as threads. The one that was used last is taken first: its connection is still there.
  http_transfer& take() {
    const std::lock_guard lock(mutex_);
    auto* t = idle_.back();
    idle_.pop_back();
    return *t;
  }
  void give_back(http_transfer& t) noexcept {
    const std::lock_guard lock(mutex_);
    idle_.push_back(&t);
  }

  struct lease {
    explicit lease(http_check& c) : owner(c), transfer(c.take()) {}
    ~lease() { owner.give_back(transfer); }
    lease(const lease&) = delete;
    lease& operator=(const lease&) = delete;
    http_check& owner;
    http_transfer& transfer;
  };

  std::atomic<bool> aborted_{false};
  std::vector<std::unique_ptr<http_transfer>> transfers_;
  std::mutex mutex_;
  std::vector<http_transfer*> idle_;
};

}  // namespace

std::optional<std::string> fault_of(const http_options& o) {
  const auto curl = curl_library::load();
  if (!curl) return curl.error_text();
  if (auto fault = fault_of_url(**curl, o.url)) return fault;
  if (!o.ca_file.empty() && ::access(o.ca_file.c_str(), R_OK) != 0) return o.ca_file + ": " + std::strerror(errno);
  return std::nullopt;
}

base::result<std::unique_ptr<source>> make_http_source(http_options o) {
  if (const auto fault = fault_of(o)) return base::error(*fault);
  const auto curl = curl_library::load();
  const auto connections = std::max(o.connections, 1U);
  auto check = std::make_unique<http_check>(**curl, o);
  return std::unique_ptr<source>(std::make_unique<blocking_source>("http", connections, o.waiting, std::move(check)));
}

}  // namespace couplet::credentials
