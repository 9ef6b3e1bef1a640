#pragma once

#include <string>
#include <string_view>

#include "core.hpp"
#include "stanza_head.hpp"
#include "xml/element.hpp"

/// Personal eventing (XEP-0163): each account is a publish-subscribe service (XEP-0060) of its owner.
namespace couplet::session {

/// Whether a request to an account is about its nodes: pubsub, and service discovery of what it has.
bool is_pubsub_request(const xml::element& payload);

/// Such a request, from anybody to an account of this partition.
void answer_pubsub(core& c, std::string&& xml, std::string_view owner, effects& out);
/// To an account that does not exist: as if it had nothing that the sender has a right to see.
void answer_pubsub_for_nobody(core& c, std::string&& xml, const stanza_head& head, effects& out);

/// The identity and the features of such a service, for service discovery.
void append_pubsub_info(std::string& out);

}  // namespace couplet::session
