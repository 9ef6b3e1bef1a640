#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/jid.hpp"
#include "muc/service.hpp"
#include "xml/element.hpp"

namespace couplet::muc {

enum class stanza_kind : std::uint8_t { message, presence, iq, other };

/// What has come. The views are of its bytes.
struct incoming {
  stanza_kind kind = stanza_kind::other;
  std::string type;  ///< empty: none
  base::jid from, to;
  std::string_view id;      ///< as written, with name and quotes; empty: none
  std::string attributes;   ///< all others, as written, each with a blank in front; no declaration of the stream's content
  std::string_view inner;   ///< what is between its tags, as written
  std::string_view xml;     ///< all of it
  bool addressed = false;   ///< from and to are addresses
  bool has_prefix = false;  ///< its name, which no client's has
  bool is_mapped = false;   ///< the resource of `to` is not as it was written: a profile of stringprep changed it

  bool is_request() const noexcept { return kind == stanza_kind::iq && (type == "get" || type == "set"); }
  /// Errors and results are never answered (RFC 6120 sections 8.2.3 and 8.3.1).
  bool is_answerable() const noexcept { return type != "error" && (kind != stanza_kind::iq || is_request()); }
  /// The value of the id, as written, without quotes.
  std::string_view id_value() const noexcept { return id.size() < 5 ? std::string_view() : id.substr(4, id.size() - 5); }
};

/// `xml`: one whole element that a tokenizer has let through.
incoming read_stanza(std::string_view xml);

/// The content of a message or presence, without what only a service may say: children of muc and muc#user, ids of occupants, and ids and delays in
/// the room's own name. `root`: the parsed stanza, which is looked into only where there may be such a thing.
void append_content(std::string& out, const incoming& in, xml::fragment& document, std::string_view room);

/// <iq type='result' with the id and addresses of the answer, up to and without the tag's end.
void append_result_tag(std::string& out, const incoming& request);

/// Where a text for many differs: from `to` on. `rest` begins behind the value: "' from='…'>…</message>".
void send(effects& out, std::string_view name, std::string_view to, std::string_view rest);

/// XEP-0082, in UTC: 2002-09-10T23:08:25Z.
std::string stamp_of(time_point when);
/// Nothing where it is no DateTime of that profile.
std::optional<time_point> read_stamp(std::string_view text);

/// As it stands in an attribute.
std::string escaped(std::string_view text);

/// How many characters UTF-8 has.
std::size_t characters_in(std::string_view text) noexcept;

}  // namespace couplet::muc
