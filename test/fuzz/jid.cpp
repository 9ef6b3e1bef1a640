// Addresses: what is prepared stays as it is, its parts are what the profiles on their own make of them, and whoever takes it is sure to
// hold UTF-8. The input is one address; for the other properties it is cut at its first line feed into an address and a resource.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/jid.hpp"
#include "base/utf8.hpp"

using namespace couplet;

namespace {

constexpr std::size_t max_part_bytes = 1'023;

void require(bool condition) {
  if (!condition) std::abort();
}

/// Character by character it must be what it is as a whole.
void check_utf8(std::string_view text) {
  bool good = true;
  for (auto rest = text; good && !rest.empty();) {
    const auto length = base::utf8_length(rest);
    good = length >= 1 && length <= 4 && length <= rest.size();
    if (good) rest.remove_prefix(length);
  }
  require(base::is_utf8(text) == good);
}

void check_parts(const base::jid& who) {
  require(!who.empty() && !who.domain().empty());
  require(who.has_node() == !who.node().empty() && who.is_bare() == who.resource().empty());
  require(who.node().size() <= max_part_bytes && who.domain().size() <= max_part_bytes &&
          who.resource().size() <= max_part_bytes);
  std::string whole(who.node());
  if (who.has_node()) whole += '@';
  whole += who.domain();
  require(whole == who.bare());
  if (!who.is_bare()) whole.append(1, '/').append(who.resource());
  require(whole == who.full() && base::is_utf8(whole));
  // Two bytes that would end a log line or a C string.
  require(who.full().find('\n') == std::string::npos && who.full().find('\0') == std::string::npos);
}

/// An address that was prepared is prepared, by whichever way it comes in again.
void check_stable(const base::jid& who) {
  const auto again = base::jid::parse(who.full());
  require(again && *again == who && again->full() == who.full());
  const auto made = base::jid::make(who.node(), who.domain(), who.resource());
  require(made && *made == who);
  const auto bare = base::jid::parse(who.bare());
  require(bare && bare->is_bare() && bare->full() == who.bare());
  if (who.has_node()) require(base::prepare_node(who.node()) == std::string(who.node()));
  require(base::prepare_domain(who.domain()) == std::string(who.domain()));
  if (!who.is_bare()) require(base::prepare_resource(who.resource()) == std::string(who.resource()));
}

/// A resource is taken exactly where its profile takes it, and the account stays the same.
void check_with_resource(const base::jid& who, std::string_view resource) {
  const auto with = who.with_resource(resource);
  const auto prepared = base::prepare_resource(resource);
  require(with.has_value() == prepared.has_value());
  if (!with) return;
  require(with->resource() == *prepared && with->bare() == who.bare());
  check_parts(*with);
  check_stable(*with);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A copy of just these bytes: reading past them is then seen by the address sanitizer.
  const std::string all(reinterpret_cast<const char*>(data), size);
  check_utf8(all);
  const auto cut = all.find('\n');
  const std::string address = all.substr(0, cut);
  const std::string resource = cut == std::string::npos ? std::string() : all.substr(cut + 1);
  for (const auto& text : {all, address}) {
    const auto who = base::jid::parse(text);
    if (!who) continue;
    require(base::is_utf8(text));
    check_parts(*who);
    check_stable(*who);
    check_with_resource(*who, resource);
  }
  return 0;
}
