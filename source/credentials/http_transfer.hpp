#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "credentials/options.hpp"
#include "curl_library.hpp"

namespace couplet::credentials {

/// One connection to the service, kept from question to question. Used by one thread at a time.
class http_transfer {
 public:
  /// Throws std::bad_alloc.
  http_transfer(const curl_library& curl, const http_options& o);
  http_transfer(const http_transfer&) = delete;
  http_transfer& operator=(const http_transfer&) = delete;

  struct outcome {
    std::string failure;  ///< empty: there is an answer
    long status = 0;
    std::string body;
  };
  /// Sends the form and waits for the answer, for the time that the options give, or until `aborted` is set and wake() was called.
  outcome post(std::string_view form, const std::atomic<bool>& aborted);

  /// From any thread.
  void wake() noexcept { curl_.multi_wakeup(multi_.get()); }

 private:
  void set_options(const http_options& o);
  template <class value>
  void set(CURLoption option, value v);
  std::string run(const std::atomic<bool>& aborted);
  std::string result_of_run();
  static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* self) noexcept;
  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* self) noexcept;

  const curl_library& curl_;
  std::unique_ptr<curl_slist, decltype(&::curl_slist_free_all)> headers_;
  std::unique_ptr<CURLM, decltype(&::curl_multi_cleanup)> multi_;
  std::unique_ptr<CURL, decltype(&::curl_easy_cleanup)> easy_;  ///< goes before what it uses
  std::size_t header_bytes_ = 0;
  std::string body_;
};

}  // namespace couplet::credentials
