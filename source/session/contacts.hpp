#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "roster_item.hpp"
#include "subscription.hpp"

namespace couplet::session {

struct contact_work;

/// Somebody who has asked to see the user's presence, and waits.
struct subscription_request {
  subscription_request(std::string_view jid_, std::string xml_) : jid(jid_), xml(std::move(xml_)) {}
  std::string jid;
  std::string xml;  ///< the whole stanza, between bare JIDs
};

/// Whom one account knows: its roster, and who has asked. In memory while the account has sessions, or work to do with it.
class contacts {
 public:
  contacts() = default;
  contacts(const contacts&) = delete;
  contacts& operator=(const contacts&) = delete;

  /// In the order of their JIDs. References hold until something changes.
  const std::vector<roster_item>& items() const noexcept { return items_; }
  const std::vector<subscription_request>& requests() const noexcept { return requests_; }
  const roster_item* find(std::string_view jid) const noexcept;
  bool has_request(std::string_view jid) const noexcept;
  /// Of anybody: who is unknown has none.
  standing standing_of(std::string_view jid) const noexcept;

  void put(roster_item item);
  void erase(std::string_view jid);
  void put_request(std::string_view jid, std::string xml);
  void erase_request(std::string_view jid);

  /// A digest of the roster in 16 hexadecimal digits (RFC 6121 section 2.6): nothing is kept for it, and it is the same after a
  /// restart.
  std::string version() const;

  /// After loading.
  void shrink();

  /// What is under way with them, and waits; null: nothing.
  std::shared_ptr<contact_work> work;
  bool is_loaded = false;
  std::string photo;  ///< the hash of the account's avatar, for its presence (XEP-0398); empty: none

 private:
  std::vector<roster_item> items_;
  std::vector<subscription_request> requests_;
};

}  // namespace couplet::session
