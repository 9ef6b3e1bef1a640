#pragma once

#include <string>
#include <string_view>

#include "answers.hpp"
#include "core.hpp"
#include "pep_nodes.hpp"
#include "xml/element.hpp"

/// Requests to an account's personal eventing service, in the account's turn. What only the owner may do was refused before.
namespace couplet::session {

struct pubsub_request {
  std::string xml;   ///< the iq
  std::string tag;   ///< its first tag, closed: answers are made of it
  std::string from;  ///< bare JID of who asks
  bool own = false;  ///< the owner does
};

/// Looks at what is asked, and does it.
void work_on_request(core& c, pep_account& a, std::string&& xml, effects& out);

/// Does it, where what it is about is at hand now.
void resume_request(core& c, pep_account& a, pubsub_request&& r, effects& out);

/// An error with a condition of http://jabber.org/protocol/pubsub#errors beside it, empty: none. `attributes`: of that one, " name='value'".
void refuse(core& c, const std::string& tag, condition why, std::string_view what, effects& out,
            std::string_view attributes = {});
void refuse_unsupported(core& c, const std::string& tag, std::string_view feature, effects& out);

/// The name of the node that the element is about; empty: refused, as nodeid-required or as a name that nothing can have.
std::string node_or_refuse(core& c, const pubsub_request& r, const xml::element& e, effects& out);
/// The same for a node that must be there. Null: refused.
const pep_node* known_node_or_refuse(core& c, const pep_account& a, const pubsub_request& r, const xml::element& e, effects& out);

// http://jabber.org/protocol/pubsub; `e`: what stands in <pubsub/>, of core::document.

void publish(core& c, pep_account& a, pubsub_request&& r, const xml::element& e, effects& out);
void retract(core& c, pep_account& a, pubsub_request&& r, const xml::element& e, effects& out);
void create_node(core& c, pep_account& a, pubsub_request&& r, const xml::element& e, effects& out);
void answer_items(core& c, pep_account& a, pubsub_request&& r, const xml::element& e, effects& out);

// http://jabber.org/protocol/pubsub#owner

void configure_node(core& c, pep_account& a, pubsub_request&& r, const xml::element& e, effects& out);
void delete_node(core& c, pep_account& a, pubsub_request&& r, const xml::element& e, effects& out);
void purge_node(core& c, pep_account& a, pubsub_request&& r, const xml::element& e, effects& out);

// Service discovery (XEP-0060 section 5); `e`: the query.

void answer_node_items(core& c, pep_account& a, pubsub_request&& r, const xml::element& e, effects& out);
void answer_node_info(core& c, pep_account& a, pubsub_request&& r, const xml::element& e, effects& out);

}  // namespace couplet::session
