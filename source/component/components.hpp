#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/sip_hash.hpp"
#include "component/options.hpp"
#include "component/waiting_room.hpp"
#include "hub/switchboard.hpp"
#include "net/deadlines.hpp"
#include "xml/tokenizer.hpp"

namespace couplet::component {

class component_traffic;
class connection;
class stanza_address;

/// Which component has which domain, and where a stanza goes: to it, to the accounts, into the waiting room, or back as an error. On one shard.
class components final : public hub::other_domains, public net::has_deadline {
 public:
  /// `o` must outlive this; its secrets may change meanwhile.
  components(const options& o, hub::switchboard& board);
  ~components() override;

  const options& settings() const noexcept { return options_; }
  const xml::tokenizer_limits& limits() const noexcept { return limits_; }
  /// Whether a stanza for `domain` would be kept while nobody has it.
  bool is_configured(std::string_view domain) const;

  /// Whether the handshake of a further connection of that name would be too many (conflict_policy::refuse).
  bool is_taken(std::string_view name) const;
  /// A connection whose handshake was right. It gets what those before it have not taken, then what has waited for it.
  void serve(component_traffic& c);
  /// It has the name no more, and may still take what it was sent. Others that share the name get that now, or who comes while it is still
  /// there: behind what is sent to them from now on it would be out of its order. May come again.
  void leave(component_traffic& c);
  /// It is over. What it was not given: to another one of its name, or back into the waiting room.
  void forget(component_traffic& c, std::vector<std::string>&& not_given);

  /// The default component speaks for domains that nobody else has.
  bool may_speak_for(std::string_view name, std::string_view domain) const;
  /// A stanza with from and to; `to` is its address.
  void route(std::string_view xml, const stanza_address& to);

  // hub::other_domains, net::has_deadline
  void on_stanza(std::string&& xml) override;
  void on_deadline(base::time_point now) override;

  /// Nobody waits any more: those that do are answered.
  void stop_waiting();
  /// One line in the log for each name that waits for its component, or has none.
  void say_who_is_missing() const;

 private:
  using connections = std::vector<component_traffic*>;
  bool take_name(component_traffic& c);
  connections take_predecessors(const std::string& name);
  void take_back(const std::string& name, std::vector<std::string>&& stanzas);
  void send_on(std::string_view xml);
  component_traffic* choose(std::string_view domain, std::string_view xml) const;
  bool is_ours(std::string_view domain) const noexcept;
  bool is_nobodys(std::string_view domain) const noexcept;
  void to_accounts(std::string_view xml, const stanza_address& to);
  void send(component_traffic& c, std::string_view xml);
  void keep(std::string_view name, std::string_view xml);
  void answer(std::string_view xml, std::string_view condition, std::string_view why);
  void set_next_deadline();

  const options& options_;
  const xml::tokenizer_limits limits_;
  hub::switchboard& board_;
  std::map<std::string, connections, std::less<>> served_;               ///< none is empty
  std::multimap<std::string, component_traffic*, std::less<>> leaving_;  ///< they had the name, and are not over
  waiting_room waiting_;
  const base::sip_key key_;
  bool stopping_ = false;
};

}  // namespace couplet::component
