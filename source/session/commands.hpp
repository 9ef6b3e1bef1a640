#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "address.hpp"
#include "core.hpp"
#include "stanza_head.hpp"
#include "xml/element.hpp"

/// Ad-hoc commands of the server (XEP-0050), for admins: how they are found, and the stages of each. What they are stands in
/// admin_commands.hpp.
namespace couplet::session {

/// Whether this account may use them.
bool is_admin(const core& c, std::string_view bare_jid);

/// Whether the payload of a request to the server is about commands. Without admins none is.
bool is_about_commands(const core& c, const xml::element& payload);
/// Answers it. `own`: the session that sent it, null where it came from elsewhere.
void answer_about_commands(core& c, std::string&& xml, const stanza_head& head, const xml::element& payload, session* own,
                           const stanza_address& to, effects& out);

/// Why a stage of a command is refused; it can be tried again.
struct complaint {
  complaint(condition why_, std::string text_, std::string_view detail_ = {})
      : why(why_), text(std::move(text_)), detail(detail_) {}
  condition why;
  std::string text;         ///< for a person
  std::string_view detail;  ///< the condition of XEP-0050 section 4.6; empty: none
};

/// The answer that ends a command. `content`: a form with what came of it, may be empty. `note`: an error for a person, may be empty.
void answer_completed(core& c, const running_command& r, std::string_view content, std::string_view note, effects& out);
/// An error instead.
void answer_failed(core& c, std::string_view iq, const complaint& why, effects& out);

}  // namespace couplet::session
