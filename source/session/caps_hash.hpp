#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "xml/element.hpp"

/// What an entity says of itself (a query of disco#info), and the hash that presence has of it (XEP-0115 section 5).
namespace couplet::session {

/// The text that is hashed (section 5.1). Nothing: what the entity says is ill-formed (section 5.4), or has a '<' in it, with which two different
/// entities could have the same text.
std::optional<std::string> verification_text(const xml::element& query);

/// Whether `ver` is the hash of what the entity says. `algorithm`: a name of XEP-0300; those that are not known here never fit.
bool fits_hash(const xml::element& query, std::string_view algorithm, std::string_view ver);

/// The nodes of which it wants to hear (`NODE+notify`, XEP-0163 section 4.3.2), in order, each once. Bounded in number and bytes: what is beyond
/// is left out.
std::vector<std::string> wanted_nodes(const xml::element& query);

}  // namespace couplet::session
