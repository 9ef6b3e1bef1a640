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
  /// A connection whose handshake was right. It gets what has waited for it.
  void serve(component_traffic& c);
  /// It has the name no more. May come again.
  void leave(component_traffic& c);
  /// What a connection of that name was not given: to another one of it, or back into the waiting room.
  void take_back(const std::string& name, std::vector<std::string>&& stanzas);

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
  component_traffic* choose(std::string_view domain, std::string_view xml) const;
  bool is_ours(std::string_view domain) const noexcept;
  void to_accounts(std::string_view xml, const stanza_address& to);
  void send(component_traffic& c, std::string_view xml);
  void keep(std::string_view name, std::string_view xml);
  void answer(std::string_view xml, std::string_view condition, std::string_view why);
  void set_next_deadline();

  const options& options_;
  const xml::tokenizer_limits limits_;
  hub::switchboard& board_;
  std::map<std::string, connections, std::less<>> served_;  ///< none is empty
  waiting_room waiting_;
  const base::sip_key key_;
  bool stopping_ = false;
};

}  // namespace couplet::component
