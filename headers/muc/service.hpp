#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "muc/privileges.hpp"

namespace couplet::muc {

/// The time of day: what stamps and requests for history speak of.
using time_point = std::chrono::system_clock::time_point;

/// How much of everything. What goes beyond is refused with an error that names the limit. Sizes are bytes.
struct limits {
  std::size_t rooms = 10'000;              ///< of all names of the service together
  std::size_t rooms_per_creator = 100;     ///< that somebody (a bare JID) has made and that are there
  std::size_t occupants = 1'000;           ///< of one room; a room may be configured for less
  std::size_t extra_occupants = 10;        ///< admins and owners beyond that
  std::size_t sessions_per_occupant = 16;  ///< connections of one user under one nickname
  std::size_t affiliations = 10'000;       ///< that one room remembers
  std::size_t history_messages = 100;      ///< of one room
  std::size_t history_bytes = 256U << 10U;
  std::size_t all_history_bytes = 64U << 20U;  ///< of all rooms together: beyond it the room in which somebody speaks keeps less
  std::size_t presence_bytes = 16U << 10U;     ///< what one presence may hold
  std::size_t subject_bytes = 4U << 10U;
  std::size_t nick_bytes = 256;
  std::size_t reason_bytes = 2U << 10U;  ///< of an invitation, a kick, a destroyed room
  std::size_t items = 1'000;             ///< that one request may change, and people that one message may invite
  std::size_t waiting_changes = 64;      ///< of one room, behind one that is being stored
};

struct settings {
  std::vector<std::string> names;  ///< the service's domains, prepared
  std::string secret;    ///< what occupant ids are derived from (XEP-0421): they stay the same as long as it does. Never logged
  std::string instance;  ///< different at each start: ids of messages begin with it
  bool stored = false;   ///< effects::to_storage is answered; otherwise rooms last as long as the service
  limits most;
};

struct stored_affiliation {
  stored_affiliation() = default;
  stored_affiliation(std::string jid_, affiliation what_, std::string nick_)
      : jid(std::move(jid_)), what(what_), nick(std::move(nick_)) {}
  std::string jid;
  affiliation what = affiliation::none;
  std::string nick;  ///< reserved; empty: none
};

/// A persistent room, as it is kept. The text of `configuration` is the service's own.
struct stored_room {
  std::string jid;
  std::string creator;
  std::string configuration;
  std::string subject;
  std::string subject_nick;     ///< whose it is; empty: nobody has set one
  std::int64_t subject_at = 0;  ///< seconds since 1970
  std::vector<stored_affiliation> affiliations;
};

/// What has to last. A service asks for one change of a room at a time; changes without a number may follow each other.
struct storage_request {
  enum class kind : std::uint8_t {
    put,      ///< all of `room` but its affiliations; of those, the ones that are there: `none` without a nickname: it goes
    replace,  ///< the same, and affiliations that are not there go
    remove    ///< room.jid
  };
  std::uint64_t number = 0;  ///< for service::on_stored(), which has to come; 0: no answer
  kind what = kind::put;
  stored_room room;
};

enum class stored : std::uint8_t { done, full, failed };

/// What a call asks to be done, in this order; cleared by the caller. Stanzas are texts of the pool (base/text_pool.hpp), with from and to.
struct effects {
  std::vector<std::string> stanzas;
  std::vector<storage_request> to_storage;
  void clear() noexcept {
    stanzas.clear();
    to_storage.clear();
  }
};

/// Group chat (XEP-0045): rooms under the names of a service, of which everything that it knows comes as a stanza with from and to, as a
/// component gets it. A machine: no socket, no clock, no thread of its own; one thread calls it.
///
/// Where the XEP leaves a choice:
/// - a room is made by whoever enters it first, and locked until its owner has configured it or accepted the defaults (section 10.1);
/// - several sessions of one user (bare JID) may share a nickname (section 7.2.8); one that changes it changes it for all;
/// - presence without <x/> from somebody who is not there is answered with a kick (110, 307, 333), not taken for a groupchat 1.0 join (7.2.15);
/// - who cannot be reached any more is removed with 333 and without 307 (11.1);
/// - requests to occupants go on to them, vCards to their accounts; pings to oneself are answered at once (XEP-0410);
/// - registration with an open room makes a member at once (7.10).
///
/// A change of a persistent room is asked to be stored first and made when it is: its answer means that it lasts.
class service {
 public:
  explicit service(settings s);
  ~service();
  service(const service&) = delete;
  service& operator=(const service&) = delete;

  /// Whether a domain is one of its names.
  bool serves(std::string_view domain) const noexcept;

  /// At the start. False: not of this service, no longer readable, or too many.
  bool add_stored_room(stored_room&& r);

  /// A stanza to one of the names or an address below it; `from` is believed. Never silence, but where RFC 6120 and XEP-0045 ask for it.
  void on_stanza(std::string&& xml, time_point now, effects& out);

  /// What became of a request with that number.
  void on_stored(std::uint64_t number, stored what, time_point now, effects& out);

  /// An account is no more: who gets its name next is a stranger to every room. Its affiliations and nicknames go, in memory at once or behind a
  /// change that is being stored; bans stay. A room that nobody owns any more lasts as long as somebody is in it.
  void on_account_removed(std::string_view bare_jid, effects& out);

  /// The service is about to end: who is in a room is told so (status 332), and leaves it.
  void shut_down(effects& out);

  /// All rooms go, and whoever is in one is told. What is stored of them goes elsewhere: nothing is asked for.
  void destroy_all(time_point now, effects& out);

  std::size_t room_count() const noexcept;
  std::size_t occupant_count() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace couplet::muc
