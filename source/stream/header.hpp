#pragma once

#include <string>
#include <string_view>

#include "base/close_reason.hpp"
#include "stream/client_stream.hpp"
#include "xml/tokenizer.hpp"

namespace couplet::stream {

/// What a client's stream header asks for.
struct client_header {
  const std::string* domain = nullptr;  ///< one of the settings' domains; nullptr: none was found
  bool version_1 = false;               ///< 1.0 or above; otherwise the stream is of the time before XMPP 1.0
  std::string language;                 ///< what the client speaks (xml:lang); empty: it did not say, or what our own header says
  std::string reply_to;                 ///< the bare JID of the client's `from`; empty: none, or what it gave is none
  bool has_from = false;                ///< whatever it is
};

/// Reads a header. Answers none, or the stream error that it deserves (RFC 6120 sections 4.7 to 4.9); what could be read is in `h` in both
/// cases, so that the error can be written under a header that fits.
base::close_reason read_client_header(const xml::element_view& header, const client_settings& settings, client_header& h);

/// Whether a root is {http://etherx.jabber.org/streams}stream with the wanted default namespace: what clients, components and managers have
/// in common. bad_format: not a stream at all; invalid_namespace.
base::close_reason check_root(const xml::element_view& header, std::string_view content_namespace);

/// The domain served that a prepared name stands for, itself or as an alias; null: none.
const std::string* find_domain(std::string_view prepared, const client_settings& settings);

/// The value of an attribute of the header, decoded; a null view (data() == nullptr) where there is none.
std::string_view header_attribute(const xml::element_view& header, std::string_view name, std::string& scratch);

/// Appends our header, in one piece with what follows (peers with expat stall on split tags). Empty `from`, `id`, `to`: left out.
void append_client_header(std::string& out, std::string_view id, std::string_view from, std::string_view to, bool version_1);

}  // namespace couplet::stream
