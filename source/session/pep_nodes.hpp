#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "seeded_hash.hpp"
#include "session/storage_request.hpp"

/// The nodes of an account's personal eventing service (XEP-0163), as far as they are in memory: what there is, without the items' texts.
namespace couplet::session {

/// Who may read a node and hear of it (XEP-0060 section 4.5); its owner always may.
enum class access_model : std::uint8_t { open, presence, whitelist };
/// When the newest item is sent without being asked for (XEP-0060, pubsub#send_last_published_item).
enum class last_item : std::uint8_t { never, on_subscription, on_presence };

/// What one account may have of it. All of it counts for storage::entry_limits as well.
inline constexpr std::size_t most_pep_nodes = 100;
inline constexpr std::uint32_t most_pep_items = 1'000;  ///< of a node; what `max` means
inline constexpr std::size_t most_pep_bytes = 2U << 20U;
/// Of a node's name, or an item's id.
inline constexpr std::size_t most_pep_name_bytes = 1'023;

/// How a node behaves; the defaults are those of XEP-0163.
struct node_config {
  access_model access = access_model::presence;
  last_item sends_last = last_item::on_presence;
  std::uint32_t max_items = 1;
  bool persist_items = true;
  bool deliver_payloads = true;
  bool notify_retract = true;
  bool notify_delete = true;
  std::string avatar;  ///< of the metadata node: the hash of the picture that the vCard has (XEP-0398); empty: none
};

struct pep_item {
  pep_item(std::string id_, std::int64_t number_, std::size_t bytes_) : id(std::move(id_)), number(number_), bytes(bytes_) {}
  std::string id;
  std::int64_t number;  ///< milliseconds since 1970 of its publication, made unique: it grows within the account
  std::size_t bytes;
};

struct pep_node {
  std::string name;
  node_config config;
  std::vector<pep_item> items;  ///< the oldest first

  const pep_item* find(std::string_view id) const noexcept;
};

/// What waits for its turn.
struct pep_task {
  enum class kind : std::uint8_t {
    request,   ///< an iq to the account
    question,  ///< a session that wants the newest items: ask_for_last_items()
  };
  pep_task(kind what_, std::string xml_) : what(what_), xml(std::move(xml_)) {}
  kind what;
  std::string xml;
};

/// One account's nodes, and what is under way with them: one task after another.
struct pep_account {
  pep_account(std::string owner_, std::uint64_t number_) : owner(std::move(owner_)), number(number_) {}

  const pep_node* find(std::string_view node) const noexcept;
  void put(pep_node&& node);
  void erase(std::string_view node);
  /// Of all items.
  std::size_t bytes() const noexcept;
  /// For the next item.
  std::int64_t next_number(std::int64_t now) const noexcept;

  const std::string owner;     ///< bare JID
  const std::uint64_t number;  ///< no other one has it, also if the account is made again
  std::vector<pep_node> nodes;
  std::deque<pep_task> waiting;
  std::size_t waiting_bytes = 0;
  bool is_loaded = false;
  bool asking = false;   ///< the storage has not answered yet
  bool running = false;  ///< a task is being worked on
};

/// Those of one partition that are in memory: all with work, and of the others as many as there is room for.
class pep_table {
 public:
  static constexpr std::size_t most = 10'000;

  /// Null: it is not in memory.
  pep_account* find(std::string_view owner) noexcept;
  pep_account& make(std::string_view owner);
  void erase(std::string_view owner);

  std::size_t all_waiting_bytes = 0;

 private:
  void make_room();

  std::unordered_map<std::string, std::unique_ptr<pep_account>, seeded_hasher, std::equal_to<>> accounts_;
  std::uint64_t last_number_ = 0;
};

/// The key of an item in the storage.
std::string item_key(std::string_view node, std::string_view id);
/// Its text there, and the other way round: the number, and <item/>.
std::string item_value(std::int64_t number, std::string_view item);
std::pair<std::int64_t, std::string_view> read_item_value(std::string_view value) noexcept;
/// Takes over what was read of an account's nodes and items.
void fill(pep_account& a, const storage_answer& answer);

}  // namespace couplet::session
