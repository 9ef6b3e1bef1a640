#pragma once

#include <string>
#include <string_view>

#include "stanza_head.hpp"

namespace couplet::session {

/// The stanza errors that this room answers with (RFC 6120 section 8.3.3).
enum class condition : std::uint8_t {
  bad_request,
  conflict,
  feature_not_implemented,
  forbidden,
  internal_server_error,
  item_not_found,
  jid_malformed,
  not_acceptable,
  not_allowed,
  not_authorized,
  remote_server_not_found,
  resource_constraint,
  service_unavailable,
};

/// Appends the error answer to a stanza: its name without prefix, its id, to and from swapped, <error/> with type, the legacy
/// code of XEP-0086 and the condition. Nothing of the stanza's children is repeated: they may hold a password.
void append_error(std::string& out, const stanza_head& request, condition why);

/// Appends <iq type='result' with id and addresses of the answer, up to and without the tag's end.
void append_result_tag(std::string& out, const stanza_head& request);

}  // namespace couplet::session
