#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "accounts.hpp"
#include "contacts.hpp"
#include "core.hpp"
#include "roster_item.hpp"

/// What is done with an account's contacts: they are loaded when they are first needed, and stanzas that need them are worked on
/// one after another. So what comes while they are loaded, or while a change is stored, waits in its order.
namespace couplet::session {

/// A stanza that needs contacts.
struct contact_stanza {
  contact_stanza(std::string xml_, std::uint64_t session_) : xml(std::move(xml_)), session(session_) {}
  std::string xml;
  std::uint64_t session;  ///< the handle of the session that sent it; 0: it is from somebody else
};

/// What is under way with one account's contacts.
struct contact_work {
  explicit contact_work(std::size_t& all_waiting_) : all_waiting(all_waiting_) {}
  ~contact_work() { all_waiting -= bytes; }
  contact_work(const contact_work&) = delete;
  contact_work& operator=(const contact_work&) = delete;

  std::size_t& all_waiting;  ///< bytes of all accounts of the partition
  std::vector<contact_stanza> waiting;
  std::size_t bytes = 0;  ///< that those are
  bool asking = false;    ///< the storage has not answered yet
  bool running = false;   ///< a stanza is being worked on
};

/// A change of one contact, and what is said of it when it is stored.
struct contact_change {
  enum class presence : std::uint8_t { none, current, unavailable };

  std::string jid;                  ///< of the contact
  std::optional<roster_item> item;  ///< as it will be
  bool removes_item = false;
  std::optional<std::string> request;  ///< the contact's, to be kept
  bool removes_request = false;

  bool pushes = false;        ///< the roster looks different
  std::string delivered;      ///< a stanza for the own sessions; empty: none
  bool to_available = false;  ///< that one goes to those who are available, otherwise to those who have asked for the roster
  std::vector<std::string> routes;  ///< stanzas to the contact
  presence tells = presence::none;  ///< the contact, of each available session
  std::string first_tag;            ///< of the stanza that led to this: an iq is answered, an error too
};

/// Hands a stanza to the duty that needs the contacts: at once where they are at hand, otherwise when they are. Where too much
/// waits, or they cannot be loaded, it is answered with an error.
void with_contacts(core& c, account_table::entry& owner, contact_stanza&& s, effects& out);

/// Stores a change, and carries it out when that is done. Only for duties that with_contacts() has called, as the last thing
/// they do.
void make_change(core& c, account_table::entry& owner, contact_change&& change, effects& out);

/// They leave the memory; what waits for them is answered with an error. The account may be gone afterwards, where it has no session.
void give_up_contacts(core& c, account_table::entry& owner, storage_outcome why, effects& out);

/// Null where they are not in memory. They are where a session is available.
const contacts* contacts_of(const account_table::entry& owner) noexcept;

/// Whether stanzas wait for them: the account must not be forgotten then.
bool is_at_work(const account_table::entry& owner) noexcept;

/// After a session has ended: contacts of an account without sessions are not kept in memory.
void let_go_of_contacts(const core& c, account_table::entry& owner) noexcept;

}  // namespace couplet::session
