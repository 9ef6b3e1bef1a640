#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core.hpp"
#include "pep_nodes.hpp"

/// Who hears of a node (XEP-0163 section 4.3): the owner's sessions, and those of contacts with a subscription to the owner's presence, as far as
/// their clients want to (`NODE+notify`). Contacts' sessions are looked at where they are: in the partition of the contact.
namespace couplet::session {

struct pep_event {
  pep_event(std::string node_, access_model access_, std::string content_)
      : node(std::move(node_)), access(access_), content(std::move(content_)) {}
  std::string node;
  access_model access;
  std::string content;  ///< what is inside <event/>: one element with a node attribute
};

/// In the account's turn, as the last thing.
void send_events(core& c, pep_account& a, std::vector<pep_event> events, effects& out);

/// From another partition, for an account of this one: <message/> with the event, to a bare JID.
void receive_event(core& c, std::string&& xml, effects& out);

/// A session wants the newest items of these nodes: of its own account, and of the contacts whose presence it sees.
void ask_for_last_items(core& c, const session& s, const std::vector<std::string>& nodes, effects& out);
/// The account has a subscription to the presence of one more contact: the sessions want that one's newest items.
void ask_for_last_items_of(core& c, const account_table::entry& owner, std::string_view contact, effects& out);

/// Such a question, also from another partition: a <presence/> between the session's full JID and the account, with a child for each node.
void receive_question(core& c, std::string&& xml, effects& out);

/// In the account's turn: answers such a question.
void send_last_items(core& c, pep_account& a, std::string_view question, effects& out);

}  // namespace couplet::session
