#include "session/manager.hpp"

#include <utility>

#include "archive.hpp"
#include "avatars.hpp"
#include "base/digest.hpp"
#include "blocking.hpp"
#include "caps.hpp"
#include "control.hpp"
#include "core.hpp"
#include "delivery.hpp"
#include "lives.hpp"
#include "login.hpp"
#include "messages.hpp"
#include "notices.hpp"
#include "offline.hpp"
#include "orders.hpp"
#include "pep_events.hpp"
#include "presence.hpp"
#include "probes.hpp"
#include "registration.hpp"
#include "reset.hpp"
#include "roster.hpp"
#include "route/client_id.hpp"
#include "route/codec.hpp"
#include "services.hpp"
#include "subscriptions.hpp"
#include "xml/first_tag.hpp"

namespace couplet::session {
namespace {

bool is_full_jid_of(const session& s, std::string_view raw) {
  std::string scratch;
  const auto text = raw.find('&') == std::string_view::npos ? raw : xml::decode_attribute(raw, scratch);
  const auto bare = s.bare();
  return text.size() == bare.size() + 1 + s.resource.size() && text.starts_with(bare) && text[bare.size()] == '/' &&
         text.ends_with(s.resource);
}

/// A stanza to nobody is about the sender's own account (RFC 6120 section 10.3).
void on_unaddressed(core& c, session& s, std::string&& xml, const stanza_head& head, effects& out) {
  if (head.kind == stanza_kind::message) return deliver_to_bare(c, std::move(xml), head, *s.owner, out);
  if (head.kind == stanza_kind::presence) return on_own_presence(c, s, std::move(xml), head, out);
  if (head.is_request()) return answer_for_account(c, std::move(xml), head, s, out);
  ignore(std::move(xml));
}

void on_addressed(core& c, session& s, std::string&& xml, const stanza_head& head, const stanza_address& to, effects& out) {
  if (head.kind == stanza_kind::iq && is_page_taken(c, s, head, out)) return ignore(std::move(xml));
  if (take_capabilities(c, s, xml, head, out)) return ignore(std::move(xml));
  if (head.is_request() && to.is_bare()) {
    if (to.bare() == s.bare()) return answer_for_account(c, std::move(xml), head, s, out);
    if (!to.has_node() && c.serves(to.domain())) return answer_for_server(c, std::move(xml), head, &s, to, out);
    if (is_roster_request(c, xml)) return answer_error(c, std::move(xml), head, condition::forbidden, out);
  }
  if (refuse_to_blocked(c, s, xml, head, to, out)) return;
  if (head.is_subscription()) return send_subscription(c, s, std::move(xml), head, to, out);
  const bool says_availability = head.type == stanza_type::none || head.type == stanza_type::unavailable;
  if (head.kind == stanza_kind::presence && says_availability && !note_directed_presence(c, s, xml, head, to, out)) return;
  if (head.kind == stanza_kind::message) note_sent(c, s, xml, head, to, out);
  route_stanza(c, std::move(xml), head, to, out);
}

void on_session_stanza(core& c, session& s, std::string&& xml, effects& out) {
  auto head = read_head(xml);
  if (!head.has_from() || !is_full_jid_of(s, head.from)) {
    stamp_from(xml, head, s.bare(), s.resource);
    head = read_head(xml);
  }
  if (refuse_malformed(c, std::move(xml), head, out)) return;
  if (!head.has_to()) return on_unaddressed(c, s, std::move(xml), head, out);
  if (head.kind == stanza_kind::presence && head.type == stanza_type::none && !photo_of(*s.owner).empty()) {
    put_photo(xml, photo_of(*s.owner));
    head = read_head(xml);
  }
  stanza_address to;
  if (!to.read(head.to)) return answer_error(c, std::move(xml), head, condition::jid_malformed, out);
  on_addressed(c, s, std::move(xml), head, to, out);
}

void on_stanza(core& c, route::stanza&& m, effects& out) {
  session* const s = session_at(c, m.to);
  if (s != nullptr && comes_from(*s, m.from)) {
    base::give_text(std::move(m.from.text));
    base::give_text(std::move(m.to.text));
    if (!m.xml.empty()) on_session_stanza(c, *s, std::move(m.xml), out);
    return;
  }
  if (m.from.empty()) return;
  out.to_c2s.emplace_back(std::in_place_type<route::failure>, std::move(m.to), std::move(m.from),
                          std::string(route::failure_text::invalid_session), std::move(m.xml));
}

void on_controlled_stanza(core& c, route::controlled_stanza&& m, effects& out) {
  session* const s = session_named(c, m.sm);
  if (s != nullptr && comes_from(*s, m.from)) {
    for (auto* text : {&m.from.text, &m.to.text, &m.c2s, &m.sm}) base::give_text(std::move(*text));
    return on_session_stanza(c, *s, std::move(m.xml), out);
  }
  route::message unknown(std::move(m));
  route::message answer;
  if (route::bounce(unknown, answer, "Invalid Session")) out.to_c2s.push_back(std::move(answer));
}

/// What no c2s of ours sends.
void on_anything_else(route::message&& m, effects& out) {
  if (route::from_of(m).empty()) return;
  route::message answer;
  if (route::bounce(m, answer, "Not understood by this session manager")) out.to_c2s.push_back(std::move(answer));
}

}  // namespace

bool is_guest_name(std::string_view node) noexcept {
  constexpr std::string_view form = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";
  if (node.size() != form.size()) return false;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const std::string_view allowed = form[i] == 'x' ? "0123456789abcdef" : form[i] == 'y' ? "89ab" : form.substr(i, 1);
    if (allowed.find(node[i]) == std::string_view::npos) return false;
  }
  return true;
}

