#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/jid.hpp"

/// The first tags of what components send and are sent. `xml` is always one whole element that a tokenizer has let through.
namespace couplet::component {

/// The attribute's value as an address, prepared; nothing where it is not there or is none.
std::optional<base::jid> address_in(std::string_view xml, std::string_view attribute);
bool has_attribute(std::string_view xml, std::string_view attribute);

/// Whether it is an iq, a message or presence: `local_name` of the element.
bool is_stanza(std::string_view local_name) noexcept;

/// Whether an error may be sent for it: not for errors and results (RFC 6120 sections 8.2.3 and 8.3.1).
bool is_answerable(std::string_view xml);

/// Gives it a `from`, which it lacks.
void add_from(std::string& xml, std::string_view from);

/// Takes a default namespace off the first tag that is one of those which mean the content of a stream (jabber:client, jabber:server,
/// jabber:component:accept): whoever gets the element has a stream of his own. Others stay.
void drop_content_namespace(std::string& xml);

}  // namespace couplet::component
