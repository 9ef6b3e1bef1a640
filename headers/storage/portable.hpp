#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "storage/accounts.hpp"

/// What is stored, in the format that servers exchange (XEP-0227, version 1.1).
namespace couplet::storage {

/// Gives the document to `write` in pieces: hosts and users in order, of each the keys of SCRAM, and the password where it is stored. Throws
/// failure.
void write_portable(database& db, const std::function<void(std::string_view)>& write);

/// An account as a document has it: with keys, or a password, or both.
struct portable_account {
  std::string jid;  ///< bare, prepared
  credentials what;
};

/// What a document holds.
struct portable_data {
  std::vector<portable_account> accounts;
  std::map<std::string, std::size_t> unknown;  ///< elements that nobody here understands, and how often: "vCard (vcard-temp)"
};

/// Reads a whole document. Everything or nothing: the error is one line that says what is wrong, and with whom. XInclude is refused: the
/// files have to be put together before.
base::result<portable_data> read_portable(std::string_view document);

}  // namespace couplet::storage
