#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/secret.hpp"
#include "storage/portable.hpp"

namespace couplet::storage {

/// A document on its way out, in pieces. There are keys in it.
class portable_out {
 public:
  explicit portable_out(const std::function<void(std::string_view)>& write) : write_(write) {}
  ~portable_out() { base::wipe(text); }
  portable_out(const portable_out&) = delete;
  portable_out& operator=(const portable_out&) = delete;

  void pass_on() {
    write_(text);
    base::wipe(text);
  }
  /// Where there is much of it: between two stanzas.
  void pass_on_if_large() {
    if (text.size() >= piece_bytes) pass_on();
  }

  std::string text;

 private:
  static constexpr std::size_t piece_bytes = 64U << 10U;
  const std::function<void(std::string_view)>& write_;
};

/// Appends a stanza that stands in no stream now.
void append_stanza(std::string& out, std::string_view stanza);

/// What is stored of a user beside credentials, as children of <user/>.
void append_contacts(portable_out& out, database& db, std::string_view owner);
void append_kept_xml(portable_out& out, database& db, std::string_view owner);
void append_nodes(portable_out& out, database& db, std::string_view owner, const portable_texts& texts);
void append_messages(portable_out& out, database& db, std::string_view owner, const portable_texts& texts);

}  // namespace couplet::storage
