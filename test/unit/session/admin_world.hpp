#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "world.hpp"

namespace couplet::session::testing {

using fields = std::vector<std::pair<std::string, std::string>>;

inline settings with_admin(bool registration = false) {
  auto s = example(registration);
  s.admins = {"boss@example.org"};
  return s;
}

inline std::string admin_node(std::string_view name) {
  return "http://jabber.org/protocol/admin#" + std::string(name);
}

inline std::string filled(const fields& values, std::string_view form_type = "http://jabber.org/protocol/admin") {
  std::string x = "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>";
  x.append(form_type).append("</value></field>");
  for (const auto& [var, value] : values) x += "<field var='" + var + "'><value>" + value + "</value></field>";
  return x + "</x>";
}

inline std::string filled_with(const std::string& var, const std::vector<std::string>& values) {
  std::string x = "<x xmlns='jabber:x:data' type='submit'><field var='" + var + "'>";
  for (const auto& v : values) x += "<value>" + v + "</value>";
  return x + "</field></x>";
}

inline std::string command_iq(std::string_view node, std::string_view attributes = {}, std::string_view payload = {},
                              std::string_view type = "set") {
  std::string iq = "<iq id='c1' to='example.org' type='";
  iq.append(type).append("'><command xmlns='http://jabber.org/protocol/commands' node='").append(node).append("'");
  return iq.append(attributes).append(1, '>').append(payload).append("</command></iq>");
}

/// What one client is answered; empty: nothing.
inline std::string answer_for(const lines& said, std::string_view client) {
  const auto begin = std::string(client) + " <- <iq ";
  for (const auto& line : said)
    if (line.starts_with(begin)) return line;
  return {};
}

inline std::string session_id_in(std::string_view answer) {
  const auto at = answer.find("sessionid='");
  REQUIRE(at != std::string_view::npos);
  const auto begin = at + 11;
  return std::string(answer.substr(begin, answer.find('\'', begin) - begin));
}

/// The first stage, then the form: what the client is told at the end.
inline std::string executes(world& w, const std::string& client, const std::string& node, const std::string& form) {
  const auto first = answer_for(w.says(client, command_iq(node)), client);
  REQUIRE_MESSAGE(contains(first, "status='executing'"), first);
  return answer_for(w.says(client, command_iq(node, " sessionid='" + session_id_in(first) + "'", form)), client);
}

/// In one go, as somebody who knows the form.
inline std::string does(world& w, const std::string& client, const std::string& node, const std::string& form = {}) {
  return answer_for(w.says(client, command_iq(node, {}, form)), client);
}

inline bool can_log_in(world& w, const std::string& bare, std::string_view password) {
  std::string iq = "<iq id='l' type='set'><query xmlns='jabber:iq:auth'><password>";
  iq.append(password).append("</password></query></iq>");
  return w.auth(bare + "/r", iq) == "<iq type='result' id='l'/>";
}

}  // namespace couplet::session::testing
