#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pep_events.hpp"
#include "pep_nodes.hpp"

/// A change of an account's nodes: it is stored whole, then it is in memory, then who waits is answered, then it is told.
namespace couplet::session {

struct pep_change {
  std::vector<entry_change> steps;
  std::vector<pep_node> nodes;       ///< as they will be
  std::vector<std::string> removed;  ///< names of nodes
  std::vector<pep_event> events;
};

/// The node as the change has left it so far, else as it is; nothing: there is none.
std::optional<pep_node> node_of(const pep_account& a, const pep_change& change, std::string_view name);
/// A copy of the node with an item more, newest of all, and without those for which there is no room. `item`: <item/> without a namespace.
void add_item(const pep_account& a, pep_change& change, pep_node node, std::string_view id, std::string_view item,
              std::int64_t now);
/// Tells that something was published to a node that has neither items nor payloads (XEP-0060 section 4.3).
void add_notice(pep_change& change, const pep_node& node);
/// And without one that it has.
void remove_item(pep_change& change, pep_node node, std::string_view id, bool tells);
/// A node that is new, or has another configuration: items beyond its limits go.
void put_node(pep_change& change, pep_node node);
void remove_node(pep_change& change, const pep_node& node);
void remove_items(pep_change& change, pep_node node);

/// What is wrong with the change, as to how much an account may have: a condition of pubsub#errors; empty: nothing.
std::string_view excess_of(const pep_account& a, const pep_change& change);

/// In the account's turn, as the last thing. `then` must not ask anything in turn.
void make_pep_change(core& c, pep_account& a, pep_change&& change,
                     std::function<void(core& c, storage_outcome what, effects& out)> then, effects& out);
/// The same, answered to who has asked: `content` on success.
void make_pep_change(core& c, pep_account& a, pep_change&& change, std::string tag, std::string content, effects& out);

}  // namespace couplet::session
