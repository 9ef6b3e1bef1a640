#pragma once

#include "base/base64.hpp"
#include "base/digest.hpp"
#include "roster_world.hpp"

namespace couplet::session::testing {

/// People with events: alice, and bob who sees her presence (and she his). Carol knows nobody.
class pep_world : public roster_world {
 public:
  explicit pep_world(std::uint32_t partitions = 3, settings s = timed()) : roster_world(s, partitions) {
    contact("alice@example.org", "bob@example.org", "both");
    contact("bob@example.org", "alice@example.org", "both");
    for (const char* const who : {"alice", "bob", "carol"}) account(std::string(who) + "@example.org");
  }

  static settings timed() {
    auto s = example(true);
    s.now = [] { return time; };
    time = 1'000'000'000'000;
    return s;
  }
  static inline std::int64_t time = 0;

  void contact(const std::string& owner, const std::string& who, const std::string& state) {
    const auto item = "<item jid='" + who + "' subscription='" + state + "'/>";
    storage.answer(storage_request(
        owner, change_entries(entry_change(entry_change::verb::put, storage::entry_kind::roster_item, who, item))));
  }

  static std::string features(const std::vector<std::string>& nodes) {
    std::string inside =
        "<identity category='client' type='pc' name='Test'/><feature var='http://jabber.org/protocol/disco#info'/>";
    for (const auto& node : nodes) inside += "<feature var='" + node + "+notify'/>";
    return inside;
  }
  /// The hash of that.
  static std::string ver(std::vector<std::string> nodes) {
    for (auto& node : nodes) node += "+notify";
    nodes.emplace_back("http://jabber.org/protocol/disco#info");
    std::sort(nodes.begin(), nodes.end());
    std::string text = "client/pc//Test<";
    for (const auto& node : nodes) text += node + '<';
    return base::base64_encode(base::digest_of(base::hash_function::sha1, text));
  }
  static std::string caps_presence(const std::string& version) {
    return "<presence><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='urn:test' ver='" + version + "'/></presence>";
  }
  /// Available with a client that wants to hear of these nodes, and answers when it is asked. What came of it, without the question.
  lines comes_with(const std::string& name, const std::string& full_jid, const std::vector<std::string>& nodes) {
    starts(name, full_jid);
    auto log = says(name, caps_presence(ver(nodes)));
    const auto id = question_in(log, name);
    if (id.empty()) return log;
    for (auto& line : answers_question(name, id, features(nodes))) log.push_back(line);
    return log;
  }
  lines answers_question(const std::string& name, const std::string& id, const std::string& inside) {
    return says(name, "<iq type='result' to='example.org' id='" + id + "'><query xmlns='http://jabber.org/protocol/disco#info'>" +
                          inside + "</query></iq>");
  }
  /// Takes the question of the server out; its id, empty: there is none.
  static std::string question_in(lines& log, const std::string& name) {
    constexpr std::string_view begin = " <- <iq type='get' id='couplet-caps-";
    for (auto line = log.begin(); line != log.end(); ++line) {
      if (!line->starts_with(name + std::string(begin))) continue;
      const auto at = line->find("id='") + 4;
      const auto id = line->substr(at, line->find('\'', at) - at);
      log.erase(line);
      return id;
    }
    return {};
  }

  /// A request; what comes of it.
  lines asks(const std::string& who, const std::string& to, const std::string& payload, const std::string& type = "get") {
    return says(who, "<iq type='" + type + "' id='q'" + (to.empty() ? "" : " to='" + to + "'") + ">" + payload + "</iq>");
  }
  /// The one answer: what is inside, or the error from its condition on.
  std::string answer(const std::string& who, const std::string& to, const std::string& payload, const std::string& type = "get") {
    for (const auto& line : asks(who, to, payload, type)) {
      if (!line.starts_with(who + " <- <iq type='result'") && !line.starts_with(who + " <- <iq type='error'")) continue;
      if (contains(line, "type='error'")) return line.substr(line.find("code='"));
      const auto begin = line.find('>') + 1;
      return line.ends_with("</iq>") ? line.substr(begin, line.size() - begin - 5) : "";
    }
    return "(no answer)";
  }
  static std::string pubsub(const std::string& inside, const std::string& part = "") {
    return "<pubsub xmlns='http://jabber.org/protocol/pubsub" + part + "'>" + inside + "</pubsub>";
  }
  static std::string options(const std::string& fields) {
    return "<publish-options><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'>"
           "<value>http://jabber.org/protocol/pubsub#publish-options</value></field>" +
           fields + "</x></publish-options>";
  }
  static std::string field(const std::string& name, const std::string& value) {
    return "<field var='pubsub#" + name + "'><value>" + value + "</value></field>";
  }
  static std::string item(const std::string& node, const std::string& id, const std::string& text, const std::string& more = {}) {
    return pubsub("<publish node='" + node + "'><item id='" + id + "'>" + payload(text) + "</item></publish>" + more);
  }
  static std::string payload(const std::string& text) { return "<tune xmlns='urn:tune'>" + text + "</tune>"; }
  std::string publishes(const std::string& who, const std::string& node, const std::string& id, const std::string& text,
                        const std::string& more = {}) {
    return answer(who, "", item(node, id, text, more), "set");
  }
  std::string items(const std::string& who, const std::string& to, const std::string& node, const std::string& inside = {}) {
    return answer(who, to, pubsub("<items node='" + node + "'>" + inside + "</items>"));
  }
};

inline const std::string public_node = pep_world::options(pep_world::field("access_model", "open"));
inline const std::string private_node = pep_world::options(pep_world::field("access_model", "whitelist"));

/// The messages among the lines.
inline lines messages_in(const lines& log) {
  lines found;
  for (const auto& line : log) {
    if (contains(line, "<message ")) found.push_back(line);
  }
  return found;
}

}  // namespace couplet::session::testing
