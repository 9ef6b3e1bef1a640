#include "records.hpp"

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include <algorithm>
#include <ctime>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace couplet::bench {

namespace {

constexpr char suite[] = "TLS13-AES128-GCM-SHA256";

/// What one end reads from and writes to.
struct ends {
  std::string_view in;
  std::string out;
};

int take(WOLFSSL*, char* room, int size, void* context) {
  auto& in = static_cast<ends*>(context)->in;
  if (in.empty()) return WOLFSSL_CBIO_ERR_WANT_READ;
  const auto taken = in.substr(0, static_cast<std::size_t>(size));
  std::copy(taken.begin(), taken.end(), room);
  in.remove_prefix(taken.size());
  return static_cast<int>(taken.size());
}

int give(WOLFSSL*, char* bytes, int size, void* context) {
  static_cast<ends*>(context)->out.append(bytes, static_cast<std::size_t>(size));
  return size;
}

std::uint64_t thread_cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

const unsigned char* bytes(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

void need(bool good, const char* what) {
  if (!good) throw std::runtime_error(std::string("records: ") + what);
}

}  // namespace

struct record_pair::state {
  std::unique_ptr<WOLFSSL_CTX, decltype(&wolfSSL_CTX_free)> server_context{nullptr, wolfSSL_CTX_free};
  std::unique_ptr<WOLFSSL_CTX, decltype(&wolfSSL_CTX_free)> client_context{nullptr, wolfSSL_CTX_free};
  std::unique_ptr<WOLFSSL, decltype(&wolfSSL_free)> server{nullptr, wolfSSL_free};
  std::unique_ptr<WOLFSSL, decltype(&wolfSSL_free)> client{nullptr, wolfSSL_free};
  ends server_ends, client_ends;

  void begin(WOLFSSL_CTX* context, std::unique_ptr<WOLFSSL, decltype(&wolfSSL_free)>& one, ends& its) {
    need(wolfSSL_CTX_set_cipher_list(context, suite) == WOLFSSL_SUCCESS, "no AES-128-GCM");
    wolfSSL_CTX_SetIORecv(context, take);
    wolfSSL_CTX_SetIOSend(context, give);
    one.reset(wolfSSL_new(context));
    need(one != nullptr, "no memory");
    wolfSSL_SetIOReadCtx(one.get(), &its);
    wolfSSL_SetIOWriteCtx(one.get(), &its);
  }
};

record_pair::record_pair(const std::string& certificate, const std::string& key) : own_(std::make_unique<state>()) {
  wolfSSL_Init();
  auto& o = *own_;
  o.server_context.reset(wolfSSL_CTX_new(wolfTLSv1_3_server_method()));
  o.client_context.reset(wolfSSL_CTX_new(wolfTLSv1_3_client_method()));
  auto* const s = o.server_context.get();
  need(s != nullptr && o.client_context != nullptr, "no memory");
  const auto size = [](const std::string& text) { return static_cast<long>(text.size()); };
  need(wolfSSL_CTX_use_certificate_buffer(s, bytes(certificate), size(certificate), WOLFSSL_FILETYPE_PEM) == WOLFSSL_SUCCESS &&
           wolfSSL_CTX_use_PrivateKey_buffer(s, bytes(key), size(key), WOLFSSL_FILETYPE_PEM) == WOLFSSL_SUCCESS,
       "the certificate is not taken");
  wolfSSL_CTX_set_verify(o.client_context.get(), WOLFSSL_VERIFY_NONE, nullptr);
  o.begin(s, o.server, o.server_ends);
  o.begin(o.client_context.get(), o.client, o.client_ends);
  // ClientHello; the server's flight; the client's Finished.
  static_cast<void>(wolfSSL_connect(o.client.get()));
  const std::string hello = std::exchange(o.client_ends.out, {});
  o.server_ends.in = hello;
  static_cast<void>(wolfSSL_accept(o.server.get()));
  o.client_ends.in = o.server_ends.out;
  need(wolfSSL_connect(o.client.get()) == WOLFSSL_SUCCESS, "the client's handshake failed");
  o.server_ends.in = o.client_ends.out;
  need(wolfSSL_accept(o.server.get()) == WOLFSSL_SUCCESS, "the server's handshake failed");
}

record_pair::~record_pair() = default;

double record_pair::pass_on(std::size_t count, std::size_t size) {
  auto& o = *own_;
  std::string text(size, 'x'), out;
  const int length = static_cast<int>(size);
  o.client_ends.out.clear();
  for (std::size_t n = 0; n < count; ++n)
    need(wolfSSL_write(o.client.get(), text.data(), length) == length, "the client cannot write");
  const std::size_t record = o.client_ends.out.size() / count;
  const std::string_view all = o.client_ends.out;
  std::string plain(size, '\0');
  const std::uint64_t begin = thread_cpu_ns();
  for (std::size_t n = 0; n < count; ++n) {
    o.server_ends.in = all.substr(n * record, record);
    need(wolfSSL_read(o.server.get(), plain.data(), length) == length, "the server cannot read");
    o.server_ends.out.clear();
    need(wolfSSL_write(o.server.get(), plain.data(), length) == length, "the server cannot write");
  }
  const std::uint64_t end = thread_cpu_ns();
  need(plain == text, "the server read something else");
  return static_cast<double>(end - begin);
}

}  // namespace couplet::bench
