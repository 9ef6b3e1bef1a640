#pragma once

#include "core.hpp"
#include "pubsub_request.hpp"
#include "xml/element.hpp"

/// Bookmarks of both times as one: items of a node (XEP-0402), which private XML has in one element (XEP-0049, storage:bookmarks). The items are
/// what is; private XML keeps what they have no place for.
namespace couplet::session {

inline constexpr std::string_view bookmarks_node = "urn:xmpp:bookmarks:1";
inline constexpr std::string_view old_bookmarks = "storage:bookmarks";              ///< namespace
inline constexpr std::string_view old_bookmarks_key = "storage:bookmarks storage";  ///< of the entry of private XML

/// Whether a query of private XML has bookmarks in it.
bool has_bookmarks(const xml::element& query);
/// Answers it, whatever else is in it. In the account's turn.
void answer_bookmarks(core& c, pep_account& a, pubsub_request&& r, stanza_type type, const xml::element& query, effects& out);

/// Whether the request is about the node while its items may be in private XML only. If so they are taken over, and then the request goes on
/// (resume_request()). True: it was taken.
bool take_over_bookmarks(core& c, pep_account& a, pubsub_request& r, std::string_view node, effects& out);

}  // namespace couplet::session
