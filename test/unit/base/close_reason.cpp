#include "base/close_reason.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using couplet::base::close_reason;
using couplet::base::close_reason_count;
using couplet::base::describe;
namespace log = couplet::base::log;

namespace {

/// All of RFC 6120 section 4.9.3.
const std::set<std::string_view> conditions{"bad-format",
                                            "bad-namespace-prefix",
                                            "conflict",
                                            "connection-timeout",
                                            "host-gone",
                                            "host-unknown",
                                            "improper-addressing",
                                            "internal-server-error",
                                            "invalid-from",
                                            "invalid-namespace",
                                            "invalid-xml",
                                            "not-authorized",
                                            "not-well-formed",
                                            "policy-violation",
                                            "remote-connection-failed",
                                            "reset",
                                            "resource-constraint",
                                            "restricted-xml",
                                            "see-other-host",
                                            "system-shutdown",
                                            "undefined-condition",
                                            "unsupported-encoding",
                                            "unsupported-feature",
                                            "unsupported-stanza-type",
                                            "unsupported-version"};

}  // namespace

TEST_CASE("every end has a name of its own, and a condition of RFC 6120 or none") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < close_reason_count; ++i) {
    const auto& row = describe(static_cast<close_reason>(i));
    CAPTURE(row.name);
    CHECK_FALSE(row.name.empty());
    CHECK(row.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos);
    CHECK(names.insert(row.name).second);
    const bool known = row.condition.empty() || conditions.contains(row.condition);
    CHECK(known);
    CHECK(row.level != log::level::off);
    // The text is put into XML as it is.
    CHECK(row.text.find_first_of("<>&'\"") == std::string_view::npos);
    if (row.condition.empty()) CHECK(row.text.empty());
  }
}

TEST_CASE("rows stand in the order of the enumeration") {
  struct expectation {
    close_reason reason;
    std::string_view name;
    std::string_view condition;
  };
  const std::vector<expectation> rows{
      {close_reason::none, "none", ""},
      {close_reason::closed_by_peer, "closed_by_peer", ""},
      {close_reason::connection_lost, "connection_lost", ""},
      {close_reason::bad_format, "bad_format", "bad-format"},
      {close_reason::not_well_formed, "not_well_formed", "not-well-formed"},
      {close_reason::restricted_xml, "restricted_xml", "restricted-xml"},
      {close_reason::element_too_big, "element_too_big", "policy-violation"},
      {close_reason::improper_addressing, "improper_addressing", "improper-addressing"},
      {close_reason::host_unknown, "host_unknown", "host-unknown"},
      {close_reason::not_authorized, "not_authorized", "not-authorized"},
      {close_reason::too_many_attempts, "too_many_attempts", "policy-violation"},
      {close_reason::plaintext_refused, "plaintext_refused", "policy-violation"},
      {close_reason::protocol_violation, "protocol_violation", "policy-violation"},
      {close_reason::header_timeout, "header_timeout", "connection-timeout"},
      {close_reason::idle_timeout, "idle_timeout", "connection-timeout"},
      {close_reason::slow_consumer, "slow_consumer", "policy-violation"},
      {close_reason::memory_budget, "memory_budget", "resource-constraint"},
      {close_reason::too_many_connections, "too_many_connections", "resource-constraint"},
      {close_reason::too_many_connects, "too_many_connects", "policy-violation"},
      {close_reason::replaced, "replaced", "conflict"},
      {close_reason::session_ended, "session_ended", "reset"},
      {close_reason::account_removed, "account_removed", "not-authorized"},
      {close_reason::session_refused, "session_refused", "policy-violation"},
      {close_reason::manager_unavailable, "manager_unavailable", "remote-connection-failed"},
      {close_reason::manager_timeout, "manager_timeout", "remote-connection-failed"},
      {close_reason::shutdown, "shutdown", "system-shutdown"},
      {close_reason::internal_error, "internal_error", "internal-server-error"},
  };
  for (const auto& r : rows) {
    CHECK(describe(r.reason).name == r.name);
    CHECK(describe(r.reason).condition == r.condition);
  }
  CHECK(describe(close_reason::internal_error).level == log::level::error);
  CHECK(describe(close_reason::element_too_big).level == log::level::info);
  CHECK(describe(static_cast<close_reason>(255)).name == "internal_error");
}

TEST_CASE("ends are counted by reason and added up over threads") {
  couplet::base::end_counters one;
  couplet::base::end_counters other;
  one.add(close_reason::shutdown);
  other.add(close_reason::shutdown);
  other.add(close_reason::internal_error);
  one += other;
  CHECK(one.of(close_reason::shutdown) == 2);
  CHECK(one.of(close_reason::internal_error) == 1);
  CHECK(one.of(close_reason::replaced) == 0);
}
