#pragma once

#include <cstddef>
#include <cstdint>

namespace couplet::storage {

/// What a text that is stored for an account is. The numbers stand in the database.
enum class entry_kind : std::uint8_t {
  roster_item = 1,           ///< key: the contact's bare JID; <item/> of jabber:iq:roster, subscription states included
  subscription_request = 2,  ///< key: the bare JID of who asks; the <presence type='subscribe'/>
  vcard = 3,                 ///< key: empty; <vCard/> (XEP-0054)
  private_xml = 4,           ///< key: namespace and name of the element (XEP-0049)
  blocked = 5,               ///< key: a JID, prepared; the text is empty (XEP-0191)
  last_activity = 6,         ///< key: empty; seconds since 1970, a blank, the status of the last unavailable presence (XEP-0012)
  pep_node = 7,              ///< key: the node's name; its configuration (XEP-0163)
  pep_item = 8,              ///< key: the node's name, a line feed, the item's id; a number that grows, a blank, <item/>
};

/// How much there may be of one account in texts under keys: keys and texts are counted.
struct entry_limits {
  std::size_t entries = 5'000;
  std::size_t bytes = 4U << 20U;
};

/// How much there may be of one account in messages that wait.
struct offline_limits {
  std::size_t messages = 100;
  std::size_t bytes = 1U << 20U;
};

}  // namespace couplet::storage
