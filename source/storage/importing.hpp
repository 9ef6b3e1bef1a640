#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/jid.hpp"
#include "storage/portable.hpp"
#include "xml/element.hpp"

namespace couplet::storage {

/// Why a document is refused. It does not leave read_portable().
struct wrong {
  explicit wrong(std::string why) : text(std::move(why)) {}
  std::string text;
};

/// Names from the document, as they may stand in one line.
std::string shown(std::string_view name);

/// Whether it is a stanza of that name.
bool is_stanza(const xml::element& e, std::string_view name);

/// What was left out, and how often. XInclude is refused.
class unknown_elements {
 public:
  void note(const xml::element& e);
  std::map<std::string, std::size_t> take() { return std::move(counts_); }

 private:
  std::map<std::string, std::size_t> counts_;
};

/// As long as the parts of a JID may be: names of contacts, groups and nodes.
inline constexpr std::size_t max_kept_name_bytes = 1'023;
/// Far more than an account may have entries.
inline constexpr std::size_t most_nodes = 10'000;

/// One <user/> while it is read.
class user_reading {
 public:
  /// `bytes`: of the element that `user` was parsed from.
  user_reading(std::string_view bytes, const portable_texts& texts, portable_user& to, unknown_elements& unknown)
      : texts_(texts), to_(to), unknown_(unknown), bytes_(bytes) {}

  /// Whether it was one of those that are known here. Throws wrong.
  bool take(const xml::element& child);
  /// When all are read.
  void finish();

 private:
  struct node {
    explicit node(std::string_view name_) : name(name_) {}
    std::string name;
    bool configured = false;
    xml::element form;
    std::vector<std::pair<std::string, std::string>> items;  ///< id, <item/>
  };

  [[noreturn]] void refuse(const std::string& why) const;
  base::jid address(const xml::element& e, const char* attribute, const char* what) const;
  void add(entry_kind kind, std::string key, std::string value, const char* what);

  // As they are kept.

  std::string_view bytes_from(const xml::element& e) const;
  std::string kept(const xml::element& e) const;
  std::string stanza(const xml::element& e) const;

  void take_roster(const xml::element& query);
  void take_contact(const xml::element& item);
  std::string groups_of(const xml::element& item) const;
  void take_request(const xml::element& presence);
  void take_blocked(const xml::element& list);
  void take_vcard(const xml::element& card);
  void take_private(const xml::element& query);
  void take_configurations(const xml::element& pubsub);
  void take_items(const xml::element& pubsub);
  void take_item(node& of, const xml::element& item);
  node& node_named(const xml::element& holder);
  void take_waiting(const xml::element& messages);
  void take_archive(const xml::element& archive);
  portable_archived archived(const xml::element& result) const;
  void take_preferences(const xml::element& prefs);

  const portable_texts& texts_;
  portable_user& to_;
  unknown_elements& unknown_;
  std::string_view bytes_;
  std::vector<node> nodes_;
  std::set<std::pair<entry_kind, std::string>> seen_;
};

}  // namespace couplet::storage
