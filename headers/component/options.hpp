#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace couplet::component {

/// What becomes of a second connection of one component's name.
enum class conflict_policy : std::uint8_t {
  replace,  ///< it has the name; the first ends with <conflict/>
  refuse,   ///< it ends with <conflict/>
  share,    ///< both have the name; what one sender (a bare JID) sends goes to the same one of them as long as it is there
};

using secret_map = std::map<std::string, std::string, std::less<>>;

/// Whom a stanza of a component is given to when its `to` is of a domain in `options::domains`: the embedded session manager's partition of
/// `bare_jid` (prepared). On the listener's shard.
using deliver_function = std::function<void(std::string&& xml, std::string_view bare_jid)>;

/// Told when a name with an entry of its own is served, and when it is served no more: for who asks what there is. Names that only a wildcard
/// lets in were chosen by whoever has its secret, and are not told. On the listener's shard.
using served_function = std::function<void(std::string_view name, bool is_there)>;

/// The listener's settings.
struct options {
  /// Who may connect as c2s: prepared name → secret. Secrets are never logged.
  secret_map c2s;
  /// Who may connect as component: prepared name → secret; empty: only who shows a certificate for the name. `*.DOMAIN` stands for every name below DOMAIN that has no entry that says more.
  secret_map components;
  conflict_policy conflict = conflict_policy::replace;
  /// How long a stanza waits for a component that is not there; 0: not at all.
  std::chrono::seconds grace{10};
  /// What may wait so for all that are not there, together. One entry of `components` has no more of it than is left for the others (component/waiting_room.hpp).
  std::size_t grace_bytes = 4U << 20U;
  /// Who gets what is for domains that nobody has: a name that may connect as component, and may speak for such domains. Empty: nobody.
  std::string default_component;
  /// A component that is sent nothing for so long is sent white space, so that one whose machine is gone is noticed; 0: never.
  std::chrono::seconds keepalive{60};
  /// Whether what components send and are sent goes into the log, but for what may be secret (component/stanza_log.hpp).
  bool logs_stanzas = false;
  std::vector<std::string> domains;  ///< the session manager's, prepared: no component has or speaks for one of them
  std::vector<std::string>
      aliases;  ///< other names of theirs, prepared: no component has or speaks for one, and nobody gets what is sent there
  deliver_function to_accounts;
  served_function on_served;
  /// What may wait for one connection. A c2s above 3/4 of it makes everybody wait, and is ended after ten seconds. A component is ended in the same
  /// way, but nobody else waits: what goes beyond the whole is answered. 0: no limit.
  std::size_t outbox_bytes = 0;
  /// How long the sessions of a c2s that counts (XEP-0198) live on when its connection breaks; 0: not at all.
  std::chrono::seconds absence{60};
  std::chrono::seconds handshake_timeout{10};  ///< from accept to the right handshake; 0: none
  /// One element of a component. A client that gets it has to have room for it.
  std::uint32_t max_element_bytes = 512U << 10U;
};

}  // namespace couplet::component
