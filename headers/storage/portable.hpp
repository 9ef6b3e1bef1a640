#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "storage/accounts.hpp"
#include "storage/archive_query.hpp"
#include "storage/entry_kind.hpp"
#include "xml/element.hpp"

/// What is stored of users, in the format that servers exchange (XEP-0227, version 1.1): keys and passwords, rosters and requests for
/// subscription, messages that wait, vCards, private XML, block lists, nodes and their items, archives and what is to be archived. Not the last
/// activity, which the format has no place for, nor when an item was published; rooms belong to nobody.
namespace couplet::storage {

/// How texts that only those who write them understand are turned into XML, and back. All of them are needed.
struct portable_texts {
  std::int64_t now = 0;  ///< milliseconds since 1970: no archived message is of a later time
  /// A node's configuration as a data form.
  std::function<std::string(std::string_view stored)> form_of_node;
  /// `form` is empty where the document has none; `items`: of the node.
  std::function<std::string(const xml::element& form, std::size_t items)> node_of_form;
  /// What is archived as <prefs/>; back: nothing where it is not as it should be.
  std::function<std::string(std::string_view stored)> preferences_to_xml;
  std::function<std::optional<std::string>(const xml::element& prefs)> preferences_from_xml;
  /// Puts into a message since when it has waited, in milliseconds since 1970; nothing: the document does not say it.
  std::function<void(std::string& message, std::string_view domain, std::optional<std::int64_t> since)> stamp;
};

/// Gives the document to `write` in pieces: hosts and users in order, of each all that is stored. There is never more in memory than what
/// is stored of one user beside messages. Answers how many users there are. Throws failure.
std::size_t write_portable(database& db, const portable_texts& texts, const std::function<void(std::string_view)>& write);

struct portable_entry {
  portable_entry(entry_kind kind_, std::string key_, std::string value_)
      : kind(kind_), key(std::move(key_)), value(std::move(value_)) {}
  entry_kind kind;
  std::string key;
  std::string value;
};

struct portable_archived {
  std::string id;
  std::int64_t time = 0;       ///< milliseconds since 1970
  std::string with, resource;  ///< the other side, prepared: bare, and its resource
  std::string stanza;
};

/// A user as a document has it, in the words of this database. Without keys and password it is no account, but what is stored for one of
/// the configuration, or one that is known elsewhere.
struct portable_user {
  std::string jid;  ///< bare, prepared
  credentials what;
  std::vector<portable_entry> entries;
  std::vector<std::string> offline;        ///< the oldest first
  std::vector<portable_archived> archive;  ///< the same
  std::string archive_preferences;

  bool has_credentials() const noexcept;
};

/// What a document holds.
struct portable_data {
  std::vector<portable_user> users;
  /// Elements that nobody here understands, and how often: "query (jabber:iq:privacy)".
  std::map<std::string, std::size_t> unknown;
};

/// Reads a whole document. Everything or nothing: the error is one line that says what is wrong, and with whom. XInclude is refused: the
/// files have to be put together before.
base::result<portable_data> read_portable(std::string_view document, const portable_texts& texts);

/// How much there may be of one user.
struct portable_limits {
  entry_limits entries;
  offline_limits offline;
  archive_limits archive;            ///< beyond, the oldest go
  std::size_t text_bytes = 262'144;  ///< of one text: what is larger fits in no stanza
};

/// Stores all of it. `exists`: there is such an account, or something is stored under that name already; nothing was changed. `over_limit`:
/// `why` is one line that says who has too much of what; the change has to be undone. Throws failure.
outcome put_portable(database& db, const portable_user& u, const portable_limits& most, std::string& why);

}  // namespace couplet::storage
