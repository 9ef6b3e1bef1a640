#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace couplet::session {

/// What a manager whose accounts are stored asks for: hashing and a disk take their time. Exactly one answer to each, in any order:
/// manager::on_account_answer(). Can be moved, not copied: secrets are wiped with the last owner.
struct account_request {
  enum class kind : std::uint8_t {
    make,             ///< an account with this password
    change_password,  ///< to this one
    remove,           ///< the account, with all that is stored of it
    check_password,   ///< does it fit?
    check_digest,     ///< the same for the digest of XEP-0078, over `stream_id`
    refuse,           ///< nothing: the answer is `wrong`, when a check would have come to it
  };

  account_request(kind what_, std::string_view bare_jid_, std::string secret_ = {}, std::string stream_id_ = {})
      : what(what_), bare_jid(bare_jid_), secret(std::move(secret_)), stream_id(std::move(stream_id_)) {}
  account_request(account_request&&) noexcept = default;
  account_request& operator=(account_request&&) noexcept = default;
  account_request(const account_request&) = delete;
  account_request& operator=(const account_request&) = delete;
  ~account_request();

  kind what;
  std::uint64_t number = 0;  ///< of the request, for the answer
  std::string bare_jid;      ///< prepared
  std::string secret;        ///< the password as it was given, or the digest
  std::string stream_id;
};

/// What became of it.
enum class account_outcome : std::uint8_t {
  done,         ///< it is on the disk; of a check: it fits
  wrong,        ///< of a check: it does not, or there is no such account
  exists,       ///< of `make`: there is one already
  missing,      ///< there is no such account
  full,         ///< there is no place on the disk, or too much is being asked for just now
  unavailable,  ///< the storage does not work just now
};

}  // namespace couplet::session
