#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Looking at tags without a document. All of it works on bytes that a tokenizer has let through; on others it stays within
/// the bytes and answers that something is broken.
namespace couplet::route {

std::string_view prefix_of(std::string_view qualified_name) noexcept;  ///< empty where there is none
std::string_view local_of(std::string_view qualified_name) noexcept;

/// The prefix that an attribute of this name declares, empty for the default namespace; a null view where it declares none.
std::string_view declared_prefix(std::string_view attribute_name) noexcept;

/// The tag at the front, its '>' included; empty where it has no end.
std::string_view first_tag(std::string_view bytes) noexcept;

/// How many bytes the element at the front has; 0 where it has no end.
std::size_t element_size(std::string_view bytes) noexcept;

/// What a route holds: one element, or nothing, or what it must not hold.
struct route_child {
  std::string_view bytes;         ///< white space around it left out; empty: no child
  std::string_view tag;           ///< the first tag of it
  const char* problem = nullptr;  ///< null: it is as it must be
};
route_child find_child(std::string_view content) noexcept;

/// Whether a name below the first tag of `element` has a prefix whose declaration must stand on that tag or outside of the element.
/// `prefix` is not empty.
bool uses_prefix_inside(std::string_view element, std::string_view prefix);

/// Puts the declarations of `outer_tag` that the element relies on into the first tag of `element`, so that it means the
/// same without what it stood in. The names of stanzas (jabber:client and the two others) need none: they are what an element
/// without declaration belongs to.
void adopt_declarations(std::string& element, std::string_view outer_tag);

}  // namespace couplet::route
