#pragma once

#include "world.hpp"

namespace couplet::session::testing {

/// Versions are hashes under a key of the process.
inline std::string without_version(std::string line) {
  const auto at = line.find(" ver='");
  if (at != std::string::npos) line.erase(at, line.find('\'', at + 6) + 1 - at);
  return line;
}

/// Two people, and short ways to say what they do.
class roster_world : public world {
 public:
  using world::world;

  /// Logged in, roster asked for, available; what comes of it is answered.
  lines comes(const std::string& name, const std::string& full_jid) {
    const auto bare = full_jid.substr(0, full_jid.find('/'));
    if (!of(bare).has_account(bare)) account(bare);
    starts(name, full_jid);
    says(name, "<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>");
    return says(name, "<presence/>");
  }
  lines sets(const std::string& name, const std::string& item) {
    return says(name, "<iq type='set' id='s'><query xmlns='jabber:iq:roster'>" + item + "</query></iq>");
  }
  lines sends(const std::string& name, const std::string& type, const std::string& to) {
    return says(name, "<presence type='" + type + "' to='" + to + "'/>");
  }
  /// The items of the roster, as they are written.
  std::string roster(const std::string& name) {
    const auto log = says(name, "<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>");
    REQUIRE(log.size() == 1);
    const auto answer = without_version(log[0]);
    constexpr std::string_view begin = "<query xmlns='jabber:iq:roster'>";
    const auto at = answer.find(begin);
    REQUIRE(at != std::string::npos);
    const auto rest = answer.substr(at + begin.size());
    return rest.substr(0, rest.find("</query>"));
  }
};

/// The ids of pushes are counted: what they are, and the versions, is of no interest.
inline lines without_push_ids(lines log) {
  for (auto& line : log) {
    line = without_version(std::move(line));
    const auto at = line.find(" id='push");
    if (at != std::string::npos) line.erase(at, line.find('\'', at + 5) + 1 - at);
  }
  return log;
}

inline std::string push_of(const std::string& name, const std::string& full_jid, const std::string& item) {
  return name + " <- <iq to='" + full_jid + "' type='set'><query xmlns='jabber:iq:roster'>" + item + "</query></iq>";
}

}  // namespace couplet::session::testing
