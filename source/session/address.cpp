#include "address.hpp"

#include "base/plain_address.hpp"
#include "xml/first_tag.hpp"

namespace couplet::session {

bool stanza_address::read_plain(std::string_view text) noexcept {
  const auto parts = base::split_plain_address(text);
  if (!parts) return false;
  bare_ = parts->bare;
  node_ = parts->node;
  domain_ = parts->domain;
  resource_ = parts->resource;
  return true;
}

bool stanza_address::read(std::string_view raw) {
  if (read_plain(raw)) return true;
  bare_ = node_ = domain_ = resource_ = {};
  std::string decoded;
  auto prepared = base::jid::parse(xml::decode_attribute(raw, decoded));
  if (!prepared) return false;
  prepared_ = std::move(*prepared);
  bare_ = prepared_.bare();
  node_ = prepared_.node();
  domain_ = prepared_.domain();
  resource_ = prepared_.resource();
  return true;
}

}  // namespace couplet::session
