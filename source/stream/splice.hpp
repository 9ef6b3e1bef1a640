#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "xml/tokenizer.hpp"

// Forwarding without rebuilding: only the first tag of an element is written anew, every byte behind it stays as the tokenizer
// let it through.

namespace couplet::stream {

/// What the first tag of a client's stanza says, raw; a null view: no such attribute.
struct stanza_tag {
  std::string_view type;
  std::string_view id;
  std::string_view to;
};

/// Appends a client's stanza as a manager may see it: without `from` and `xmlns` (the caller says who speaks, and the manager's
/// stream has a default namespace of its own), without attributes of the session control protocol, which a manager would obey, with
/// `from` as the last attribute and with the prefixes that the client declared on its stream header.
/// `plain_from`: the address needs no escaping. `language`: of a stanza that does not say (xml:lang); may be empty. Allocates nothing where `out` has room.
void append_stanza(std::string& out, const xml::element_view& stanza, const std::vector<xml::prefix_declaration>& header_prefixes,
                   std::string_view from, bool plain_from, std::string_view language, stanza_tag& tag);

/// Appends a client's login iq under another id: without `from`, `to` and `xmlns`.
void append_request(std::string& out, const xml::element_view& iq, const std::vector<xml::prefix_declaration>& header_prefixes,
                    std::string_view id);

/// Appends a manager's answer to a login iq, addressed to nobody and with the client's own id attribute, in the client's namespace at every depth.
void append_answer(std::string& out, std::string_view iq, std::string_view id_attribute);

/// Whether a stanza from a manager may need xml::append_with_client_namespace. Cheap; may say yes too often, never no.
bool may_name_server_namespaces(std::string_view stanza) noexcept;

}  // namespace couplet::stream
