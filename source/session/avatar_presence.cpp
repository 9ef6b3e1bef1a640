#include "avatars.hpp"
#include "children.hpp"
#include "contact_work.hpp"
#include "presence.hpp"
#include "xml/first_tag.hpp"

// The hash of the vCard's picture in presence (XEP-0153), put in by the server (XEP-0398 section 4).

namespace couplet::session {
namespace {

constexpr std::string_view update = "vcard-temp:x:update";

/// What a client has said itself.
enum class said : std::uint8_t { nothing, no_picture, something };

said read_update(std::string_view x) {
  for (child_cursor child(x); child.next();) {
    if (child.local_name() != "photo") continue;
    const auto whole = child.whole();
    const auto content = whole.substr(std::min(whole.find('>') + 1, whole.size()));
    return content.empty() || content.starts_with("</") ? said::no_picture : said::something;
  }
  return said::nothing;
}

void append_update(std::string& presence, std::string_view element) {
  if (presence.ends_with("/>")) {
    const auto end = presence.rfind("</");
    if (end == std::string::npos) {
      const std::string name(xml::attribute_cursor(presence).name());
      presence.replace(presence.size() - 2, 2, "></" + name + ">");
    }
  }
  presence.insert(presence.rfind("</"), element);
}

}  // namespace

std::string_view photo_of(const account_table::entry& owner) noexcept {
  const auto* const known = contacts_of(owner);
  return known != nullptr ? std::string_view(known->photo) : std::string_view();
}

void put_photo(std::string& presence, std::string_view hash) {
  if (presence.find(update) != std::string::npos) {
    for (child_cursor child(presence); child.next();) {
      if (!child.is("x", update)) continue;
      if (read_update(child.whole()) == said::no_picture) return;
      presence.erase(child.begins(), child.ends() - child.begins());
      break;
    }
  }
  if (hash.empty()) return;
  append_update(presence, std::string("<x xmlns='vcard-temp:x:update'><photo>").append(hash).append("</photo></x>"));
}

void show_photo(core& c, std::string_view owner, std::string_view hash, effects& out) {
  auto* const account = c.accounts.find(owner);
  if (account == nullptr || contacts_of(*account) == nullptr) return;
  account->second.known->photo = hash;
  c.sessions.each_of(*account, [&](session& s) {
    if (!s.available()) return;
    auto presence = s.presence;
    put_photo(presence, hash);
    if (presence == s.presence) return;
    s.presence = presence;
    // Who has seen a picture hears that there is none any more.
    if (hash.empty()) append_update(presence, "<x xmlns='vcard-temp:x:update'><photo/></x>");
    repeat_presence(c, s, presence, out);
  });
}

}  // namespace couplet::session
