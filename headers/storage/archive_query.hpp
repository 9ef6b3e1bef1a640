#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace couplet::storage {

/// How much of one account's conversations is kept; beyond it the oldest go.
struct archive_limits {
  std::size_t messages = 100'000;
  std::size_t bytes = 100U << 20U;
};

/// Which messages of an archive are asked for (XEP-0313 section 4.1), and which page of them (XEP-0059). Times are milliseconds since 1970.
struct archive_query {
  std::string with;                        ///< the other side's bare JID, prepared; empty: everybody
  std::string with_resource;               ///< of it, empty: whatever there is
  std::optional<std::int64_t> start, end;  ///< both are inside
  std::string after_id, before_id;         ///< ids that are outside; empty: no bound
  std::vector<std::string> ids;            ///< these and no others
  std::string page_after, page_before;     ///< where the page begins or ends, outside of it
  bool last_page = false;                  ///< the page is the last one before `page_before`, or before the end
  std::size_t most = 0;                    ///< messages in a page
  std::size_t page_bytes = 0;              ///< and about so many bytes; at least one message
};

struct archived_message {
  archived_message(std::string_view id_, std::int64_t time_, std::string_view stanza_) : id(id_), time(time_), stanza(stanza_) {}
  std::string id;
  std::int64_t time;
  std::string stanza;
};

/// A page, the oldest message first.
struct archive_page {
  std::vector<archived_message> messages;
  bool complete = false;             ///< there is nothing more in the direction of paging
  std::optional<std::size_t> count;  ///< of all that match, where that is known at no cost
};

}  // namespace couplet::storage
