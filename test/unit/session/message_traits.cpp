// What is looked at in a message without parsing it, and what that decides.

#include "../../../source/session/children.hpp"
#include "../../../source/session/hints.hpp"
#include "../../../source/session/stanza_ids.hpp"
#include "world.hpp"

using namespace couplet::session;
using namespace couplet::session::testing;

namespace {

lines children_of(std::string_view stanza) {
  lines found;
  child_cursor child(stanza);
  while (child.next()) found.emplace_back(child.whole());
  return found;
}

std::string ids_stripped(std::string message, std::string_view bare = "juliet@example.org") {
  const auto before = message;
  const bool changed = strip_stanza_ids(message, bare);
  CHECK(changed == (message != before));
  return message;
}

const std::string ours = "<stanza-id xmlns='urn:xmpp:sid:0' by='juliet@example.org' id='1'/>";
const std::string theirs = "<stanza-id xmlns='urn:xmpp:sid:0' by='room@example.org' id='1'/>";

}  // namespace

TEST_CASE("children: whatever is in them, their ends are found") {
  CHECK(children_of("<message/>").empty());
  CHECK(children_of("<message></message>").empty());
  CHECK(children_of("<message a='>' b=\"/>\">text<![CDATA[<a></message>]]>more</message>").empty());
  CHECK(children_of("<m><a/>text<b x='</m>'>t<b><b/></b></b  ><c>]]&gt;<![CDATA[</c>]]></c></m>") ==
        lines{"<a/>", "<b x='</m>'>t<b><b/></b></b  >", "<c>]]&gt;<![CDATA[</c>]]></c>"});
  CHECK(children_of("<m\n>\n<a\tq=\"'\"\n/></m>") == lines{"<a\tq=\"'\"\n/>"});
  child_cursor at("<m><a/>t</m>");
  while (at.next()) {
  }
  CHECK(at.content_ends() == 8);
  // Bytes that no tokenizer would let through come to an end as well.
  for (const auto* cut : {"<m><a", "<m><a b='", "<m><a><b>", "<m><![CDATA[", "<m", "<", "", "<m><a></"}) {
    CAPTURE(cut);
    CHECK(children_of(cut).size() <= 1);
  }
}

TEST_CASE("children: names are resolved, with and without prefixes and references") {
  struct row {
    const char* stanza;
    bool is_body;
  };
  const row rows[] = {
      {"<message><body/></message>", true},
      {"<message xmlns='jabber:client'><body/></message>", true},
      {"<message xmlns='jabber:server'><body/></message>", true},
      {"<message xmlns='jabber:component:accept'><body/></message>", true},
      {"<c:message xmlns:c='jabber:client'><c:body/></c:message>", true},
      {"<c:message xmlns:c='jabber:client'><body/></c:message>", true},
      {"<message><c:body xmlns:c='jabber&#58;client'/></message>", true},
      {"<message><body xmlns='urn:x'/></message>", false},
      {"<message xmlns:c='urn:x'><c:body/></message>", false},
      {"<message><c:body/></message>", false},
      {"<message><bodyguard/></message>", false},
      {"<message><x><body/></x></message>", false},
  };
  for (const auto& r : rows) {
    CAPTURE(r.stanza);
    CHECK(read_traits(r.stanza).body == r.is_body);
  }
}

TEST_CASE("stanza ids: XEP-0359 section 5: what others write in the account's name is taken out, nothing else") {
  const std::string body = "<body>stanza-id</body>";
  const auto message = [](const std::string& content) { return "<message from='a@b/c'>" + content + "</message>"; };
  CHECK(ids_stripped(message(body)) == message(body));
  CHECK(ids_stripped(message(ours)) == message(""));
  CHECK(ids_stripped(message(ours + body + ours + theirs + ours)) == message(body + theirs));
  CHECK(ids_stripped(message(ours + ours + body)) == message(body));
  const std::string kept[] = {
      theirs,
      "<stanza-id xmlns='urn:x' by='juliet@example.org' id='1'/>",
      "<stanza-id xmlns='urn:xmpp:sid:0' id='1'/>",
      "<stanza-id xmlns='urn:xmpp:sid:0' by='juliet@example.org/balcony' id='1'/>",
      "<origin-id xmlns='urn:xmpp:sid:0' id='stanza-id' by='juliet@example.org'/>",
      "<forwarded xmlns='urn:xmpp:forward:0'><message>" + ours + "</message></forwarded>",
  };
  for (const auto& k : kept) CHECK(ids_stripped(message(body + k)) == message(body + k));
  const std::string disguised[] = {
      "<s:stanza-id xmlns:s='urn:xmpp:sid:0' id='1' by='juliet@example.org'></s:stanza-id>",
      "<stanza-id by='JULIET@Example.org' xmlns='urn:xmpp:sid&#58;0' id='1'>x</stanza-id>",
      "<stanza-id by='juliet&#64;example.org' xmlns=\"urn:xmpp:sid:0\"/>",
  };
  for (const auto& d : disguised) CHECK(ids_stripped(message(body + d)) == message(body));
  CHECK(ids_stripped(
            "<s:message xmlns:s='jabber:client' xmlns='urn:xmpp:sid:0'><stanza-id by='juliet@example.org'/></s:message>") ==
        "<s:message xmlns:s='jabber:client' xmlns='urn:xmpp:sid:0'></s:message>");
}

