#pragma once

#include <string>
#include <string_view>

#include "pep_nodes.hpp"
#include "xml/element.hpp"

/// A node's configuration as a data form (XEP-0060 section 16.4.4), and as a text that is stored.
namespace couplet::session {

/// Takes over what the form says. What is not known here is ignored. False: a value that is not supported; `c` is no good then.
bool read_form(const xml::element& x, node_config& c);

/// What such a form asks for in vain, as a condition of pubsub#errors; empty: it has no name of its own (section 8.1.3).
std::string_view unsupported_in(const xml::element& x);
/// read_form() of publish-options, for a node that is made by them (XEP-0060 section 7.1.5). False also where something is not known here.
bool read_options(const xml::element& x, node_config& c);

/// Whether a node that is there has what publish-options ask for. What is not known here, or not supported, it has not.
bool meets(const xml::element& x, const node_config& c);

/// Appends the form with all fields as they are.
void append_form(std::string& out, const node_config& c);

std::string config_text(const node_config& c);
node_config read_config(std::string_view text);

}  // namespace couplet::session
