#include "back_ends.hpp"

#include "lookup.hpp"
#include "values.hpp"

namespace couplet::config {

namespace {

constexpr std::uint64_t most_processes = 64;
constexpr std::uint64_t longest_timeout = 600;

void read_http(const settings& all, const given& url, options& o) {
  auto& h = o.auth_http.emplace();
  h.url = url.text;
  if (const given* const g = one_of(all, "auth-http-ca")) h.ca_file = g->text;
  if (const auto fault = credentials::fault_of(h)) throw usage_error(url.origin, *fault);
}

void read_command(const settings& all, const given& command, options& o) {
  auto& c = o.auth_command.emplace();
  c.command = command.text;
  if (const given* const g = one_of(all, "auth-command-protocol")) {
    const auto protocol = credentials::command_protocol_of(g->text);
    if (!protocol) throw usage_error(g->origin, "expected generic or ejabberd, not " + quoted(g->text));
    c.protocol = *protocol;
  }
  if (const given* const g = one_of(all, "auth-command-processes"))
    c.processes = static_cast<unsigned>(read_number(*g, 1, most_processes, {}));
  if (const auto fault = credentials::fault_of(c)) throw usage_error(command.origin, *fault);
}

}  // namespace

void read_back_ends(const settings& all, options& o) {
  const given* const url = one_of(all, "auth-http");
  const given* const command = one_of(all, "auth-command");
  if (url != nullptr && command != nullptr)
    throw usage_error(command->origin, "excludes --auth-http: one of them checks passwords");
  if (url != nullptr) read_http(all, *url, o);
  if (command != nullptr) read_command(all, *command, o);
  for (const std::string_view name : {"auth-http-ca"})
    if (url == nullptr && all.contains(name)) throw usage_error(one_of(all, name)->origin, "needs --auth-http URL");
  for (const std::string_view name : {"auth-command-protocol", "auth-command-processes"})
    if (command == nullptr && all.contains(name)) throw usage_error(one_of(all, name)->origin, "needs --auth-command COMMAND");
  const given* const timeout = one_of(all, "auth-timeout");
  if (timeout == nullptr) return;
  if (url == nullptr && command == nullptr) throw usage_error(timeout->origin, "needs --auth-http or --auth-command");
  const std::chrono::seconds seconds(read_number(*timeout, 1, longest_timeout, "seconds"));
  if (o.auth_http) o.auth_http->timeout = seconds;
  if (o.auth_command) o.auth_command->timeout = seconds;
}

}  // namespace couplet::config
