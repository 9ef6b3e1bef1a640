// Requests of occupants to each other go through the room under other ids, which say without a table whose they are (section 17.4):
//
//   HHHHHHHHHHHHHHHH-IIIIIIIIIIIIIIII-ID    a keyed hash of the asking session, one of the nickname that was asked, the id as it came
//
// So nobody learns an address, and an answer goes to the one who has asked.

#include "base/text_pool.hpp"
#include "handlers.hpp"
#include "names.hpp"
#include "xml/first_tag.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::muc {
namespace {

constexpr std::size_t hash_digits = 16;

std::string hash_of(const core& all, const room& r, std::string_view what) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto& secret = all.options.secret;
  std::uint64_t first = 0, second = 0;
  for (std::size_t i = 0; i < secret.size(); ++i) {
    auto& half = i % 2 == 0 ? first : second;
    half = half * 257 + static_cast<unsigned char>(secret[i]);
  }
  auto value = base::sip_hash({first, second}, std::string(r.jid).append(1, '\0').append(what));
  std::string out(hash_digits, '0');
  for (auto it = out.rbegin(); it != out.rend(); ++it, value >>= 4U) *it = digits[value & 15U];
  return out;
}

void pass(turn& t, std::string_view from, std::string_view to, std::string_view id) {
  std::string rest = "' from='";
  rest.append(from).append(1, '\'');
  xml::append_attribute(rest, "type", t.in.type);
  rest.append(" id='").append(id).append(1, '\'');
  rest.append(t.in.attributes).append(1, '>').append(t.in.inner).append("</iq>");
  send(t.out, "iq", to, rest);
}

const session* session_with_hash(const core& all, const room& r, const occupant& o, std::string_view hash) {
  for (const auto& s : o.sessions)
    if (hash_of(all, r, s.jid) == hash) return &s;
  return nullptr;
}

bool is_disco(const xml::element& payload) {
  return payload.namespace_uri() == xml::ns::disco_info || payload.namespace_uri() == xml::ns::disco_items;
}

}  // namespace

void pass_request(turn& t, room& r) {
  const auto payload = t.parse().first_child();
  auto* const me = occupant_of(r, t.in.from.full());
  if (me == nullptr && is_disco(payload)) return refuse(t, "bad-request", "you are not in this room");
  if (me == nullptr) return refuse(t, "not-acceptable", "you are not in this room");
  auto* const whom = occupant_named(r, t.in.to.resource());
  if (whom == nullptr) return refuse(t, "item-not-found", "nobody here has this nickname");
  if (whom == me && payload.is("ping", xml::ns::ping)) return answer(t, {});  // XEP-0410 section 4
  const bool to_account = payload.namespace_uri() == ns::vcard;
  const auto& to = whom->sessions.back();
  std::string id = hash_of(t.all, r, t.in.from.full()) + "-" + hash_of(t.all, r, whom->nick) + "-";
  // Raw: a value holds at most one kind of quotes, and apostrophes stand around ours.
  std::string scratch;
  xml::append_attribute_value(id, xml::decode_attribute(t.in.id_value(), scratch));
  pass(t, me->address, to_account ? escaped(whom->bare) : to.to, id);
}

void pass_answer(turn& t, room& r) {
  auto* const whom = occupant_named(r, t.in.to.resource());
  std::string scratch;
  const std::string_view id = xml::decode_attribute(t.in.id_value(), scratch);
  if (whom == nullptr || id.size() < 2 * hash_digits + 2) return;
  // An account answers under its bare JID: the id says which of its occupants was asked.
  occupant* from = occupant_of(r, t.in.from.full());
  const auto asked = id.substr(hash_digits + 1, hash_digits);
  if (from == nullptr || hash_of(t.all, r, from->nick) != asked) {
    from = nullptr;
    for (auto& [nick, o] : r.occupants)
      if (o.bare == t.in.from.bare() && hash_of(t.all, r, nick) == asked) from = &o;
  }
  const auto* const to = session_with_hash(t.all, r, *whom, id.substr(0, hash_digits));
  if (from == nullptr || to == nullptr) return;
  pass(t, from->address, to->to, escaped(id.substr(2 * hash_digits + 2)));
}

}  // namespace couplet::muc
