#pragma once

#include <string>
#include <string_view>

#include "route/message.hpp"

/// The second generation's marks on a route's child: the command <sc:session/>, and the attributes sc:c2s and sc:sm of a stanza.
/// Read by namespace, under any prefix; written with the prefix "sc", as other session managers and jadc2s expect.
namespace couplet::route {

/// A route's child, and the first tag of the route, on which prefixes may be declared too (empty where none is).
struct scope {
  std::string_view child;
  std::string_view route_tag;
};

/// Whether a tag declares the namespace at all, with any prefix: a quick no for nearly everything of the first generation.
bool declares_session_control(std::string_view tag);

bool is_command(const scope& s);
/// Everything of the command but the addresses. Foreign attributes and what the element holds are left out.
session_control read_command(const scope& s);

/// The values of sc:c2s and sc:sm on the child's first tag; what is not there stays as it was.
void read_control_attributes(const scope& s, std::string& c2s, std::string& sm);

/// Appends the child to `xml` without sc:c2s and sc:sm, whose values it puts out, and without the declarations on its first
/// tag that nothing needs any more. False, and nothing done, where it carries neither.
bool take_control_attributes(const scope& s, std::string& xml, std::string& c2s, std::string& sm);

void append_command(std::string& out, const session_control& command);

/// Appends a stanza with the attributes. What stood on it under these names goes.
void append_controlled(std::string& out, std::string_view xml, std::string_view c2s, std::string_view sm);

/// Appends a stanza without the attributes: nobody who may write stanzas can make commands of them.
void append_uncontrolled(std::string& out, std::string_view xml);

}  // namespace couplet::route
