#include "avatars.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/base64.hpp"
#include "base/digest.hpp"
#include "children.hpp"
#include "contact_work.hpp"
#include "iq_answers.hpp"
#include "kept_xml.hpp"
#include "pep_work.hpp"
#include "xml/first_tag.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::session {
namespace {

using storage::entry_kind;
using avatar_verb = entry_change::verb;

struct picture {
  std::string hash, type, base64;
  std::size_t bytes = 0;
};

/// Base64 as others write it, with its lines.
bool read_base64(std::string text, picture& p) {
  std::erase_if(text, [](char ch) { return ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n'; });
  const auto decoded = base::base64_decode(text);
  if (!decoded || decoded->empty()) return false;
  p.hash = base::sha1_hex(*decoded, {});
  p.bytes = decoded->size();
  p.base64 = std::move(text);
  return true;
}

/// <PHOTO/> of a vCard; nothing where it has none that is a picture.
std::optional<picture> photo_in(core& c, std::string_view xml) {
  const auto photo = c.document.parse(xml, xml::ns::client).child("vCard", xml::ns::vcard).child("PHOTO");
  picture p;
  if (!photo || !read_base64(photo.child("BINVAL").text(), p)) return std::nullopt;
  p.type = photo.child("TYPE").text();
  if (p.type.empty()) p.type = "image/png";
  return p;
}

/// Of <info/> for the picture that is stored here; empty: there is none (XEP-0084 section 4.2).
struct avatar_info {
  std::string id, type;
};

avatar_info info_in(core& c, const std::string& item) {
  const auto metadata = c.document.parse(item, xml::ns::client).first_child();
  for (auto info = metadata.first_child(); info; info = info.next_sibling()) {
    if (info.name() != "info" || info.attribute("url")) continue;
    return {std::string(info.attribute("id").value_or("")), std::string(info.attribute("type").value_or("image/png"))};
  }
  return {};
}

/// The vCard with another picture, or without one.
std::string vcard_with(std::string_view card, const picture* p) {
  std::string text(card.empty() ? "<vCard xmlns='vcard-temp'></vCard>" : card);
  for (child_cursor child(text); child.next();) {
    if (child.local_name() != "PHOTO") continue;
    text.erase(child.begins(), child.ends() - child.begins());
    break;
  }
  if (p == nullptr) return text;
  if (text.ends_with("/>") && text.rfind("</") == std::string::npos) {
    const std::string name(xml::attribute_cursor(text).name());
    text.replace(text.size() - 2, 2, "></" + name + ">");
  }
  std::string photo = "<PHOTO xmlns='vcard-temp'><TYPE>";
  xml::append_text(photo, p->type);
  photo.append("</TYPE><BINVAL>").append(p->base64).append("</BINVAL></PHOTO>");
  return text.insert(text.rfind("</"), photo);
}

/// What is carried along while the storage is asked.
struct publication {
  pep_change change;
  std::string owner, tag, content;
};

/// Answers, and shows the picture.
void finish(core& c, pep_account& a, std::shared_ptr<publication> p, std::optional<std::string> hash, effects& out) {
  const auto excess = excess_of(a, p->change);
  if (!excess.empty()) return refuse(c, p->tag, condition::resource_constraint, excess, out);
  auto change = std::move(p->change);
  const auto then = [p, hash = std::move(hash)](core& at, storage_outcome what, effects& o) {
    if (what != storage_outcome::done) return refuse(at, p->tag, condition_of(what), {}, o);
    answer_result(at, p->content, read_head(p->tag), o);
    if (hash) show_photo(at, p->owner, *hash, o);
  };
  make_pep_change(c, a, std::move(change), then, out);
}

/// The metadata node remembers whose hash presence has.
void set_avatar(pep_change& change, const std::string& hash) {
  for (auto& node : change.nodes) {
    if (node.name != avatar_metadata_node) continue;
    auto changed = node;
    changed.config.avatar = hash;
    return put_node(change, std::move(changed));
  }
}

/// Reads the vCard, and goes on with it in its new form.
void change_vcard(core& c, pep_account& a, std::shared_ptr<publication> p, std::optional<picture> shown, effects& out) {
  const auto then = [p = std::move(p), shown = std::move(shown)](core& at, pep_account& account, storage_answer&& answer,
                                                                 effects& o) {
    const auto old = answer.entries.empty() ? std::string_view() : std::string_view(answer.entries[0].value);
    auto card = vcard_with(old, shown ? &*shown : nullptr);
    if (card.size() > at.options.max_vcard_bytes) return finish(at, account, p, std::nullopt, o);
    const auto hash = shown ? shown->hash : std::string();
    set_avatar(p->change, hash);
    if (!old.empty() || shown) p->change.steps.emplace_back(avatar_verb::put, entry_kind::vcard, "", std::move(card));
    finish(at, account, p, hash, o);
  };
  ask_in_turn(c, a, read_entries(entry_kind::vcard, ""), then, out);
}

/// A node for everybody, if there is none yet.
pep_node node_for_all(const pep_account& a, pep_change& change, std::string_view name) {
  if (auto known = node_of(a, change, name)) return std::move(*known);
  pep_node made;
  made.name = name;
  made.config.access = access_model::open;
  put_node(change, made);
  return made;
}

std::string item_with(std::string_view id, std::string_view payload) {
  return std::string("<item id='").append(id).append("'>").append(payload).append("</item>");
}

void publish_photo(core& c, const pep_account& a, pep_change& change, const std::optional<picture>& p) {
  std::string metadata = "<metadata xmlns='urn:xmpp:avatar:metadata'/>";
  if (p) {
    const auto data = item_with(p->hash, "<data xmlns='urn:xmpp:avatar:data'>" + p->base64 + "</data>");
    add_item(a, change, node_for_all(a, change, avatar_data_node), p->hash, data, c.now());
    metadata = "<metadata xmlns='urn:xmpp:avatar:metadata'><info id='" + p->hash + "' bytes='" + std::to_string(p->bytes) + '\'';
    xml::append_attribute(metadata, "type", p->type);
    metadata += "/></metadata>";
  }
  const auto id = p ? p->hash : std::string("current");
  add_item(a, change, node_for_all(a, change, avatar_metadata_node), id, item_with(id, metadata), c.now());
  set_avatar(change, p ? p->hash : std::string());
}

}  // namespace

void publish_avatar(core& c, pep_account& a, pep_change&& change, const std::string& metadata, pubsub_request&& r,
                    std::string content, effects& out) {
  const auto info = info_in(c, metadata);
  auto p = std::make_shared<publication>();
  p->change = std::move(change);
  p->owner = a.owner;
  p->tag = std::move(r.tag);
  p->content = std::move(content);
  const auto node = node_of(a, p->change, avatar_metadata_node);
  if (node->config.access != access_model::open) return finish(c, a, p, std::nullopt, out);
  if (info.id.empty()) return change_vcard(c, a, p, std::nullopt, out);
  const auto* const data = a.find(avatar_data_node);
  const bool readable = data != nullptr && data->config.access == access_model::open && data->find(info.id) != nullptr;
  if (!readable) return finish(c, a, p, std::nullopt, out);
  const auto then = [p, info](core& at, pep_account& account, storage_answer&& answer, effects& o) {
    picture shown;
    const auto text = answer.entries.empty() ? std::string_view() : read_item_value(answer.entries[0].value).second;
    const bool good = !text.empty() && read_base64(at.document.parse(text, xml::ns::client).first_child().text(), shown);
    // XEP-0398 section 3.1: what it says must be the hash of the picture.
    if (!good || shown.hash != info.id) return finish(at, account, p, std::nullopt, o);
    shown.type = info.type;
    change_vcard(at, account, p, std::move(shown), o);
  };
  ask_in_turn(c, a, read_entries(entry_kind::pep_item, item_key(avatar_data_node, info.id)), then, out);
}

bool concerns_avatar(const account_table::entry& owner, std::string_view vcard) {
  return vcard.find("BINVAL") != std::string_view::npos || !photo_of(owner).empty();
}

void store_vcard(core& c, pep_account& a, pubsub_request&& r, effects& out) {
  auto shown = photo_in(c, r.xml);
  const auto* const metadata = a.find(avatar_metadata_node);
  const auto before = metadata != nullptr ? metadata->config.avatar : std::string();
  auto p = std::make_shared<publication>();
  p->owner = a.owner;
  p->tag = r.tag;
  child_cursor card(r.xml);
  card.next();
  p->change.steps.emplace_back(avatar_verb::put, entry_kind::vcard, "", stand_alone(card.whole(), {r.xml}));
  const auto hash = shown ? shown->hash : std::string();
  if (hash == before) return finish(c, a, p, std::nullopt, out);
  publish_photo(c, a, p->change, shown);
  finish(c, a, p, hash, out);
}

}  // namespace couplet::session
