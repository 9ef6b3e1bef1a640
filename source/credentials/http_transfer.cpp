#include "http_transfer.hpp"

#include <new>
#include <stdexcept>

#include "http_protocol.hpp"

namespace couplet::credentials {

namespace {
constexpr std::size_t longest_header = 16 * 1024;  // bytes of all header lines together
constexpr int look_again_ms = 1000;
}  // namespace

http_transfer::http_transfer(const curl_library& curl, const http_options& o)
    : curl_(curl),
      headers_(curl.slist_append(nullptr, "Expect:"), curl.slist_free_all),
      multi_(curl.multi_init(), curl.multi_cleanup),
      easy_(curl.easy_init(), curl.easy_cleanup) {
  body_.reserve(longest_body);
  if (!multi_ || !easy_ || !headers_) throw std::bad_alloc();
  set_options(o);
}

template <class value>
void http_transfer::set(CURLoption option, value v) {
  if (curl_.easy_setopt(easy_.get(), option, v) != CURLE_OK) throw std::runtime_error("libcurl does not know an option");
}

void http_transfer::set_options(const http_options& o) {
  const bool is_secure = o.url.size() > 5 && (o.url[4] == 's' || o.url[4] == 'S');
  set(CURLOPT_URL, o.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, is_secure ? "https" : "http");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PROXY, "");  // not even that of the environment
  set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L);  // a name server that does not answer must not hold up our end
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(o.timeout.count()));
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(o.timeout.count()));
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!o.ca_file.empty()) {
    set(CURLOPT_CAINFO, o.ca_file.c_str());
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
  set(CURLOPT_USERAGENT, "Couplet");
  set(CURLOPT_HTTPHEADER, headers_.get());
  set(CURLOPT_POST, 1L);
  set(CURLOPT_HEADERFUNCTION, &http_transfer::on_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(CURLOPT_WRITEFUNCTION, &http_transfer::on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(this));
}

http_transfer::outcome http_transfer::post(std::string_view form, const std::atomic<bool>& aborted) {
  body_.clear();
  header_bytes_ = 0;
  set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(form.size()));
  set(CURLOPT_POSTFIELDS, form.data());  // not copied
  outcome o;
  o.failure = run(aborted);
  set(CURLOPT_POSTFIELDS, "");
  if (!o.failure.empty()) return o;
  curl_.easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &o.status);
  o.body = body_;
  return o;
}

/// Answers what failed; nothing: there is an answer.
std::string http_transfer::run(const std::atomic<bool>& aborted) {
  if (curl_.multi_add_handle(multi_.get(), easy_.get()) != CURLM_OK) return "libcurl failed";
  std::string failure = "it is being stopped";
  while (!aborted) {
    int running = 0;
    auto failed = curl_.multi_perform(multi_.get(), &running);
    if (failed == CURLM_OK && running != 0) failed = curl_.multi_poll(multi_.get(), nullptr, 0, look_again_ms, nullptr);
    if (failed == CURLM_OK && running != 0) continue;
    failure = failed == CURLM_OK ? result_of_run() : "libcurl failed";
    break;
  }
  curl_.multi_remove_handle(multi_.get(), easy_.get());
  return failure;
}

std::string http_transfer::result_of_run() {
  int left = 0;
  while (const CURLMsg* m = curl_.multi_info_read(multi_.get(), &left)) {
    if (m->msg != CURLMSG_DONE) continue;
    if (m->data.result == CURLE_OK) return {};
    if (m->data.result == CURLE_WRITE_ERROR) return "the answer is too long";
    return curl_.easy_strerror(m->data.result);
  }
  return "libcurl failed";
}

std::size_t http_transfer::on_header(char*, std::size_t size, std::size_t count, void* self) noexcept {
  auto& t = *static_cast<http_transfer*>(self);
  t.header_bytes_ += size * count;
  return t.header_bytes_ <= longest_header ? size * count : 0;
}

std::size_t http_transfer::on_body(char* bytes, std::size_t size, std::size_t count, void* self) noexcept {
  auto& t = *static_cast<http_transfer*>(self);
  if (t.body_.size() + size * count > longest_body) return 0;
  t.body_.append(bytes, size * count);
  return size * count;
}

}  // namespace couplet::credentials
