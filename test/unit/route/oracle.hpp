#pragma once

#include <string>
#include <string_view>

#include "route/codec.hpp"

/// A second opinion on routes: slow, over a document, written from the protocol's description and sharing nothing with the codec.
namespace couplet::test {

/// What a route means, as one text: kind, ends, fields, and the child in a normal form (namespaces resolved, attributes
/// sorted). "refused" where it must be refused.
std::string meaning_of_bytes(std::string_view route, route::writer from);

/// The same for a message that the codec has made.
std::string meaning_of_message(const route::message& m);
/// Of a plain message that holds an update.
std::string meaning_of_notice(std::string_view bytes);

}  // namespace couplet::test
