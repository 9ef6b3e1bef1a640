#pragma once

#include <string>
#include <utility>

#include "storage/archive_query.hpp"

/// What a manager asks for of an account's archive (XEP-0313): alternatives of storage_request::work.
namespace couplet::session {

/// One message behind those that are there, with the time of now.
struct archive_message {
  archive_message() = default;
  std::string id;
  std::string with, resource;  ///< the other side, prepared: bare, and its resource
  std::string stanza;
  bool contacts_only = false;  ///< only where the roster has `with`
  storage::archive_limits most;
};

/// The answer has a page, or says that an id is unknown.
struct read_archive {
  explicit read_archive(storage::archive_query what_) : what(std::move(what_)) {}
  storage::archive_query what;
};

/// The answer's page has the first and the last message, without stanzas.
struct read_archive_ends {};

/// What the account wants to be archived; empty: the default.
struct put_archive_preferences {
  explicit put_archive_preferences(std::string text_) : text(std::move(text_)) {}
  std::string text;
};

}  // namespace couplet::session
