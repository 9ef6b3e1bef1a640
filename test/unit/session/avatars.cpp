// Avatars of both times, each made of the other (XEP-0084, XEP-0153, XEP-0398).

#include "avatars.hpp"

#include "pep_world.hpp"

using namespace couplet;
using namespace couplet::session;
using namespace couplet::session::testing;
using storage::entry_kind;

namespace {

constexpr auto alice = "alice@example.org";
const std::string picture = "not really a picture";
const std::string base64 = base::base64_encode(picture);
const std::string hash = base::sha1_hex(picture, {});
const std::string update = "<x xmlns='vcard-temp:x:update'><photo>" + hash + "</photo></x>";

struct people : pep_world {
  people() : pep_world(2) {
    comes("alice", "alice@example.org/home");
    comes("bob", "bob@example.org/work");
  }
  std::string puts(const std::string& node, const std::string& id, const std::string& inside,
                   const std::string& more = public_node) {
    return answer("alice", "",
                  pubsub("<publish node='" + node + "'><item id='" + id + "'>" + inside + "</item></publish>" + more), "set");
  }
  std::string data(const std::string& id, const std::string& text, const std::string& more = public_node) {
    return puts("urn:xmpp:avatar:data", id, "<data xmlns='urn:xmpp:avatar:data'>" + text + "</data>", more);
  }
  std::string metadata(const std::string& id, const std::string& more = public_node) {
    return puts("urn:xmpp:avatar:metadata", id,
                "<metadata xmlns='urn:xmpp:avatar:metadata'><info id='other' url='http://example.org/x' type='image/gif' "
                "bytes='1'/><info id='" +
                    id + "' type='image/jpeg' bytes='20'/></metadata>",
                more);
  }
  std::string card() { return storage.entry(alice, entry_kind::vcard); }
};

const std::string photo = "<PHOTO xmlns='vcard-temp'><TYPE>image/jpeg</TYPE><BINVAL>" + base64 + "</BINVAL></PHOTO>";

std::string put(std::string presence, std::string_view with = hash) {
  put_photo(presence, with);
  return presence;
}

}  // namespace

TEST_CASE("avatars: the hash is put into presence, unless the client shows no picture") {
  CHECK(put("<presence/>") == "<presence>" + update + "</presence>");
  CHECK(put("<presence from='a'><show>away</show></presence>") ==
        "<presence from='a'><show>away</show>" + update + "</presence>");
  CHECK(put("<presence><c xmlns='u'/></presence>") == "<presence><c xmlns='u'/>" + update + "</presence>");
  CHECK(put("<presence><x xmlns='vcard-temp:x:update'/></presence>") == "<presence>" + update + "</presence>");
  CHECK(put("<presence><x xmlns='vcard-temp:x:update'><photo>old</photo></x></presence>") ==
        "<presence>" + update + "</presence>");
  for (const char* const none : {"<photo/>", "<photo></photo>"}) {
    const auto said = std::string("<presence><x xmlns='vcard-temp:x:update'>") + none + "</x></presence>";
    CHECK(put(said) == said);
  }
  CHECK(put("<presence>" + update + "</presence>", {}) == "<presence></presence>");
}

TEST_CASE("avatars: XEP-0398 section 3.1: a picture that is published for everybody is in the vCard, and its hash in presence") {
  people w;
  w.asks("alice", "", "<vCard xmlns='vcard-temp'><FN>Alice</FN><PHOTO><TYPE>x</TYPE><BINVAL>b2xk</BINVAL></PHOTO></vCard>",
         "set");
  CHECK(contains(w.data(hash, base64.substr(0, 4) + "\n" + base64.substr(4)), "<publish "));
  const auto log = w.asks("alice", "",
                          pep_world::pubsub("<publish node='urn:xmpp:avatar:metadata'><item id='" + hash +
                                            "'><metadata xmlns='urn:xmpp:avatar:metadata'><info id='" + hash +
                                            "' type='image/jpeg' bytes='20'/></metadata></item></publish>"),
                          "set");
  CHECK(w.card() == "<vCard xmlns='vcard-temp'><FN>Alice</FN>" + photo + "</vCard>");
  const auto told = "bob <- <presence to='bob@example.org' from='alice@example.org/home'>" + update + "</presence>";
  CHECK(std::count(log.begin(), log.end(), told) == 1);
  // New presence has it, directed presence too, and that of a later session.
  const auto later = w.says("alice", "<presence><show>away</show></presence>");
  CHECK(std::count(later.begin(), later.end(),
                   "bob <- <presence to='bob@example.org' from='alice@example.org/home'><show>away</show>" + update +
                       "</presence>") == 1);
  w.contact("carol@example.org", "x@example.org", "none");
  w.comes("carol", "carol@example.org/x");
  CHECK(w.says("alice", "<presence to='carol@example.org/x'/>") ==
        lines{"carol <- <presence from='alice@example.org/home' to='carol@example.org/x'>" + update + "</presence>"});
  w.gone("alice");
  CHECK(contains(w.comes("alice", "alice@example.org/again").front(), update));
}

