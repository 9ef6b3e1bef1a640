#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/ip_network.hpp"
#include "base/jid.hpp"
#include "base/log.hpp"
#include "component/options.hpp"
#include "credentials/options.hpp"
#include "limits/connect_rate.hpp"
#include "link/policy.hpp"
#include "sasl/mechanisms.hpp"
#include "stream/session_protocol.hpp"
#include "tls/authorities.hpp"
#include "tls/certificate.hpp"

namespace couplet::config {

/// ADDR:PORT or HOST:PORT, or where to listen on a Unix-domain socket. An IPv6 address stands here without its brackets.
struct endpoint {
  endpoint() = default;
  endpoint(std::string host_, std::uint16_t port_) : host(std::move(host_)), port(port_) {}
  static endpoint at_path(std::string path_) {
    endpoint e;
    e.path = std::move(path_);
    return e;
  }
  std::string host;
  std::uint16_t port = 0;  ///< of a listener: 0 lets the kernel choose
  std::string path;        ///< absolute; not empty: a Unix-domain socket, and host and port mean nothing
  friend bool operator==(const endpoint&, const endpoint&) = default;
};

/// An account, made or updated at start: of the embedded session manager, or known to an outside one as well, and then only its logins are ours.
struct account {
  account() = default;
  account(base::jid who_, std::string secret_) : who(std::move(who_)), secret(std::move(secret_)) {}
  base::jid who;       ///< bare, of a domain served
  std::string secret;  ///< 1 to 1,023 bytes of UTF-8
};

/// Another connection manager that may connect to our embedded session manager.
struct peer {
  peer() = default;
  peer(std::string name_, std::string secret_) : name(std::move(name_)), secret(std::move(secret_)) {}
  std::string name;  ///< prepared as a domain
  std::string secret;
};

/// Components (XEP-0114), of the embedded session manager.
struct component_options {
  std::vector<peer>
      names;  ///< a name may be `*.DOMAIN`, for all that are below it; without a secret it is proved by certificate alone
  tls::authorities ca;        ///< empty: components are not asked for certificates
  bool logs_stanzas = false;  ///< what they send and are sent
  component::conflict_policy conflict = component::conflict_policy::replace;
  std::chrono::seconds grace{10};        ///< a stanza waits for one that is not there; 0: not at all
  std::chrono::seconds keepalive{60};    ///< white space to one that is sent nothing else; 0: none
  std::size_t grace_bytes = 4U << 20U;   ///< what may wait so in all
  std::string default_name;              ///< who gets what is for nobody; empty: it is answered
  std::optional<endpoint> tls_listener;  ///< where they, and c2s, connect with TLS first
};

/// Outside session managers, and how we introduce ourselves to them (XEP-0114).
struct outside_manager {
  std::vector<endpoint> where;  ///< in the order in which they are tried; never empty
  link::policy policy = link::policy::failover;
  std::string id;  ///< our name there, prepared as a domain
  std::string secret;
  stream::session_protocol sessions = stream::session_protocol::automatic;
};

/// How much of everything. Sizes are bytes.
struct limit_options {
  std::size_t max_stanza_bytes = 262'144;                                            ///< at least 10,000 (RFC 6120 section 13.12)
  std::uint64_t max_bytes_per_second = 0;                                            ///< read from one client; 0: no limit
  limits::connect_rate::options connects_per_ip;                                     ///< from one address; connects 0: no limit
  limits::connect_rate::options registrations_per_ip{10, std::chrono::seconds(60)};  ///< the same; not from loopback addresses
  std::size_t max_connections = 0;                                                   ///< clients at the same time; 0: no limit
  std::size_t max_unauthenticated_bytes = 64U << 20U;  ///< of all connections together that have not logged in; 0: no limit
  std::size_t max_outbox_bytes = 1U << 20U;  ///< waiting for one client; beyond, it is ended as a slow consumer; 0: no limit
  std::uint32_t max_roster_items = 1'000;    ///< contacts of one account of the embedded session manager; 0: no limit
  std::size_t max_manager_queue_bytes =
      16U << 20U;  ///< waiting for the session manager; above 3/4 clients are not read; 0: no limit
};

/// Messages that the embedded session manager keeps, of each account.
struct message_options {
  std::size_t max_offline_messages = 1'000;     ///< that wait for somebody who is not there; 0: none
  std::size_t max_offline_bytes = 4U << 20U;    ///< of them; 0: no limit
  bool archive = true;                          ///< with a folder for what must last: conversations (XEP-0313)
  std::size_t max_archive_messages = 100'000;   ///< beyond, the oldest go; 0: no limit
  std::size_t max_archive_bytes = 100U << 20U;  ///< the same
};

/// How long to wait; 0: for ever, but for `shutdown`.
struct timeout_options {
  std::chrono::seconds tls{10};        ///< for a TLS handshake
  std::chrono::seconds header{10};     ///< connected → stream header
  std::chrono::seconds login{30};      ///< stream header → logged in
  std::chrono::seconds bind{30};       ///< logged in → session asked for
  std::chrono::seconds idle{0};        ///< nothing from a client with a session
  std::chrono::seconds manager{15};    ///< for an answer of the session manager
  std::chrono::seconds sm_grace{60};   ///< how long clients wait for it when it is away
  std::chrono::seconds c2s_grace{60};  ///< how long the sessions of a c2s live on without its link
  std::chrono::seconds shutdown{5};    ///< for clients to take what they are owed; 0: not at all
};

/// Something to do once with the database of --data, instead of serving.
struct chore {
  enum class kind : std::uint8_t { backup, export_accounts, import_accounts };
  kind what = kind::backup;
  std::string file;  ///< "-" with an export: standard output
};

/// Everything the command line, the environment and the file decide: checked and prepared.
struct options {
  std::vector<std::string> domains{"localhost"};         ///< prepared; the first is the default; never empty
  std::unordered_map<std::string, std::string> aliases;  ///< alias → domain served, both prepared
  std::vector<endpoint> client_listeners;                ///< empty: no clients (--no-clients)
  std::optional<endpoint> component_listener;            ///< where those in `c2s` and components connect to
  std::vector<endpoint> tls_listeners;                   ///< clients, TLS first (XEP-0368)
  std::vector<base::ip_network> proxies;                 ///< whose connections begin with a PROXY header, always
  bool proxy_unix = false;                               ///< and so do those through Unix-domain sockets
  bool allow_plaintext = false;                          ///< logins in the clear also on addresses that are not loopback
  bool require_tls = false;                              ///< not even there
  std::vector<tls::certificate> certificates;            ///< empty: a self-signed one is made
  tls::authorities client_ca;                            ///< empty: clients are not asked for certificates
  std::string data;                                      ///< a folder for what must last; empty: nothing does
  bool store_passwords = false;                          ///< there, also as they were given: for digests of jabber:iq:auth
  std::string http_redirect;                             ///< where browsers are sent; empty: nowhere
  std::optional<credentials::http_options> auth_http;    ///< who checks passwords; at most one of the two
  std::optional<credentials::command_options> auth_command;
  std::vector<sasl::mechanism> mechanisms;  ///< those that may be offered; empty: all
  bool anonymous = false;                   ///< SASL ANONYMOUS gives anybody a session
  std::vector<account> accounts;
  bool accept_any_user = false;       ///< who logs in under a new name has an account of that password; in memory only
  bool registration = false;          ///< in-band registration (XEP-0077) may make accounts
  std::vector<std::string> admins;    ///< bare JIDs of those who may use the commands of XEP-0133; prepared, of domains served
  std::vector<std::string> contacts;  ///< URIs of who runs the server (XEP-0157)
  std::string registration_token;     ///< that it needs (XEP-0445); empty: none
  std::vector<peer> c2s;
  component_options components;
  std::vector<std::string> group_chat;     ///< domains of the built-in service of rooms, prepared; empty: there is none
  std::optional<outside_manager> manager;  ///< nothing: the embedded one
  std::vector<std::string> notify;         ///< JIDs that are told of each login and logout; prepared
  message_options messages;
  limit_options limits;
  timeout_options timeouts;
  std::optional<chore> to_do;  ///< nothing: serve
  std::string other_host;      ///< where clients are sent at the end: HOST or HOST:PORT; empty: nowhere
  std::string ready_file;      ///< empty: none
  int ready_fd = -1;           ///< at least 1; -1: none
  base::log::level log_level = base::log::level::info;
  base::log::format log_format = base::log::format::text;
  std::uint32_t threads = 0;  ///< shards, at most 255; 0: one for each core
};

}  // namespace couplet::config
