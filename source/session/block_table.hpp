#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "address.hpp"
#include "seeded_hash.hpp"

namespace couplet::session {

/// Whom the accounts of one partition have blocked (XEP-0191): all of it in memory, since each stanza asks.
class block_table {
 public:
  /// Whether anybody has blocked anybody.
  bool any() const noexcept { return !lists_.empty(); }
  /// Whether an entry of the owner's list means this address: the full JID, the bare JID, DOMAIN/RESOURCE, or the domain (section 5).
  bool blocks(std::string_view owner, const stanza_address& who) const;
  /// In order; null: there are none.
  const std::vector<std::string>* list_of(std::string_view owner) const;

  /// `jid`: prepared.
  void add(std::string_view owner, std::string_view jid);
  void remove(std::string_view owner, std::string_view jid);
  void forget(std::string_view owner);

 private:
  std::unordered_map<std::string, std::vector<std::string>, seeded_hasher, std::equal_to<>> lists_;
};

/// Whether an entry of such a list means the address.
bool is_meant(std::string_view entry, const stanza_address& who);

}  // namespace couplet::session
