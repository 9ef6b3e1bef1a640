#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "xml/element.hpp"

/// What the session manager stores as texts of its own, in the words of the specifications: for documents that servers exchange (XEP-0227).
/// For `server`, which brings it to storage::portable_texts.
namespace couplet::session {

/// A node's configuration (storage::entry_kind::pep_node) as a data form (XEP-0060 section 16.4.4).
std::string form_of_node(std::string_view stored);
/// The other way round, from any server's form; an empty element: there is none. `items`: how many the node has. What is not known here is
/// ignored, and a value that is not supported is the default; but nobody gets to read what he could not: who may read is the owner alone
/// where the form says something else than is known here, or where there is none. Where the form does not say how many items are kept, all are.
std::string node_of_form(const xml::element& form, std::size_t items);

/// What an account wants to be archived (storage::put_archive_preferences) as <prefs/> of urn:xmpp:mam:2 (XEP-0441).
std::string preferences_to_xml(std::string_view stored);
/// The other way round; nothing: it is not as the specification has it, or names more JIDs than an account may.
std::optional<std::string> preferences_from_xml(const xml::element& prefs);

}  // namespace couplet::session
