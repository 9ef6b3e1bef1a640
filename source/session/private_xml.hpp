#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core.hpp"
#include "stanza_head.hpp"
#include "xml/element.hpp"

/// Private XML (XEP-0049): elements that a client keeps with its account, each under its name.
namespace couplet::session {

/// Of a session, to its own account.
void answer_private_xml(core& c, std::string&& xml, const stanza_head& head, const xml::element& query, const session& own,
                        effects& out);

/// What a request of type set changes: `query` is that of the stanza `xml`. Empty: something in it cannot be stored, or there is nothing.
std::vector<entry_change> private_xml_steps(std::string_view xml, const xml::element& query);

}  // namespace couplet::session
