#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sasl/credentials.hpp"

namespace couplet::credentials {

/// The two forms of the external authentication protocol, as the scripts for ejabberd and for Prosody's mod_auth_external speak
/// it. The question is the same text in both:
///
///     auth:USER:SERVER:PASSWORD
///
/// USER and SERVER are prepared and hold no colon (RFC 6122: no node does); PASSWORD is all the rest, as the client sent it, in UTF-8, and
/// may hold colons. No other operation (isuser, setpass…) is ever sent. Questions come one after the other; each is answered
/// before the next one is put. The end of the input means that the program should end.
enum class command_protocol : std::uint8_t {
  /// A line, ended by a line feed. The answer is a line too: "1" right, "0" wrong.
  generic,
  /// Two bytes of length, the high one first, and the text. The answer is the length 2 and a number of two bytes: 1 right, 0 wrong.
  ejabberd,
};

/// A name of --auth-command-protocol.
std::optional<command_protocol> command_protocol_of(std::string_view name) noexcept;

/// What need not be asked. Wrong: a password with a line feed, a carriage return or a NUL byte, which would be two questions, or another
/// password once the script has cut it; it is wrong in both forms, so that an account does not depend on the form; so is one of
/// more than 16 KiB. Unavailable: a
/// server name with a colon (an IPv6 literal), which a script would take apart in the wrong place.
std::optional<sasl::answer::verdict> answer_without_asking(const sasl::question& q) noexcept;

/// Appends the question; nothing of the password stays anywhere else. Precondition: it must be asked.
void append_question(std::string& out, command_protocol p, const sasl::question& q);

/// What has come back so far.
enum class reply : std::uint8_t {
  incomplete,
  right,
  wrong,
  garbage,  ///< no answer, or more than one: it can't be trusted any more which answer belongs to which question
};
reply read_reply(command_protocol p, std::string_view bytes) noexcept;

/// No reply needs more; longer ones are garbage.
inline constexpr std::size_t longest_reply = 16;

}  // namespace couplet::credentials
