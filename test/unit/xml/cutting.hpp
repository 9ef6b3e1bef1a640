#pragma once

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "xml/tokenizer.hpp"

namespace couplet::xml {

/// For doctest's messages.
inline std::ostream& operator<<(std::ostream& out, fault f) {
  constexpr const char* names[] = {"none",    "not_well_formed", "restricted_xml",      "unsupported_encoding",
                                   "too_big", "too_deep",        "too_many_attributes", "too_many_children"};
  return out << names[static_cast<std::size_t>(f)];
}

}  // namespace couplet::xml

namespace couplet::test {

/// The usual beginning of a client's stream.
inline constexpr std::string_view client_header =
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='example.org' version='1.0'>";

/// A token with copies of all that its view tells.
struct part {
  xml::token kind = xml::token::need_more;
  std::string bytes;
  std::size_t first_tag_size = 0;
  std::string name;
  std::string prefix;
  std::string namespace_uri;
  bool self_closing = false;
  bool declares_server_namespace = false;
  bool uses_header_prefixes = false;
  friend bool operator==(const part&, const part&) = default;
};

/// All that came out of an input.
struct outcome {
  std::vector<part> parts;
  xml::fault fault = xml::fault::none;
  std::vector<xml::prefix_declaration> header_namespaces;
  friend bool operator==(const outcome&, const outcome&) = default;
};

/// Feeds one input in the given pieces; each lies in memory of its own, which is gone when the next one comes.
outcome feed(const std::vector<std::string>& pieces, const xml::tokenizer_limits& limits = {});

/// Feeds the input whole, byte by byte, and cut in two at every place (at 200 places, if it is long), and requires the same
/// outcome each time. The same bytes go through expat, which must read the same tree from what is let through (SECURITY 23).
outcome tokenize(std::string_view input, const xml::tokenizer_limits& limits = {});

/// tokenize(client_header + input): the fault.
xml::fault fault_in_stream(std::string_view input, const xml::tokenizer_limits& limits = {});

/// tokenize(client_header + input) gives the header and one element, which is returned.
part only_element(std::string_view input, const xml::tokenizer_limits& limits = {});

}  // namespace couplet::test
