#include "net/dialer.hpp"

#include <asio/ip/tcp.hpp>
#include <memory>
#include <vector>

#include "net/byte_stream.hpp"

namespace couplet::net {

using tcp_resolver = asio::ip::basic_resolver<asio::ip::tcp, executor>;
using tcp_socket = asio::basic_stream_socket<asio::ip::tcp, executor>;

struct dialer::attempt {
  explicit attempt(executor ex) : resolver(ex), socket(ex) {}
  tcp_resolver resolver;
  tcp_socket socket;
  bool given_up = false;
};

namespace {

/// An address that needs no name server, and so no thread of the resolver's.
std::vector<asio::ip::tcp::endpoint> numeric(const endpoint& where) {
  asio::error_code is_a_name;
  const auto address = asio::ip::make_address(where.host, is_a_name);
  if (is_a_name) return {};
  return {asio::ip::tcp::endpoint(address, where.port)};
}

}  // namespace

dialer::dialer(shard& s) : attempt_(std::make_unique<attempt>(s.get_executor())) {}
dialer::~dialer() = default;

task<base::result<int>> dialer::dial(endpoint where) {
  attempt_->given_up = false;
  std::vector<asio::ip::tcp::endpoint> targets = numeric(where);
  if (targets.empty()) {
    const std::string port = std::to_string(where.port);
    const auto [unresolved, found] = co_await attempt_->resolver.async_resolve(where.host, port, as_result);
    if (attempt_->given_up) co_return base::error("it took too long");
    if (unresolved) co_return base::error(unresolved.message());
    for (const auto& candidate : found) targets.push_back(candidate.endpoint());
  }
  asio::error_code last = asio::error::host_not_found;
  for (const auto& target : targets) {
    attempt_->socket = tcp_socket(attempt_->resolver.get_executor());
    const auto [refused] = co_await attempt_->socket.async_connect(target, as_result);
    // The socket may have been closed between the connection and this line.
    if (attempt_->given_up) co_return base::error("it took too long");
    last = refused;
    if (refused) continue;
    const int descriptor = attempt_->socket.release();
    tune_tcp(descriptor);
    co_return descriptor;
  }
  co_return base::error(last.message());
}

void dialer::give_up() {
  attempt_->given_up = true;
  attempt_->resolver.cancel();
  asio::error_code ignored;
  attempt_->socket.close(ignored);
}

}  // namespace couplet::net