TEST_CASE("stanza ids: a message full of them costs one pass") {
  std::string many = "<message>";
  for (int i = 0; i < 200'000; ++i) many += ours;
  many += "<body/></message>";
  CHECK(ids_stripped(std::move(many)) == "<message><body/></message>");
}

TEST_CASE("stanza ids: ours comes last") {
  std::string message = "<message><body>&lt;/</body></message >";
  append_stanza_id(message, "it's@example.org", "00ff");
  CHECK(message ==
        "<message><body>&lt;/</body><stanza-id xmlns='urn:xmpp:sid:0' by='it&apos;s@example.org' id='00ff'/></message >");
}

TEST_CASE("hints: what is copied (XEP-0280 section 6.1), kept for later (XEP-0160 section 3) and archived (XEP-0313, XEP-0334)") {
  const std::string body = "<body>hi</body>";
  const std::string typing = "<composing xmlns='http://jabber.org/protocol/chatstates'/>";
  const std::string seen = "<displayed xmlns='urn:xmpp:chat-markers:0' id='1'/>";
  const std::string arrived = "<received xmlns='urn:xmpp:receipts' id='1'/>";
  const std::string thread = "<thread>t</thread>";
  const std::string secret = "<encrypted xmlns='eu.siacs.conversations.axolotl'/>";
  const std::string room = "<x xmlns='http://jabber.org/protocol/muc#user'/>";
  const std::string invited = "<x xmlns='http://jabber.org/protocol/muc#user'><invite from='a@b'/></x>";
  const std::string direct = "<x xmlns='jabber:x:conference' jid='r@c'/>";
  const std::string is_private = "<private xmlns='urn:xmpp:carbons:2'/>";
  const std::string origin = "<origin-id xmlns='urn:xmpp:sid:0' id='o'/>";
  const auto hint = [](std::string_view name) { return "<" + std::string(name) + " xmlns='urn:xmpp:hints'/>"; };
  struct row {
    const char* type;
    std::string content;
    const char* expected;  // sent copies, received copies, later, archive
  };
  const row rows[] = {
      {"chat", body, "srla"},
      {"normal", body, "srla"},
      {"", body, "srla"},
      {"sonnet", body, "srla"},
      {"groupchat", body, ""},
      {"headline", body, ""},
      {"error", body, "sr"},  // an error that repeats what it is about
      {"error", "<error/>", ""},
      {"error", body + hint("no-copy") + hint("store"), "sr"},
      {"chat", "", "srl"},
      {"normal", "", "l"},
      {"normal", secret, "l"},
      {"chat", secret, "srl"},
      {"chat", secret + hint("store"), "srla"},
      {"headline", body + hint("store"), ""},
      {"groupchat", body + hint("store"), ""},
      {"chat", typing, "sr"},
      {"chat", typing + thread + origin + hint("no-copy"), ""},
      {"normal", typing + thread, "sr"},
      {"chat", typing + body, "srla"},
      {"chat", typing + hint("store"), "srla"},
      {"normal", seen, "srl"},
      {"normal", arrived, "srl"},
      {"headline", seen, "sr"},
      {"chat", body + hint("no-store"), "sr"},
      {"chat", body + hint("no-store") + hint("store"), "sr"},
      {"chat", body + hint("no-permanent-store"), "srl"},
      {"chat", body + hint("no-copy"), "la"},
      {"chat", body + is_private, "la"},
      {"chat", body + is_private + hint("no-copy"), "la"},
      {"chat", body + "<no-copy xmlns='urn:x'/><private/>", "srla"},
      {"chat", body + room, "sla"},  // an occupant: the room copies it itself
      {"normal", invited, "srl"},
      {"normal", direct, "srl"},
  };
  for (const auto& r : rows) {
    const std::string type = r.type[0] == '\0' ? "" : " type='" + std::string(r.type) + "'";
    const auto message = "<message" + type + ">" + r.content + "</message>";
    CAPTURE(message);
    const auto head = read_head(message);
    const auto t = read_traits(message);
    std::string found;
    if (is_for_carbons(head, t, false)) found += 's';
    if (is_for_carbons(head, t, true)) found += 'r';
    if (is_for_later(head, t)) found += 'l';
    if (is_for_archive(head, t)) found += 'a';
    CHECK(found == r.expected);
  }
}
