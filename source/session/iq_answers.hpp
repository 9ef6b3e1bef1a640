#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "answers.hpp"
#include "core.hpp"
#include "stanza_head.hpp"
#include "xml/element.hpp"

/// Requests, and answers to them, also to those of which only the first tag is kept (first_tag_of).
namespace couplet::session {

/// What a request is about: its one child. Empty: it has none, or several, which nobody answers in another way than by bad-request
/// (RFC 6120 section 8.2.3). It holds until core::document is parsed into again.
xml::element payload_of(core& c, std::string_view iq);

/// The result with this inside, which may be empty. It finds its way as route_stanza has it: who asked may be gone.
void answer_result(core& c, std::string_view content, const stanza_head& request, effects& out);

/// An error to a request whose first tag was kept.
void answer_kept_error(core& c, std::string_view first_tag, condition why, effects& out);

/// Asks for a change, and answers the request of which `first_tag` is kept with an empty result, or with an error.
void ask_for_change(core& c, std::string_view owner, std::vector<entry_change> steps, std::string first_tag, effects& out);

/// What a client hears where the storage did not do it. Precondition: the outcome is not `done`.
condition condition_of(storage_outcome what) noexcept;

}  // namespace couplet::session
