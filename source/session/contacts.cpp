#include "contacts.hpp"

#include <algorithm>
#include <utility>

#include "base/sip_hash.hpp"
#include "base/text_pool.hpp"
#include "route/client_id.hpp"

namespace couplet::session {
namespace {

/// Where this JID is, or would be.
template <class Row>
auto place_of(std::vector<Row>& rows, std::string_view jid, std::string_view (*name)(const Row&)) {
  return std::lower_bound(rows.begin(), rows.end(), jid, [name](const Row& r, std::string_view j) { return name(r) < j; });
}

std::string_view jid_of_item(const roster_item& i) {
  return i.jid();
}
std::string_view jid_of_request(const subscription_request& r) {
  return r.jid;
}

/// For versions, which outlive the process: no secret, since nobody gains by two rosters of one version but their owner.
constexpr base::sip_key version_key{0x636F75706C657431U, 0x726F737465727631U};

}  // namespace

const roster_item* contacts::find(std::string_view jid) const noexcept {
  const auto found =
      std::lower_bound(items_.begin(), items_.end(), jid, [](const roster_item& i, std::string_view j) { return i.jid() < j; });
  return found != items_.end() && found->jid() == jid ? &*found : nullptr;
}

bool contacts::has_request(std::string_view jid) const noexcept {
  const auto found = std::lower_bound(requests_.begin(), requests_.end(), jid,
                                      [](const subscription_request& r, std::string_view j) { return r.jid < j; });
  return found != requests_.end() && found->jid == jid;
}

standing contacts::standing_of(std::string_view jid) const noexcept {
  const auto* const item = find(jid);
  standing s = item != nullptr ? item->subscription() : standing();
  s.state = with_in(s.state, has_request(jid));
  return s;
}

void contacts::put(roster_item item) {
  const auto place = place_of(items_, item.jid(), jid_of_item);
  if (place != items_.end() && place->jid() == item.jid()) {
    *place = std::move(item);
  } else {
    items_.insert(place, std::move(item));
  }
}

void contacts::erase(std::string_view jid) {
  const auto place = place_of(items_, jid, jid_of_item);
  if (place != items_.end() && place->jid() == jid) items_.erase(place);
}

void contacts::put_request(std::string_view jid, std::string xml) {
  const auto place = place_of(requests_, jid, jid_of_request);
  if (place != requests_.end() && place->jid == jid) {
    place->xml = std::move(xml);
  } else {
    requests_.insert(place, subscription_request(jid, std::move(xml)));
  }
}

void contacts::erase_request(std::string_view jid) {
  const auto place = place_of(requests_, jid, jid_of_request);
  if (place != requests_.end() && place->jid == jid) requests_.erase(place);
}

void contacts::shrink() {
  items_.shrink_to_fit();
  requests_.shrink_to_fit();
}

std::string contacts::version() const {
  // A sum, so that the order does not matter.
  std::uint64_t sum = items_.size();
  auto text = base::take_text();
  for (const auto& i : items_) {
    text.clear();
    i.append_to(text);
    sum += base::sip_hash(version_key, text);
  }
  base::give_text(std::move(text));
  return route::hex16(sum);
}

}  // namespace couplet::session
