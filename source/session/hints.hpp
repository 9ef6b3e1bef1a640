#pragma once

#include <string>
#include <string_view>

#include "stanza_head.hpp"

/// What is to become of a message beside its delivery: by its type, by what is in it, and by its sender's hints (XEP-0334).
namespace couplet::session {

/// What there is directly below a message.
struct message_traits {
  bool body = false;
  bool chat_state = false;     ///< XEP-0085
  bool conversation = false;   ///< chat states, receipts (XEP-0184), markers (XEP-0333)
  bool other_content = false;  ///< apart from all that is named here, threads and ids
  bool invitation = false;     ///< into a room, direct (XEP-0249) or mediated (XEP-0045 section 7.8)
  bool from_a_room = false;  ///< <x/> of muc#user without an invitation: a private message of an occupant (XEP-0045 section 7.5)
  bool is_private = false;   ///< XEP-0280 section 9
  bool no_copy = false;
  bool no_store = false;
  bool no_permanent_store = false;
  bool store = false;
};

message_traits read_traits(std::string_view message);

/// Whether other sessions get copies of it (XEP-0280 section 6.1). `received`: by the account whose sessions these are, otherwise sent.
bool is_for_carbons(const stanza_head& head, const message_traits& t, bool received) noexcept;

/// Whether it waits for who is not there (XEP-0160 section 3): what a conversation consists of, not what is over by then.
bool is_for_later(const stanza_head& head, const message_traits& t) noexcept;

/// Whether both sides remember it (XEP-0313 section 6.1.1): what people have said, and what its sender asks for.
bool is_for_archive(const stanza_head& head, const message_traits& t) noexcept;

/// normal, whether it says so or not (RFC 6121 section 5.2.2).
inline bool is_normal(stanza_type t) noexcept {
  return t == stanza_type::none || t == stanza_type::normal || t == stanza_type::unknown;
}

}  // namespace couplet::session
