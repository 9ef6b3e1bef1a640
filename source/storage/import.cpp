#include <algorithm>
#include <charconv>
#include <set>

#include "base/base64.hpp"
#include "base/digest.hpp"
#include "importing.hpp"
#include "portable_names.hpp"
#include "xml/children.hpp"
#include "xml/first_tag.hpp"
#include "xml/standalone.hpp"
#include "xml/tokenizer.hpp"

namespace couplet::storage {

namespace {

/// What SASL and XML can carry (RFC 4616; the same limit that registration has).
constexpr std::size_t max_password_bytes = 1'023;
/// More would keep a worker for minutes at each login.
constexpr std::uint32_t max_iterations = 10'000'000;
/// Elements of a document lie a few levels deeper than in a stream, and may have a declaration more.
constexpr std::uint32_t max_document_depth = 100;
constexpr std::uint32_t max_document_attributes = 100;

class reader {
 public:
  explicit reader(const portable_texts& texts) : texts_(texts) {}

  /// `bytes`: of an element below the root. Of a host one user at a time is parsed.
  void on_host(const xml::element_view& host, std::string_view bytes) {
    if (host.name != "host" || host.namespace_uri != data_namespace) return unknown_.note(scratch_.parse(bytes, data_namespace));
    std::string decoded;
    const auto written = xml::find_attribute(bytes, "jid");
    const auto name = written.data() == nullptr ? std::string_view() : xml::decode_attribute(written, decoded);
    const auto domain = base::prepare_domain(name);
    if (!domain) throw wrong("a host whose jid is no domain: " + shown(name));
    for (xml::child_cursor child(bytes); child.next();) on_child(xml::stand_alone(child.whole(), {bytes}), *domain);
  }
  portable_data take() {
    data_.unknown = unknown_.take();
    return std::move(data_);
  }

 private:
  void on_child(const std::string& bytes, const std::string& domain) {
    const auto user = scratch_.parse(bytes, data_namespace);
    user.is("user", data_namespace) ? on_user(user, bytes, domain) : unknown_.note(user);
  }

  void on_user(const xml::element& user, std::string_view bytes, const std::string& domain) {
    const auto name = user.attribute("name").value_or(std::string_view());
    const auto who = name.empty() ? std::nullopt : base::jid::make(name, domain, {});
    if (!who) throw wrong("a user of " + domain + " whose name no account can have: " + shown(name));
    if (!seen_.insert(who->full()).second) throw wrong(shown(who->full()) + " is there twice");
    portable_user u;
    u.jid = who->full();
    user_reading rest(bytes, texts_, u, unknown_);
    bool some = false;
    for (auto child = user.first_child(); child; child = child.next_sibling()) {
      if (child.is("scram-credentials", scram_namespace)) {
        on_keys(child, u);
      } else if (rest.take(child)) {
        some = true;
      } else {
        unknown_.note(child);
      }
    }
    rest.finish();
    const auto password = user.attribute("password").value_or(std::string_view());
    if (password.size() > max_password_bytes) throw wrong(shown(u.jid) + ": its password is longer than 1023 bytes");
    if (!password.empty()) u.what.password = std::string(password);
    if (!some && !u.has_credentials())
      throw wrong(shown(u.jid) + " has neither keys of SCRAM that are known here nor a password, nor anything else");
    data_.users.push_back(std::move(u));
  }

  void on_keys(const xml::element& e, portable_user& a) {
    const auto mechanism = e.attribute("mechanism").value_or(std::string_view());
    const auto known = std::find(mechanism_names.begin(), mechanism_names.end(), mechanism);
    if (known == mechanism_names.end()) return unknown_.note(e);
    const auto at = static_cast<std::size_t>(known - mechanism_names.begin());
    const auto bytes = base::hash_bytes(static_cast<sasl::scram_hash>(at));
    const auto salt = bytes_in(e, "salt", a), stored = bytes_in(e, "stored-key", a), server = bytes_in(e, "server-key", a);
    if (stored.size() != bytes || server.size() != bytes || salt.empty() || a.what.keys[at])
      throw wrong(shown(a.jid) + ": its keys of " + std::string(mechanism) +
                  " are twice there, or have not the length that they must have");
    a.what.keys[at] = sasl::scram_keys(salt, count_in(e, a), stored, server);
  }

  static std::string bytes_in(const xml::element& e, std::string_view name, const portable_user& a) {
    auto bytes = base::base64_decode(e.child(name).text());
    if (!bytes) throw wrong(shown(a.jid) + ": <" + std::string(name) + "/> is not base64");
    return std::move(*bytes);
  }

  static std::uint32_t count_in(const xml::element& e, const portable_user& a) {
    const auto text = e.child("iter-count").text();
    std::uint32_t count = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (code == std::errc() && end == text.data() + text.size() && count != 0 && count <= max_iterations) return count;
    throw wrong(shown(a.jid) + ": <iter-count/> is not a number from 1 to " + std::to_string(max_iterations));
  }

  const portable_texts& texts_;
  portable_data data_;
  unknown_elements unknown_;
  xml::fragment scratch_;
  std::set<std::string> seen_;
};

/// The tokenizer checks what pugixml would let pass. Each host is one element for it, up to a GiB.
void read_document(std::string_view document, reader& to) {
  xml::workspace_pool pool;
  xml::tokenizer_limits limits;
  limits.max_element_bytes = 0;
  limits.max_depth = max_document_depth;
  limits.max_attributes = max_document_attributes;
  xml::tokenizer t(pool, limits);
  std::string declared;
  auto rest = document;
  for (bool ended = false;;) {
    switch (t.next(rest)) {
      case xml::token::header:
        if (t.header().name != "server-data" || t.header().namespace_uri != data_namespace)
          throw wrong("its root is not <server-data xmlns='urn:xmpp:pie:0'/>");
        break;
      // The root declares the default namespace.
      case xml::token::element: to.on_host(t.element(), xml::standalone(t, declared)); break;
      case xml::token::footer: ended = true; break;
      case xml::token::need_more:
        if (ended) return;
        throw wrong("it is not complete");
      case xml::token::error:
        throw wrong("it is not XML of the kind that XMPP knows (well-formed, UTF-8, no comments, no DTD), at byte " +
                    std::to_string(document.size() - rest.size()));
    }
  }
}

}  // namespace

base::result<portable_data> read_portable(std::string_view document, const portable_texts& texts) {
  reader r(texts);
  try {
    read_document(document, r);
  } catch (const wrong& w) {
    return base::error(w.text);
  }
  return r.take();
}

}  // namespace couplet::storage