TEST_CASE("avatars: what is not for everybody, or is not the picture that it says, is not shown in the vCard") {
  people w;
  w.data(hash, base64, pep_world::options(pep_world::field("access_model", "presence")));
  CHECK(contains(w.metadata(hash), "<publish "));
  CHECK(w.card() == "(none)");
  people lies;
  lies.data("0000000000000000000000000000000000000000", base64);
  CHECK(contains(lies.metadata("0000000000000000000000000000000000000000"), "<publish "));
  CHECK(contains(lies.metadata("unknown"), "<publish "));
  CHECK(lies.card() == "(none)");
  CHECK_FALSE(contains(lies.says("alice", "<presence/>").front(), "vcard-temp"));
}

TEST_CASE("avatars: no avatar any more: none in the vCard, and contacts are told") {
  people w;
  w.data(hash, base64);
  w.metadata(hash);
  CHECK(w.card() == "<vCard xmlns='vcard-temp'>" + photo + "</vCard>");
  const auto log =
      w.asks("alice", "",
             pep_world::pubsub("<publish node='urn:xmpp:avatar:metadata'><item><metadata xmlns='urn:xmpp:avatar:metadata'/>"
                               "</item></publish>"),
             "set");
  CHECK(w.card() == "<vCard xmlns='vcard-temp'></vCard>");
  CHECK(
      std::count(log.begin(), log.end(),
                 "bob <- <presence to='bob@example.org' from='alice@example.org/home'><x xmlns='vcard-temp:x:update'><photo/></x>"
                 "</presence>") == 1);
  CHECK_FALSE(contains(w.says("alice", "<presence/>").front(), "vcard-temp"));
}

TEST_CASE("avatars: XEP-0398 section 3.2: the photo of a vCard is published for everybody") {
  people w;
  w.comes_with("bob2", "bob@example.org/2", {"urn:xmpp:avatar:metadata"});
  const auto card = "<vCard xmlns='vcard-temp'><FN>Alice</FN>" + photo + "</vCard>";
  const auto log = w.asks("alice", "", card, "set");
  CHECK(w.card() == card);
  const auto info = "<item id='" + hash + "'><metadata xmlns='urn:xmpp:avatar:metadata'><info id='" + hash +
                    "' bytes='20' type='image/jpeg'/></metadata></item>";
  CHECK(messages_in(log).size() == 1);
  CHECK(contains(messages_in(log).at(0), info));
  w.comes("carol", "carol@example.org/x");
  CHECK(w.items("carol", alice, "urn:xmpp:avatar:metadata") ==
        pep_world::pubsub("<items node='urn:xmpp:avatar:metadata'>" + info + "</items>"));
  CHECK(contains(w.items("carol", alice, "urn:xmpp:avatar:data"), "<data xmlns='urn:xmpp:avatar:data'>" + base64 + "</data>"));
  // The same once more is no news; without a photo there is no avatar.
  CHECK(messages_in(w.asks("alice", "", card, "set")).empty());
  CHECK(contains(messages_in(w.asks("alice", "", "<vCard xmlns='vcard-temp'/>", "set")).at(0),
                 "<metadata xmlns='urn:xmpp:avatar:metadata'/>"));
  CHECK_FALSE(contains(w.says("alice", "<presence/>").front(), "vcard-temp"));
  // What is no picture is kept as it is.
  CHECK(messages_in(w.asks("alice", "", "<vCard xmlns='vcard-temp'><PHOTO><BINVAL>***</BINVAL></PHOTO></vCard>", "set")).empty());
  CHECK(contains(w.card(), "***"));
}
