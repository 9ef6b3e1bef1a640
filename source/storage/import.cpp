#include <algorithm>
#include <charconv>
#include <set>

#include "base/base64.hpp"
#include "base/digest.hpp"
#include "base/jid.hpp"
#include "base/log.hpp"
#include "mechanism_names.hpp"
#include "storage/portable.hpp"
#include "xml/element.hpp"
#include "xml/standalone.hpp"
#include "xml/tokenizer.hpp"

namespace couplet::storage {

namespace {

constexpr std::string_view include_namespace = "http://www.w3.org/2001/XInclude";
/// What SASL and XML can carry (RFC 4616; the same limit that registration has).
constexpr std::size_t max_password_bytes = 1'023;
/// More would keep a worker for minutes at each login.
constexpr std::uint32_t max_iterations = 10'000'000;

/// Thrown within this file.
struct wrong {
  explicit wrong(std::string why) : text(std::move(why)) {}
  std::string text;
};

/// Names from the document, as they may stand in one line.
std::string shown(std::string_view name) {
  std::string out = "\"";
  base::log::append_escaped(out, name.substr(0, 200));
  return out + '"';
}

class reader {
 public:
  void on_host(const xml::element& host) {
    if (!host.is("host", data_namespace)) return note(host);
    const auto domain = base::prepare_domain(host.attribute("jid").value_or(std::string_view()));
    if (!domain) throw wrong("a host whose jid is no domain: " + shown(host.attribute("jid").value_or("")));
    for (auto user = host.first_child(); user; user = user.next_sibling()) {
      if (!user.is("user", data_namespace)) {
        note(user);
        continue;
      }
      on_user(user, *domain);
    }
  }
  portable_data take() { return std::move(data_); }

 private:
  void note(const xml::element& e) {
    if (e.namespace_uri() == include_namespace)
      throw wrong("it includes other files (XInclude), which is not understood: put them together before");
    if (data_.unknown.size() < most_kinds) ++data_.unknown[std::string(e.name()) + " (" + std::string(e.namespace_uri()) + ")"];
  }

  void on_user(const xml::element& user, const std::string& domain) {
    const auto name = user.attribute("name").value_or(std::string_view());
    const auto who = name.empty() ? std::nullopt : base::jid::make(name, domain, {});
    if (!who) throw wrong("a user of " + domain + " whose name no account can have: " + shown(name));
    if (!seen_.insert(who->full()).second) throw wrong(shown(who->full()) + " is there twice");
    portable_account a;
    a.jid = who->full();
    for (auto child = user.first_child(); child; child = child.next_sibling()) {
      child.is("scram-credentials", scram_namespace) ? on_keys(child, a) : note(child);
    }
    const auto password = user.attribute("password").value_or(std::string_view());
    const bool has_keys = std::any_of(a.what.keys.begin(), a.what.keys.end(), [](const auto& k) { return k.has_value(); });
    if (password.size() > max_password_bytes) throw wrong(shown(a.jid) + ": its password is longer than 1023 bytes");
    if (!has_keys && password.empty())
      throw wrong(shown(a.jid) + " has neither keys of SCRAM that are known here nor a password");
    if (!password.empty()) a.what.password = std::string(password);
    data_.accounts.push_back(std::move(a));
  }

  void on_keys(const xml::element& e, portable_account& a) {
    const auto mechanism = e.attribute("mechanism").value_or(std::string_view());
    const auto known = std::find(mechanism_names.begin(), mechanism_names.end(), mechanism);
    if (known == mechanism_names.end()) return note(e);
    const auto at = static_cast<std::size_t>(known - mechanism_names.begin());
    const auto bytes = base::hash_bytes(static_cast<sasl::scram_hash>(at));
    const auto salt = bytes_in(e, "salt", a), stored = bytes_in(e, "stored-key", a), server = bytes_in(e, "server-key", a);
    if (stored.size() != bytes || server.size() != bytes || salt.empty() || a.what.keys[at])
      throw wrong(shown(a.jid) + ": its keys of " + std::string(mechanism) +
                  " are twice there, or have not the length that they must have");
    a.what.keys[at] = sasl::scram_keys(salt, count_in(e, a), stored, server);
  }

  static std::string bytes_in(const xml::element& e, std::string_view name, const portable_account& a) {
    auto bytes = base::base64_decode(e.child(name).text());
    if (!bytes) throw wrong(shown(a.jid) + ": <" + std::string(name) + "/> is not base64");
    return std::move(*bytes);
  }

  static std::uint32_t count_in(const xml::element& e, const portable_account& a) {
    const auto text = e.child("iter-count").text();
    std::uint32_t count = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (code == std::errc() && end == text.data() + text.size() && count != 0 && count <= max_iterations) return count;
    throw wrong(shown(a.jid) + ": <iter-count/> is not a number from 1 to " + std::to_string(max_iterations));
  }

  static constexpr std::size_t most_kinds = 100;
  portable_data data_;
  std::set<std::string> seen_;
};

/// The tokenizer checks what pugixml would let pass. Each host is one element for it, however large.
void read_document(std::string_view document, reader& to) {
  xml::workspace_pool pool;
  xml::tokenizer_limits limits;
  limits.max_element_bytes = 0;
  xml::tokenizer t(pool, limits);
  xml::fragment scratch;
  std::string declared;
  auto rest = document;
  for (bool ended = false;;) {
    switch (t.next(rest)) {
      case xml::token::header:
        if (t.header().name != "server-data" || t.header().namespace_uri != data_namespace)
          throw wrong("its root is not <server-data xmlns='urn:xmpp:pie:0'/>");
        break;
      case xml::token::element: {
        // The root declares the default namespace.
        to.on_host(scratch.parse(xml::standalone(t, declared), data_namespace));
        break;
      }
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

base::result<portable_data> read_portable(std::string_view document) {
  reader r;
  try {
    read_document(document, r);
  } catch (const wrong& w) {
    return base::error(w.text);
  }
  return r.take();
}

}  // namespace couplet::storage
