#pragma once

#include <string>
#include <string_view>

#include "base/jid.hpp"

/// The first tags of what components send and are sent. `xml` is always one whole element that a tokenizer has let through.
namespace couplet::component {

/// What counts in a first tag, found in one pass: views into it, attributes as written. A null view (data() == nullptr): it is not there.
struct stanza_head {
  explicit stanza_head(std::string_view xml) noexcept;
  std::string_view name;  ///< with its prefix
  std::string_view from, to, type;
  std::string_view default_namespace;            ///< the value of xmlns
  std::string_view default_namespace_attribute;  ///< all of it, and the blanks in front
  std::string_view local_name() const noexcept { return name.substr(name.find(':') + 1); }
};

/// An address out of an attribute, prepared. Where it is that already it is not copied: then the views point into what read() was given.
class stanza_address {
 public:
  stanza_address() = default;
  stanza_address(const stanza_address&) = delete;
  stanza_address& operator=(const stanza_address&) = delete;

  /// `raw`: the value as written; a null view is none. False: no address.
  bool read(std::string_view raw);
  std::string_view bare() const noexcept { return bare_; }
  std::string_view domain() const noexcept { return domain_; }

 private:
  std::string_view bare_, domain_;
  base::jid prepared_;
};

/// Whether it is an iq, a message or presence: `local_name` of the element.
bool is_stanza(std::string_view local_name) noexcept;

/// Whether an error may be sent for it: not for errors and results (RFC 6120 sections 8.2.3 and 8.3.1).
bool is_answerable(const stanza_head& head);

/// A component's element as others get it: without a default namespace in the first tag that is one of those which mean the content of a stream
/// (jabber:client, jabber:server, jabber:component:accept), for whoever gets the element has a stream of his own; others stay. And with
/// `from` where it has none. `xml` itself where nothing is to be done, otherwise a view of `scratch`.
std::string_view for_others(std::string_view xml, const stanza_head& head, std::string_view from, std::string& scratch);

}  // namespace couplet::component
