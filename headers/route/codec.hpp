#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "route/message.hpp"

namespace couplet::route {

/// The wire form of the messages: one <route/> element each, both generations of the protocol; of a notice, a plain message.
/// etc/PROTOCOL.md shows it.
/// Any thread may call; nothing is kept.

/// Who wrote a route: the same bytes (type='session') mean a request from one side and an answer from the other.
enum class writer : unsigned char { c2s, manager };

/// Appends the message as one element (jabber:component:accept, the stream's default namespace, is not declared). Addresses
/// are written as their texts, which must be set: who owns the wire turns handles into JIDs first. `to` is always needed, `from` by
/// all but stanzas and failures.
///
/// Neither reads nor changes the XML inside, apart from the session control attributes on the first tag of a stanza: a
/// controlled_stanza gets its own (in place of what stood there), a stanza loses what somebody put there. A stanza whose element is itself
/// a session control command must not be given: whoever lets stanzas in lets in message, presence and iq only.
void append(std::string& out, const message& m);

/// Reads one <route/> that a tokenizer has let through. Both generations. Addresses come as texts; those of a stanza and of a failure
/// may lack `from` (then it is empty, and there is nobody to answer). An error for what is no route or has no
/// defined meaning: one line that names what is wrong and quotes none of it.
///
/// White space around the child is dropped; a second child is an error (one stanza a route). What the child relies on of the
/// route's own declarations of namespaces goes with it; declarations of the stream's header do not (xml::append_header_prefixes
/// puts them on the route). xml:lang and unknown attributes of the route are ignored, and so is its namespace, as the original does. An
/// origin is read where it stands; where it is none, the stanza has none.
/// The payload is taken from base::take_text(), the addresses (and the names that a controlled stanza carries) from
/// base::take_short_text(): who consumes the message gives them back.
base::result<message> parse(std::string_view element_bytes, writer from);

/// Reads a plain message of a c2s: a notice where it has both addresses, no type, and one child, the <update/> that etc/PROTOCOL.md
/// describes. Nothing for any other. Bytes and texts as for parse().
std::optional<message> parse_notice(std::string_view element_bytes);

/// What of the session control protocol stands on the first tag of an element: of a failure's XML, say, which keeps it. Read by namespace.
struct control_marks {
  bool is_command = false;
  session_control::verb action = session_control::verb::unknown;  ///< of a command
  std::string c2s, sm;                                            ///< empty: not there
};
control_marks marks_in(std::string_view element);

/// The element without sc:c2s and sc:sm on its first tag, and without the declarations that nothing else needs. No command must be given.
std::string without_marks(std::string_view element);

/// Appends the answer to a route that parse() refused: type='error', the ends swapped, `error` in words, nothing inside. False where there is
/// nobody to answer, or it is an error itself: then nothing is appended.
bool append_refusal(std::string& out, std::string_view element_bytes, std::string_view error);

}  // namespace couplet::route
