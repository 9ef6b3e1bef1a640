#include "world.hpp"

#include <random>

using namespace couplet;
using namespace couplet::session::testing;

namespace {

/// Stanzas of all kinds, good and bad, to everybody.
class author {
 public:
  explicit author(unsigned seed) : random_(seed) {}

  std::string write() {
    const std::string kind = one_of({"message", "presence", "iq", "iq", "c:message xmlns:c='jabber:client'", "unknown"});
    std::string xml = "<" + kind;
    attribute(xml, "to",
              {"a@example.org", "a@example.org/1", "b@example.org/2", "B@Example.Org", "b@example.net", "example.org",
               "example.net/x", "nobody@example.org", "a@elsewhere.org", "@", "a@example.org/&amp;&#x31;"});
    attribute(xml, "from", {"a@example.org/1", "b@example.org", "nobody@elsewhere.org", "", "&quot;"});
    attribute(
        xml, "type",
        {"get", "set", "result", "error", "chat", "groupchat", "headline", "unavailable", "subscribe", "probe", "&#103;et", ""});
    attribute(xml, "id", {"1", "it&apos;s", ""});
    attribute(xml, "xmlns", {"jabber:client", "jabber:server", "urn:x"}, 6);
    const std::string inside = one_of({"", "text", "<ping xmlns='urn:xmpp:ping'/>", "<priority>3</priority>",
                                       "<priority>x</priority>", "<query xmlns='http://jabber.org/protocol/disco#info'/>",
                                       "<query xmlns='jabber:iq:register'><username>a</username><password>p</password></query>"});
    return xml + ">" + inside + "</" + kind.substr(0, kind.find(' ')) + ">";
  }
  std::string one_of(const lines& choices) { return choices[random_() % choices.size()]; }
  unsigned below(unsigned limit) { return static_cast<unsigned>(random_()) % limit; }

 private:
  void attribute(std::string& xml, std::string_view name, const lines& values, unsigned rarity = 3) {
    if (below(rarity) == 0) return;
    if (rarity > 3 && below(2) == 0) return;
    xml.append(1, ' ').append(name).append("='").append(one_of(values)).append("'");
  }

  std::mt19937 random_;
};

bool is_request(const std::string& xml) {
  return xml.starts_with("<iq") && (contains(xml, "type='get'") || contains(xml, "type='set'"));
}

}  // namespace

TEST_CASE("random: SECURITY 5: 20,000 stanzas of all kinds: requests have exactly one outcome, nothing comes from nowhere") {
  author write(7);
  world w(example(true), 3);
  const lines names = {"a1", "a2", "b1", "b2"};
  const auto start = [&](const std::string& name) {
    w.account(name.substr(0, 1) + "@example.org");
    w.starts(name, name.substr(0, 1) + "@example.org/" + name.substr(1), name[1] == '2');
  };
  for (const auto& name : names) start(name);
  for (int i = 0; i < 20'000; ++i) {
    const auto name = write.one_of(names);
    const auto xml = write.write();
    CAPTURE(xml);
    if (write.below(10) == 0) {
      const auto log = w.gone(name, xml);
      CHECK(log.size() <= 2 + names.size());
      start(name);
      continue;
    }
    const auto log = w.says(name, xml);
    if (is_request(xml)) REQUIRE(log.size() == 1);
    REQUIRE(log.size() <= names.size() * 2);
    for (const auto& line : log) REQUIRE_FALSE(line.starts_with("nobody"));
    REQUIRE(w.sessions() == names.size());
  }
}
