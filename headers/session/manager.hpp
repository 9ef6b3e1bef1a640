#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/jid.hpp"
#include "base/result.hpp"
#include "route/message.hpp"
#include "sasl/scram.hpp"
#include "session/account_request.hpp"
#include "session/storage_request.hpp"
#include "xml/element.hpp"

namespace couplet::session {

/// What all partitions of an embedded session manager share; does not change while they run, apart from the accounts.
/// The limits that no flag sets are constants of this version; tests choose smaller ones.
struct settings {
  std::vector<std::string> domains;   ///< prepared; the first is the default
  bool registration = false;          ///< jabber:iq:register may make accounts (XEP-0077)
  bool accept_any_user = false;       ///< who logs in under a name that nobody has makes an account of that password
  bool accounts_elsewhere = false;    ///< whoever starts a session has an account, wherever that is: sessions need none here
  bool guests = false;                ///< sessions of guest names (see is_guest_name) need no account
  bool other_domains = false;         ///< somebody takes stanzas to domains that are not served here: effects::to_others
  std::vector<std::string> services;  ///< domains of this server's services, for who asks what there is (XEP-0030)
  /// The components that are connected now and may be found so, as well. From any partition's thread; none: there are never any.
  std::function<std::vector<std::string>()> attached;
  bool stored = false;   ///< accounts last longer than the process: effects::to_storage is answered
  bool digests = true;   ///< jabber:iq:auth offers digests: passwords are kept as they were given
  bool offline = false;  ///< messages wait for who is not there (XEP-0160)
  bool archive = false;  ///< conversations are remembered (XEP-0313)
  storage::offline_limits offline_limits;
  storage::archive_limits archive_limits;
  std::function<std::int64_t()> now;  ///< milliseconds since 1970: a machine has no clock of its own. None: it is always 1970
  std::vector<std::string> admins;    ///< bare JIDs of those who may use the commands of XEP-0133, prepared
  std::vector<std::string> contacts;  ///< URIs of who runs the server (XEP-0157)
  std::size_t max_vcard_bytes = 128U << 10U;
  std::uint32_t max_accounts = 100'000;           ///< that registration may make up to, per partition; 0: no limit
  std::uint32_t max_sessions_per_account = 16;    ///< 0: no limit
  std::uint32_t max_roster_items = 1'000;         ///< of each account; 0: no limit but that of the storage
  std::uint32_t max_subscription_requests = 256;  ///< that wait for one account's answer
  std::uint32_t max_directed_presences = 256;  ///< addresses remembered for each session; further ones are refused. 0: no limit
};

/// Whether a node is one of those that ANONYMOUS logins get: a random UUID (RFC 4122, version 4). No account may be made with such a name.
bool is_guest_name(std::string_view node) noexcept;

/// Which partition owns an account: a seeded hash of the prepared bare JID, the same on all threads of a process, another in the
/// next process. At most 256 partitions.
std::uint32_t partition_of(std::string_view bare_jid, std::uint32_t partitions) noexcept;

/// Which partition a route from a c2s is for: the one of the session it is addressed to (by handle or text), otherwise the one of
/// the account. Every route has one; one that names nobody goes to partition 0, which answers it.
std::uint32_t partition_for(const route::message& m, std::uint32_t partitions);

struct order;

/// A stanza from one partition's session, or from a component, to an account of another. `xml` carries from and to.
struct delivery {
  delivery() = default;
  delivery(std::uint32_t partition_, std::string xml_) : partition(partition_), xml(std::move(xml_)) {}
  std::uint32_t partition = 0;
  std::string xml;
  /// `stanza`: of a client or component; the others go from partition to partition only.
  enum class purpose : std::uint8_t {
    stanza,
    server_probe,    ///< for a session that has become available
    event,           ///< of an account's node, for the sessions of a contact that want it (XEP-0163)
    event_question,  ///< for a session that wants the newest items
  };
  purpose what = purpose::stanza;
  std::shared_ptr<order> word;  ///< not a stanza, but what partitions ask of each other for a command of an admin
  route::trace trace;           ///< put in by who carries it: all that one message leads to has its trace
};

/// What a call asks to be done, in this order; cleared by the caller, whose vectors are used again. XML and addresses of stanzas are
/// texts of the pool (base/text_pool.hpp).
struct effects {
  std::vector<route::message> to_c2s;
  std::vector<delivery> to_partitions;
  std::vector<std::string> to_others;  ///< stanzas to domains that are not served here, with from and to
  std::vector<account_request> to_storage;
  std::vector<storage_request>
      to_entries;  ///< what is stored beside credentials; always answered, with or without settings::stored
  std::vector<std::string> removed_accounts;  ///< bare JIDs that are nobody's any more, for whoever else has written them down
  void clear() noexcept {
    to_c2s.clear();
    to_partitions.clear();
    to_others.clear();
    to_storage.clear();
    to_entries.clear();
    removed_accounts.clear();
  }
};

/// One partition of the embedded session manager: it owns the accounts that partition_of gives it, and their sessions. A machine:
/// no socket, no clock, no thread of its own; one thread calls it. Every stanza that goes in is delivered, answered with an
/// error, or ignored where RFC 6121 section 8 says so.
///
/// A session's handle is {partition: 8 bits, slot: 24, generation: 32}, packed like route::client_id, never 0. In process routes
/// carry the handle; on the wire the session's address is USER@HOST/HEX16 of the handle (route::hex16), which messages from other
/// processes carry as text, and which the manager puts as text on what it sends to clients whose address has a text.
///
/// Where the RFCs leave a choice (sections of RFC 6121):
/// - `from` of a stanza is the session's full JID, whatever the c2s wrote (RFC 6120 section 8.1.2.1);
/// - a message to a bare JID goes to all resources whose priority is not negative (8.5.2.1.1); without one, and for unknown
///   accounts, its sender gets service-unavailable, unless it waits for the account (settings::offline): chats and normal messages do, but for those of
///   chat states alone and those whose sender does not want it (XEP-0160, XEP-0334);
/// - of messages to a resource that is gone, chats go to the bare JID (8.5.3.2.1), others are answered;
/// - presence goes to all available resources of the account, the sender's own included (4.2.2, 4.4.2, 4.5.2), to the contacts
///   with a subscription, and to whom it is directed. That somebody is not there is said to a probe, not to our own sessions'
///   (4.3.2);
/// - contacts (rosters, requests) are loaded when an account's first session needs them, or a stanza to it does, and kept while
///   it has sessions. What needs them waits in its order, bounded, while they are loaded or a change is stored; messages do not
///   wait;
/// - a roster item is named by a bare JID (2.3.3); a subscription to oneself or to a server is refused; names and groups have
///   1,023 bytes;
/// - subscription stanzas to nobody are ignored (8.5.1), as are those of a contact that change nothing. A request of more than 8
///   KiB, or one too many, is answered with resource-constraint, and so is what has no place in a roster;
/// - headlines that nobody takes are ignored;
/// - errors to the server itself are ignored, but for those that bring back a notice (route::notice): they are counted, or sent
///   on to the c2s whose client it was about;
/// - a message that a client was not given goes on to one other session: the one that has taken over its resource, or the most
///   available; it is answered with service-unavailable if there is none.
class manager {
 public:
  manager(const settings& s, std::uint32_t partition, std::uint32_t partitions);
  ~manager();
  manager(const manager&) = delete;
  manager& operator=(const manager&) = delete;

