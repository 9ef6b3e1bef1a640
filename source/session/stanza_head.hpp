#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace couplet::session {

enum class stanza_kind : std::uint8_t { message, presence, iq, other };

/// The type attribute of any stanza. `none`: there is no attribute; `unknown`: RFC 6121 knows no such value.
enum class stanza_type : std::uint8_t {
  none,
  unknown,
  error,
  get,
  set,
  result,
  normal,
  chat,
  groupchat,
  headline,
  unavailable,
  subscribe,
  subscribed,
  unsubscribe,
  unsubscribed,
  probe,
};

/// What the first tag of a stanza says: views of its bytes, as written. A view without data: there is no such attribute.
struct stanza_head {
  stanza_kind kind = stanza_kind::other;
  stanza_type type = stanza_type::none;
  bool content_namespace = true;  ///< none declared, or one of jabber:client, jabber:server, jabber:component:accept
  std::string_view name;          ///< with prefix
  std::string_view local_name;
  std::string_view to, from, id;
  std::string_view from_whole, id_whole;  ///< name, =, quotes

  bool has_to() const noexcept { return to.data() != nullptr; }
  bool has_from() const noexcept { return from.data() != nullptr; }
  bool has_id() const noexcept { return id.data() != nullptr; }
  bool is_request() const noexcept { return kind == stanza_kind::iq && (type == stanza_type::get || type == stanza_type::set); }
  bool is_subscription() const noexcept {
    return kind == stanza_kind::presence && type >= stanza_type::subscribe && type <= stanza_type::unsubscribed;
  }
  bool is_probe() const noexcept { return kind == stanza_kind::presence && type == stanza_type::probe; }
  /// Errors and results are never answered (RFC 6120 sections 8.2.3 and 8.3.1).
  bool answerable() const noexcept {
    return type != stanza_type::error && !(kind == stanza_kind::iq && type == stanza_type::result);
  }
};

/// `stanza`: one whole element that a tokenizer has let through. One walk over its first tag.
stanza_head read_head(std::string_view stanza);

/// Puts `full_jid` into the from attribute, which is added where there is none. The head's views are no good afterwards.
void stamp_from(std::string& stanza, const stanza_head& head, std::string_view bare_jid, std::string_view resource);

}  // namespace couplet::session
