#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "form.hpp"
#include "muc/privileges.hpp"

namespace couplet::muc {

/// Whom occupants may send private messages to.
enum class private_messages : std::uint8_t { anyone, participants, moderators, none };

/// What an owner decides about a room (XEP-0045 section 10.2). The defaults are those of an instant room.
struct configuration {
  std::string name;
  std::string description;
  std::string language;
  bool persistent = false;
  bool listed = true;  ///< public: in the list of rooms
  bool members_only = false;
  bool moderated = false;
  bool has_password = false;
  std::string password;           ///< a secret that every occupant knows; never logged
  bool everybody_invites = true;  ///< in a room for members only, too; otherwise admins and moderators
  bool everybody_sets_subject = false;
  bool logged = false;      ///< by somebody: who enters is told
  bool shows_jids = false;  ///< non-anonymous: to everybody, not only to moderators
  private_messages messages = private_messages::anyone;
  bool shown_roles[4] = {false, true, true, true};  ///< whose presence is broadcast
  std::uint32_t max_occupants = 0;                  ///< 0: as many as the service allows
  std::uint32_t history = 20;                       ///< messages that somebody who enters may be sent
};

/// The fields of `c`, for a form of any type.
void append_fields(form_writer& form, const configuration& c);

/// Takes over the fields that the form has. What is wrong: a sentence that names the field; `c` is no good then.
std::optional<std::string> read_fields(const form_values& form, configuration& c, std::uint32_t max_occupants,
                                       std::uint32_t max_history);

/// As a text to keep, and back.
std::string to_text(const configuration& c);
std::optional<configuration> read_text(std::string_view text, std::uint32_t max_occupants, std::uint32_t max_history);

}  // namespace couplet::muc