  /// Makes or updates an account of this partition (its bare JID must belong here). The password is kept as given, in memory.
  /// Where accounts are stored, this one is not: it hides a stored one of the same name, and only the operator changes it.
  base::result<bool> put_account(const base::jid& who, std::string password);

  /// One that is stored, at the start: only its name is kept here. False: not of this partition or of a domain that is served.
  bool add_stored_account(std::string_view bare_jid);

  /// What an account of this partition has stored about its archive, at the start.
  void set_archive_preferences(std::string_view bare_jid, std::string_view text);
  /// Whom an account of this partition has blocked, at the start. Others' are ignored.
  void add_blocked(std::string_view owner, std::string_view jid);

  // What logins need to know of an account of this partition, by its bare JID.

  bool has_account(std::string_view bare_jid) const;
  /// As it was given; nothing where there is no such account, or where it is stored. A secret.
  std::optional<std::string> password_of(std::string_view bare_jid) const;
  /// Nothing where there is no such account, or the keys were not derived since the password was set.
  std::optional<sasl::scram_keys> keys_of(std::string_view bare_jid, sasl::scram_hash hash) const;
  /// Keeps what was derived from `password`, unless the account has another one by now.
  void keep_keys(std::string_view bare_jid, sasl::scram_hash hash, sasl::scram_keys keys, std::string_view password);

  /// A route from a c2s, of either generation. Never silence, unless the route's `from` is empty.
  /// A session that began by session control is sent controlled stanzas, from where its start went.
  /// An auth answer is a route::auth, or a failure where `to` names no address of a domain that is served. A c2s is trusted to
  /// ask for sessions of those only who have logged in; a session's stanzas and its end are taken from its own c2s address only.
  void on_route(route::message&& m, effects& out);

  /// What became of a request in effects::to_storage.
  void on_account_answer(std::uint64_t number, account_outcome what, effects& out);

  /// What became of a request in effects::to_entries. Unknown numbers are ignored.
  void on_storage_answer(std::uint64_t number, storage_answer&& answer, effects& out);

  /// From another partition, or from a domain that is not served here: `from` is believed.
  void on_delivery(delivery&& d, effects& out);

  /// A c2s (its domain: the part after @ in the texts of client addresses) lost its connection: its sessions end, contacts are
  /// told.
  void on_c2s_gone(std::string_view c2s_domain, effects& out);

  std::size_t account_count() const noexcept;
  std::size_t session_count() const noexcept;
  /// Notices about clients of this process that found nobody, or that somebody sent back.
  std::uint64_t returned_notices() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace couplet::session
