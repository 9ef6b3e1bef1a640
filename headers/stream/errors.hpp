#pragma once

#include <string>
#include <string_view>

#include "base/close_reason.hpp"
#include "xml/tokenizer.hpp"

namespace couplet::stream {

/// Appends <stream:error> with the reason's condition and text (RFC 6120 section 4.9); nothing where the reason has none.
/// `content`: of the condition itself (see-other-host, section 4.9.3.19).
/// The prefix `stream` must be declared by the header.
void append_stream_error(std::string& out, base::close_reason reason, std::string_view content = {});

/// How a tokenizer's fault is called as an end of a connection.
base::close_reason reason_of(xml::fault fault) noexcept;

/// Whether a stanza is owed an answer where it could not be delivered (RFC 6120 sections 8.2.3, 8.3.1): messages and requests are, what
/// answers something never. `stanza`: its bytes, without a prefix.
bool is_owed_an_error(std::string_view stanza);

/// Appends an error answer to a stanza (RFC 6120 section 8.3): same name and id, to and from swapped (`from` left out where
/// `request` has no `to`, or an empty one), type='error', then <error/> with type, legacy code (XEP-0086), condition and text. The child of the request is not echoed:
/// it may hold a password. `request` is the bytes of the stanza. Written in the stream's default namespace.
void append_stanza_error(std::string& out, std::string_view request, std::string_view condition, std::string_view text = {});

}  // namespace couplet::stream
