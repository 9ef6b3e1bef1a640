#include <algorithm>

#include "settings.hpp"

namespace couplet::config {

namespace {

constexpr std::string_view served = "Domains and accounts";
constexpr std::string_view listeners = "Listeners";
constexpr std::string_view encryption = "Encryption";
constexpr std::string_view manager = "Session manager";
constexpr std::string_view limits = "Limits (0 means none unless said otherwise)";
constexpr std::string_view timeouts = "Time limits (seconds; 0 means none)";
constexpr std::string_view running = "Running";

}  // namespace

const std::vector<flag>& all_flags() {
  using enum shape;
  static const std::vector<flag> flags{
      {"domain", list, "NAME", served, "A domain served; repeatable, the first is the default [localhost]"},
      {"alias", list, "ALIAS=DOMAIN", served, "Clients that ask for ALIAS get DOMAIN; repeatable"},
      {"user", secret_list, "JID:SECRET", served, "An account; repeatable; with --sm only its login is checked here"},
      {"users", value, "FILE", served, "Accounts, one JID:SECRET a line; empty lines and lines that begin with # are skipped"},
      {"register", one_switch, "", served, "Accounts may be made in-band (XEP-0077)"},
      {"no-register", one_switch, "", served, "They may not: the default"},
      {"registration-token", secret, "TOKEN", served, "Only who shows it may make an account (XEP-0445)"},
      {"anonymous", one_switch, "", served, "Anybody gets a session under a name of the server's choice (SASL ANONYMOUS)"},
      {"sasl-mechanism", list, "NAME", served,
       "Of the ways to log in (SASL) only those named are offered, and jabber:iq:auth only beside PLAIN; repeatable; none: all "
       "that can be"},
      {"admin", list, "JID", served,
       "An account that may add, delete and end others by commands (XEP-0133), and empty the server; repeatable"},
      {"accept-any-user", one_switch, "", served,
       "For tests: who logs in under a new name has an account of that password; no SCRAM, no digests; not with --data or --sm"},
      {"contact", list, "URI", served,
       "Who runs the server, for clients that ask (XEP-0157): mailto:ADDRESS, xmpp:JID, a page; repeatable"},
      {"data", value, "DIR", served,
       "Where what must last is kept: accounts made in-band, rosters, messages that wait, archives, vCards, private XML, "
       "block lists, nodes, rooms, the self-signed certificate"},
      {"store-passwords", one_switch, "", served,
       "There also as they were given, for digests (XEP-0078), not only as keys of SCRAM"},

      {"no-archive", one_switch, "", served, "With --data: conversations are not archived (XEP-0313)"},

      {"auth-http", value, "URL", served, "Passwords are checked by this HTTP service: POST user, server, pass; true or false"},
      {"auth-http-ca", value, "FILE", served, "Who may have signed its certificate, PEM; none: whom the system trusts"},
      {"auth-command", value, "COMMAND", served,
       "Passwords are checked by this program (extauth); blanks separate its arguments"},
      {"auth-command-protocol", value, "NAME", served, "generic (auth:user:server:password) or ejabberd [generic]"},
      {"auth-command-processes", value, "N", served, "So many of it side by side [1]"},
      {"auth-timeout", value, "SECONDS", timeouts, "For an answer of --auth-http or --auth-command, at least 1 [10]"},

      {"listen", list, "ADDR:PORT", listeners,
       "Clients, STARTTLS or TLS at once; or unix:/PATH; repeatable; port 0: the kernel chooses [[::]:5222]"},
      {"listen-tls", list, "ADDR:PORT", listeners,
       "Clients, TLS at once (XEP-0368); repeatable; with --tls-cert and no --listen also [::]:5223"},
      {"listen-components", value, "ADDR:PORT", listeners,
       "Components (--component) and other Couplets (--c2s) [127.0.0.1:5347]"},
      {"component-tls-listen", value, "ADDR:PORT", listeners,
       "The same, TLS at once; with it there is no listener without TLS but where --listen-components asks for one"},
      {"no-clients", one_switch, "", listeners, "No client listener"},
      {"proxy-from", list, "CIDR", listeners,
       "A network of proxies, or unix: its connections must begin with a PROXY header, version 1 or 2; repeatable"},
      {"http-redirect", value, "URL", listeners, "Where browsers that find a client port are sent"},

      {"tls-cert", list, "FILE", encryption,
       "Certificate chain, PEM; or a folder with one pair for each domain; repeatable; none: self-signed"},
      {"tls-key", list, "FILE", encryption, "Its key, where that is in another file; one for each --tls-cert"},
      {"tls-client-ca", value, "FILE", encryption, "Whose certificates clients may log in with (SASL EXTERNAL), PEM"},
      {"require-tls", one_switch, "", encryption, "No logins in the clear, not even on loopback addresses"},
      {"allow-plaintext", one_switch, "", encryption, "Logins in the clear also on addresses that are not loopback"},

      {"c2s", secret_list, "NAME:SECRET", manager, "Another Couplet that may use our embedded session manager; repeatable"},
      {"component", secret_list, "NAME:SECRET", manager,
       "A component (XEP-0114) that may connect; *.DOMAIN: any below DOMAIN; the name that says most counts; NAME alone: by "
       "certificate only; "
       "repeatable"},
      {"component-ca", value, "FILE", manager,
       "Whose certificates prove a component's name (subjectAltName), instead of a secret, with --component-tls-listen; PEM"},
      {"component-conflict", value, "NAME", manager,
       "A second connection of one component: replace (the first ends), refuse, or share (both serve) [replace]"},
      {"component-default", value, "NAME", manager, "The component that gets what is for domains that nobody else has"},
      {"group-chat", list, "NAME", manager,
       "A name of the built-in service of rooms (XEP-0045), instead of conference.DOMAIN for each domain; repeatable"},
      {"no-group-chat", one_switch, "", manager, "No rooms but those of components"},
      {"sm", list, "HOST:PORT", manager,
       "Use this outside session manager instead of the embedded one; repeatable, see --sm-policy"},
      {"sm-policy", value, "NAME", manager,
       "With several: failover (the first that works has all clients, until it is lost), or spread (each has its share) "
       "[failover]"},
      {"sm-id", value, "NAME", manager, "How we introduce ourselves to it"},
      {"sm-secret", secret, "SECRET", manager, "What we prove it with"},
      {"sm-protocol", value, "NAME", manager,
       "How sessions begin there: route, sc (session control), or auto: sc where we checked the login [auto]"},
      {"notify", list, "JID", manager, "Is told of each login and logout, by a message; repeatable"},

      {"max-stanza-bytes", value, "BYTES", limits, "One element of a client, at least 10000 [262144]"},
      {"max-bytes-per-second", value, "BYTES", limits, "Read from one client [0]"},
      {"max-connects-per-ip", value, "N/SECONDS", limits, "Connects from one address in that time [0/1]"},
      {"max-registrations-per-ip", value, "N/SECONDS", limits,
       "Accounts asked for in-band from one address that is not loopback, in that time [10/60]"},
      {"max-connections", value, "N", limits, "Clients at the same time [0]"},
      {"max-unauthenticated-bytes", value, "BYTES", limits, "Held by all that have not logged in, together [67108864]"},
      {"max-outbox-bytes", value, "BYTES", limits, "Waiting for one client [1048576]"},
      {"max-manager-queue-bytes", value, "BYTES", limits, "Waiting for the session manager [16777216]"},
      {"max-roster-items", value, "N", limits, "Contacts of one account; not with --sm [1000]"},
      {"max-component-queue-bytes", value, "BYTES", limits,
       "Waiting for components that are not connected, together; 0: nothing waits [4194304]"},

      {"max-offline-messages", value, "N", limits,
       "Waiting for one account while nobody is there (XEP-0160); 0: none, the sender is told [1000]"},
      {"max-offline-bytes", value, "BYTES", limits, "The same, in bytes [4194304]"},
      {"max-archive-messages", value, "N", limits, "In one account's archive; beyond, the oldest go [100000]"},
      {"max-archive-bytes", value, "BYTES", limits, "The same, in bytes [104857600]"},

      {"tls-timeout", value, "SECONDS", timeouts, "For a TLS handshake [10]"},
      {"header-timeout", value, "SECONDS", timeouts, "For the stream header [10]"},
      {"login-timeout", value, "SECONDS", timeouts, "For the login [30]"},
      {"bind-timeout", value, "SECONDS", timeouts, "For the session after the login [30]"},
      {"idle-timeout", value, "SECONDS", timeouts, "Without anything from a client [0]"},
      {"manager-timeout", value, "SECONDS", timeouts, "For an answer of the session manager [15]"},
      {"sm-grace", value, "SECONDS", timeouts, "Clients keep their connections while the session manager is away; 0: none [60]"},
      {"c2s-grace", value, "SECONDS", timeouts, "Sessions of a c2s whose link broke live on; 0: they end [60]"},
      {"component-grace", value, "SECONDS", timeouts, "A stanza waits for a component that is not connected; 0: not at all [10]"},
      {"component-keepalive", value, "SECONDS", timeouts, "White space to a component that is sent nothing else [60]"},
      {"shutdown-timeout", value, "SECONDS", timeouts, "For clients to leave at the end; 0: at once [5]"},

      {"ready-file", value, "FILE", running, "Written as JSON when every listener is up"},
      {"ready-fd", value, "N", running, "The same to an inherited descriptor, which is closed then; 1 and 2 stay open"},
      {"log-level", value, "LEVEL", running, "debug, info, warning or error [info]"},
      {"log-stanzas", value, "WHOSE", running,
       "none, or components: what they send and are sent, but for handshakes and what may hold a password [none]"},
      {"log-format", value, "FORMAT", running, "text or json, to standard error [text]"},
      {"drain-to", value, "HOST[:PORT]", running, "Where clients are sent when the server stops (see-other-host)"},
      {"threads", value, "N", running, "At most 255; 0: one for each core [0]"},
      {"config", value, "FILE", running, "A TOML file with these flags as keys, without dashes in front"},
      {"check-config", one_switch, "", running, "Check everything, start nothing; exit code 0 or 2"},
      {"backup", value, "FILE", running, "Copy the database of --data into FILE, also while it is in use; exit code 0, 1 or 2"},
      {"export", value, "FILE", running,
       "Write its users, with what they have, as XML (XEP-0227); -: to standard output; the same"},
      {"import", value, "FILE", running, "Read such a file into it, while no Couplet uses it; the same"},
      {"import-jadc2s", value, "FILE", running, "Print a jadc2s.xml as a file for --config, start nothing; exit code 0 or 2"},
  };
  return flags;
}

const flag* find_flag(std::string_view name) {
  const auto& flags = all_flags();
  const auto found = std::find_if(flags.begin(), flags.end(), [name](const flag& f) { return f.name == name; });
  return found == flags.end() ? nullptr : &*found;
}

bool is_chore(std::string_view name) noexcept {
  return name == "import-jadc2s" || name == "backup" || name == "export" || name == "import";
}

std::string environment_name(std::string_view flag_name) {
  std::string name = "COUPLET_";
  for (const char c : flag_name) name += c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

}  // namespace couplet::config
