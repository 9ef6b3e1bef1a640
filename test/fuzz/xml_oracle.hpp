#pragma once

#include <string_view>

namespace couplet::test {

/// The tokenizer against expat. For any bytes: the same outcome however they are cut; what is let through expat takes as well,
/// and reads the same tree from it as pugixml does (one of them being wrong would let a stanza be smuggled past a check); what is
/// refused inside an element as not well-formed, expat refuses, too; what is rewritten for another stream is let through again.
///
/// Throws std::logic_error, which says what differs, where one of these does not hold.
void compare_with_expat(std::string_view all);

}  // namespace couplet::test