std::uint32_t partition_of(std::string_view bare_jid, std::uint32_t partitions) noexcept {
  if (partitions <= 1) return 0;
  // Multiplied down instead of divided: the upper half of the hash chooses the partition, the lower the place in its tables.
  return static_cast<std::uint32_t>(((seeded_hash(bare_jid) >> 32U) * partitions) >> 32U);
}

namespace {

std::optional<std::uint32_t> partition_in(std::string_view hex, std::uint32_t partitions) {
  const auto handle = route::parse_hex16(hex);
  if (!handle || route::client_id::unpack(*handle).shard >= partitions) return std::nullopt;
  return route::client_id::unpack(*handle).shard;
}

std::uint32_t partition_of_address(std::string_view address, std::uint32_t partitions) {
  const auto who = base::jid::parse(address);
  return who ? partition_of(who->bare(), partitions) : 0;
}

}  // namespace

std::uint32_t partition_for(const route::message& m, std::uint32_t partitions) {
  const auto& to = route::to_of(m);
  if (to.handle != 0) return route::client_id::unpack(to.handle).shard % std::max(partitions, 1U);
  // In one place for each JID that is told, so that login comes before logout.
  if (std::holds_alternative<route::notice>(m)) return partition_of_address(to.text, partitions);
  // Session control has names of its own for sessions; the route's address says little.
  if (const auto* s = std::get_if<route::controlled_stanza>(&m)) return partition_in(s->sm, partitions).value_or(0);
  if (const auto* c = std::get_if<route::session_control>(&m)) {
    return c->target.empty() ? partition_in(c->sm, partitions).value_or(0) : partition_of_address(c->target, partitions);
  }
  if (const auto* f = std::get_if<route::failure>(&m)) {
    const auto named = partition_in(route::marks_in(f->xml).sm, partitions);
    if (named) return *named;
  }
  const bool to_session = !std::holds_alternative<route::auth>(m) && !std::holds_alternative<route::session_start>(m);
  const auto slash = to.text.find('/');
  if (to_session && slash != std::string::npos) {
    const auto at = partition_in(std::string_view(to.text).substr(slash + 1), partitions);
    if (at) return *at;
  }
  return partition_of_address(to.text, partitions);
}

struct manager::state : core {
  using core::core;
};

manager::manager(const settings& s, std::uint32_t partition, std::uint32_t partitions)
    : state_(std::make_unique<state>(s, partition, partitions)) {}

manager::~manager() = default;

base::result<bool> manager::put_account(const base::jid& who, std::string password) {
  if (!who.has_node() || !who.is_bare()) return base::error("an account is named by USER@DOMAIN");
  if (!state_->serves(who.domain())) return base::error("account " + who.full() + ": its domain is not served");
  if (!state_->owns(who.bare())) return base::error("account " + who.full() + ": belongs to another partition");
  if (is_guest_name(who.node())) return base::error("account " + who.full() + ": such names are for guests");
  if (!is_password(password)) {
    return base::error("account " + who.full() + ": a password has 1 to " + std::to_string(max_password_bytes) + " bytes");
  }
  if (!state_->options.admins.empty()) state_->admin.configured.insert_or_assign(std::string(who.bare()), password);
  return state_->accounts.put(who.bare(), std::move(password));
}

