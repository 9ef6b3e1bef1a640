#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace couplet::session {

/// What a partition asks of another one, or of itself, for a command of an admin. It comes back as its own answer: exactly one.
struct order {
  enum class kind : std::uint8_t {
    make_account,     ///< `who` with `secret`
    change_password,  ///< of `who` to `secret`
    remove_account,   ///< `who`, with all that is stored of it
    end_sessions,     ///< of a bare JID all, of a full one that one
    list_online,      ///< accounts of the domain `who` that have sessions
    list_accounts,    ///< all of that domain
    describe,         ///< the resources of `who` that are there, and the size of its roster
    // The three steps of emptying the server, see reset.cpp.
    close_doors,
    settle,
    open_doors,
  };
  enum class result : std::uint8_t {
    done,
    exists,
    missing,         ///< there is no such account, or no such session
    not_allowed,     ///< it is the operator's
    not_acceptable,  ///< no account can have this name or password
    busy,            ///< try again
    unavailable,     ///< the storage does not work just now
  };

  order(kind what_, std::string_view who_) : what(what_), who(who_) {}
  ~order();
  order(const order&) = delete;
  order& operator=(const order&) = delete;

  kind what;
  bool is_answer = false;
  bool keeps = false;        ///< of open_doors: nothing was emptied
  std::uint32_t asker = 0;   ///< the partition that asked
  std::uint64_t number = 0;  ///< of the command there
  std::uint64_t spared = 0;  ///< the handle of a session that goes on
  std::size_t most = 0;      ///< names in the answer
  std::string who;           ///< prepared
  std::string secret;

  result outcome = result::done;
  std::uint64_t count = 0;         ///< of all that are meant; of sessions those that ended; of `describe` the contacts
  std::vector<std::string> names;  ///< up to `most`, and some hundred KiB
};

}  // namespace couplet::session