bool manager::add_stored_account(std::string_view bare_jid) {
  const auto at = bare_jid.find('@');
  if (at == std::string_view::npos || !state_->serves(bare_jid.substr(at + 1)) || !state_->owns(bare_jid)) return false;
  state_->accounts.put_stored(bare_jid);
  return true;
}

void manager::set_archive_preferences(std::string_view bare_jid, std::string_view text) {
  set_preferences(*state_, bare_jid, text);
}

void manager::add_blocked(std::string_view owner, std::string_view jid) {
  if (state_->owns(owner)) state_->blocks.add(owner, jid);
}

bool manager::has_account(std::string_view bare_jid) const {
  return state_->accounts.find(bare_jid) != nullptr;
}

std::optional<std::string> manager::password_of(std::string_view bare_jid) const {
  const auto* const found = state_->accounts.find(bare_jid);
  if (found == nullptr || found->second.guest || found->second.password.empty()) return std::nullopt;
  return found->second.password;
}

std::optional<sasl::scram_keys> manager::keys_of(std::string_view bare_jid, sasl::scram_hash hash) const {
  const auto* const found = state_->accounts.find(bare_jid);
  if (found == nullptr || !found->second.keys) return std::nullopt;
  return (*found->second.keys)[static_cast<std::size_t>(hash)];
}

void manager::keep_keys(std::string_view bare_jid, sasl::scram_hash hash, sasl::scram_keys keys, std::string_view password) {
  auto* const found = state_->accounts.find(bare_jid);
  if (found == nullptr || !base::equal_in_constant_time(password, found->second.password)) return;
  if (!found->second.keys) found->second.keys = std::make_unique<derived_keys>();
  (*found->second.keys)[static_cast<std::size_t>(hash)] = std::move(keys);
}

void manager::on_route(route::message&& m, effects& out) {
  if (auto* stanza = std::get_if<route::stanza>(&m)) return on_stanza(*state_, std::move(*stanza), out);
  if (auto* stanza = std::get_if<route::controlled_stanza>(&m)) return on_controlled_stanza(*state_, std::move(*stanza), out);
  if (auto* auth = std::get_if<route::auth>(&m)) return on_auth(*state_, std::move(*auth), out);
  if (auto* start = std::get_if<route::session_start>(&m)) return on_session_start(*state_, std::move(*start), out);
  if (auto* command = std::get_if<route::session_control>(&m)) return on_session_control(*state_, std::move(*command), out);
  if (auto* failure = std::get_if<route::failure>(&m)) return on_failure(*state_, std::move(*failure), out);
  if (auto* notice = std::get_if<route::notice>(&m)) return on_notice(*state_, std::move(*notice), out);
  on_anything_else(std::move(m), out);
}

void manager::on_account_answer(std::uint64_t number, account_outcome what, effects& out) {
  couplet::session::on_account_answer(*state_, number, what, out);
  answer_quiet_orders(*state_, out);
}

void manager::on_storage_answer(std::uint64_t number, storage_answer&& answer, effects& out) {
  couplet::session::on_storage_answer(*state_, number, std::move(answer), out);
  answer_quiet_orders(*state_, out);
}

void manager::on_delivery(delivery&& d, effects& out) {
  if (d.word != nullptr) return on_order(*state_, std::move(d.word), out);
  if (d.what == delivery::purpose::server_probe) return answer_server_probe(*state_, std::move(d.xml), out);
  if (d.what == delivery::purpose::event) return receive_event(*state_, std::move(d.xml), out);
  if (d.what == delivery::purpose::event_question) return receive_question(*state_, std::move(d.xml), out);
  route_stanza(*state_, std::move(d.xml), out);
}

void manager::on_c2s_gone(std::string_view c2s_domain, effects& out) {
  couplet::session::on_c2s_gone(*state_, c2s_domain, out);
}

std::size_t manager::account_count() const noexcept {
  return state_->accounts.size();
}
std::uint64_t manager::returned_notices() const noexcept {
  return state_->returned_notices;
}
std::size_t manager::session_count() const noexcept {
  return state_->sessions.size();
}

}  // namespace couplet::session
