#include "jadc2s.hpp"

#include <algorithm>
#include <ctime>
#include <set>

#include "jadc2s_file.hpp"
#include "tls/certificate.hpp"
#include "toml.hpp"
#include "values.hpp"

namespace couplet::config {

namespace {

std::string trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto begin = std::min(text.find_first_not_of(blanks), text.size());
  return std::string(text.substr(begin, text.find_last_not_of(blanks) + 1 - begin));
}

std::string host_and_port(const std::string& host, const std::string& port) {
  const bool bare_ipv6 = host.find(':') != std::string::npos && !host.starts_with('[');
  return (bare_ipv6 ? "[" + host + "]" : host) + ":" + port;
}

class importer {
 public:
  explicit importer(const given& file) : origin_(jadc2s_origin(file)), settings_(read_jadc2s_file(file)) {}

  std::string text() {
    out_ =
        "# Made from a jadc2s.xml. What that did not say has Couplet's default, which may be another one than jadc2s had.\n"
        "# The secret of the session manager is in this file: only the service should be able to read it.\n\n";
    domains();
    aliases();
    listeners();
    certificate();
    browsers();
    manager();
    limits();
    notified();
    rest();
    return std::move(out_);
  }

 private:
  /// For comments.
  static std::string place(const jadc2s_setting& s) { return shown(s.path) + " (line " + std::to_string(s.line) + ")"; }
  static std::string shown(const std::string& path) {
    const auto safe = quoted(path);
    return safe.size() == path.size() + 2 ? path : safe;
  }
  /// For what ends the import.
  std::string origin(const jadc2s_setting& s) const { return origin_ + ":" + std::to_string(s.line) + ": " + s.path; }

  /// One line, whatever it holds.
  void comment(const std::string& text) {
    out_ += "# ";
    for (const char c : text) out_ += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    out_ += '\n';
  }
  void comment(const jadc2s_setting& s, std::string_view why) { comment(place(s) + ": " + std::string(why)); }
  void key(std::string_view name, const std::string& value, const std::string& why = {}) {
    out_ += std::string(name) + " = " + value + (why.empty() ? "" : "  # " + why) + '\n';
  }
  void list(std::string_view name, const std::vector<std::string>& values) {
    std::string texts;
    for (const auto& v : values) texts += (texts.empty() ? "" : ", ") + toml_string(v);
    if (!values.empty()) key(name, "[" + texts + "]");
  }

  std::vector<const jadc2s_setting*> all(std::string_view path) {
    std::vector<const jadc2s_setting*> found;
    for (const auto& s : settings_)
      if (s.path == path) found.push_back(&s);
    taken_.insert(found.begin(), found.end());
    return found;
  }
  /// The first, as jadc2s takes it; nullptr: there is none, or nothing in it.
  const jadc2s_setting* one(std::string_view path) {
    const auto found = std::find_if(settings_.begin(), settings_.end(), [&](const auto& s) { return s.path == path; });
    if (found == settings_.end() || !taken_.insert(&*found).second) return nullptr;
    if (!trimmed(found->text).empty()) return &*found;
    comment(*found, "is empty");
    return nullptr;
  }
  const jadc2s_setting& needed(std::string_view path) {
    const auto* const s = one(path);
    if (s == nullptr) throw usage_error(origin_, "has no " + std::string(path) + ", which jadc2s needs too");
    return *s;
  }
  /// For settings that it goes without. False: `read` threw, and a comment says what.
  template <class reading>
  bool fits(const jadc2s_setting& s, reading read) {
    try {
      read(given(trimmed(s.text), place(s)));
      return true;
    } catch (const usage_error& e) {
      comment(e.what());
      return false;
    }
  }

  void domains() {
    std::vector<std::string> names;
    for (const auto* const s : all("local.id")) {
      std::string prepared;
      if (!fits(*s, [&](const given& g) { prepared = read_domain(g); })) continue;
      if (served_.insert(prepared).second) {
        names.push_back(trimmed(s->text));
      } else {
        comment(*s, "is given twice");
      }
    }
    if (names.empty()) throw usage_error(origin_, "has no local.id that is a domain, which jadc2s needs too");
    list("domain", names);
  }

  void aliases() {
    std::vector<std::string> pairs;
    std::set<std::string> seen;
    for (const auto* const s : all("local.alias")) {
      const auto to = std::find_if(s->attributes.begin(), s->attributes.end(), [](const auto& a) { return a.first == "to"; });
      if (to == s->attributes.end()) {
        comment(*s, "has no attribute to, jadc2s does not use it either");
        continue;
      }
      const auto domain = trimmed(to->second);
      const bool good = fits(*s, [&](const given& g) {
        const auto alias = read_domain(g);
        if (served_.contains(alias)) throw usage_error(g.origin, quoted(alias) + " is a domain served");
        if (!served_.contains(read_domain(given(domain, g.origin))))
          throw usage_error(g.origin, "its domain " + quoted(domain) + " is not one of local.id");
        if (!seen.insert(alias).second) throw usage_error(g.origin, quoted(alias) + " is given twice");
      });
      if (good) pairs.push_back(trimmed(s->text) + "=" + domain);
    }
    list("alias", pairs);
  }

  /// 0: none. What is no port ends the import: to listen elsewhere is not what was meant.
  std::uint64_t port(std::string_view path, std::uint64_t otherwise) {
    const auto* const s = one(path);
    return s == nullptr ? otherwise : read_number(given(trimmed(s->text), origin(*s)), 0, 65'535, {});
  }
  /// The same of the address.
  std::string address() {
    const auto* const s = one("local.ip");
    if (s == nullptr) return "[::]";
    read_listen_address(given(host_and_port(trimmed(s->text), "0"), origin(*s)));
    return trimmed(s->text);
  }

  void listeners() {
    const auto where = address();
    const auto plain = port("local.port", 5222);
    const bool has_tls = std::any_of(settings_.begin(), settings_.end(),
                                     [](const auto& s) { return s.path == "local.ssl.pemfile" && !trimmed(s.text).empty(); });
    auto at_once = port("local.ssl.port", has_tls ? 5223 : 0);
    if (at_once != 0 && !has_tls) comment("local.ssl.port: nobody listens there, as in jadc2s, without local.ssl.pemfile");
    if (!has_tls) at_once = 0;
    if (plain == 0 && at_once == 0) throw usage_error(origin_, "local.port is 0, and without local.ssl there is no other port");
    if (plain == 0)
      comment("local.port is 0: the port for TLS is the only one. It takes STARTTLS as well, but no login before TLS.");
    list("listen", {host_and_port(where, std::to_string(plain == 0 ? at_once : plain))});
    if (plain != 0 && at_once == plain) {
      comment("local.ssl.port is local.port, which takes TLS at once as well");
    } else if (plain != 0 && at_once != 0) {
      list("listen-tls", {host_and_port(where, std::to_string(at_once))});
    }
    encryption_needed(plain == 0);
  }

  void encryption_needed(bool always) {
    const auto* const strength = one("authentication.minssf");
    std::uint64_t least = 0;
    if (strength != nullptr) fits(*strength, [&](const given& g) { least = read_number(g, 0, 100'000, {}); });
    if (always || least > 0) {
      key("require-tls", "true", least > 0 ? place(*strength) : "");
    } else {
      comment(
          "Passwords need TLS, except on loopback addresses. jadc2s took them without: that would be allow-plaintext = true.");
    }
  }

  void certificate() {
    const auto* const s = one("local.ssl.pemfile");
    if (s == nullptr) return;
    const auto path = trimmed(s->text);
    const auto loaded = tls::load_certificate(tls::certificate_files{path, path}, std::time(nullptr));
    if (loaded) return list("tls-cert", {path});
    comment(*s, "cannot be used here and now, so that the server would sign a certificate itself: " + loaded.error_text());
    comment("tls-cert = [" + toml_string(path) + "]");
  }

  void browsers() {
    const auto* const s = one("local.httpforward");
    if (s != nullptr && fits(*s, read_url)) key("http-redirect", toml_string(trimmed(s->text)));
  }

  void manager() {
    const auto& host = needed("sm.host");
    const auto& port_there = needed("sm.port");
    const auto& id = needed("sm.id");
    const auto& secret = needed("sm.secret");
    const auto where = host_and_port(trimmed(host.text), trimmed(port_there.text));
    read_host_and_port(given(where, origin(host)));
    read_domain(given(trimmed(id.text), origin(id)));
    // Not trimmed: jadc2s proves what stands there.
    if (secret.text.starts_with('@'))
      throw usage_error(origin(secret), "begins with @: such a secret must be in a file of its own");
    read_secret(secret.text, origin(secret));
    key("sm", toml_string(where));
    key("sm-id", toml_string(trimmed(id.text)));
    if (trimmed(secret.text) != secret.text) comment(secret, "begins or ends with blanks, which are part of it");
    key("sm-secret", toml_string(secret.text));
  }

  void limits() {
    if (const auto* const s = one("io.max_fds"); s != nullptr) {
      // Here 0 would be no limit.
      const bool good = fits(*s, [](const given& g) { read_number(g, 1, 1ULL << 30U, {}); });
      if (good) key("max-connections", trimmed(s->text), place(*s) + ": listeners and the session manager are not counted here");
    }
    if (const auto* const s = one("io.max_bps"); s != nullptr) bytes_per_second(*s);
    connects();
    if (const auto* const s = one("io.authtimeout"); s != nullptr) {
      const bool good = fits(*s, [](const given& g) { read_number(g, 1, 86'400, "seconds"); });
      if (good) key("login-timeout", trimmed(s->text), place(*s));
    }
  }

  void bytes_per_second(const jadc2s_setting& s) {
    auto text = trimmed(s.text);
    // Whatever is negative is no limit.
    const bool negative = text.size() > 1 && text.front() == '-' && text.find_first_not_of("0123456789", 1) == std::string::npos;
    std::uint64_t bits = 0;
    if (!negative && !fits(s, [&](const given& g) { bits = read_number(g, 0, 8ULL << 40U, "bits"); })) return;
    key("max-bytes-per-second", std::to_string((bits + 7) / 8), place(s) + ", in bits");
  }

  void connects() {
    const auto* const times = one("io.connection_limits.connects");
    const auto* const seconds = one("io.connection_limits.seconds");
    if (times == nullptr && seconds == nullptr) return;
    const auto& s = times != nullptr ? *times : *seconds;
    std::uint64_t n = 0;
    std::uint64_t window = 0;
    if (times != nullptr && !fits(*times, [&](const given& g) { n = read_number(g, 0, 1'000'000, {}); })) return;
    if (seconds != nullptr && !fits(*seconds, [&](const given& g) { window = read_number(g, 0, 86'400, "seconds"); })) return;
    const auto rate = n == 0 || window == 0 ? "0" : std::to_string(n) + "/" + std::to_string(window);
    key("max-connects-per-ip", toml_string(rate), place(s));
  }

  /// What is not in the file yet.
  void notified() {
    std::set<std::string> jids;
    for (const auto* const s : all("io.notifies"))
      fits(*s, [&](const given& g) { jids.insert(read_jid(given(trimmed(g.text), g.origin))); });
    list("notify", {jids.begin(), jids.end()});
  }

  void rest() {
    out_ += '\n';
    std::set<std::string_view> seen;
    for (const auto& s : settings_) {
      const bool first = seen.insert(s.path).second;
      const auto why = why_no_key(s.path);
      if (!taken_.contains(&s) && !is_section(s)) {
        comment(s, !first && !is_repeatable(s.path) && is_known(s, why) ? "is given again; jadc2s takes the first"
                   : why.empty()                                        ? "unknown setting, see couplet --help"
                                                                        : why);
      }
      for (const auto& a : s.attributes)
        if (s.path != "local.alias" || a.first != "to") comment(place(s) + ": unknown attribute " + shown(a.first));
      if (s.has_children) comment(s, "holds elements, which are not read");
    }
  }
  bool is_known(const jadc2s_setting& s, std::string_view why) const {
    return !why.empty() || std::any_of(taken_.begin(), taken_.end(), [&](const auto* t) { return t->path == s.path; });
  }
  static bool is_section(const jadc2s_setting& s) {
    return s.path == jadc2s_root || (is_jadc2s_section(s.path) && why_no_key(s.path).empty());
  }

  std::string origin_;
  const std::vector<jadc2s_setting> settings_;
  std::set<const jadc2s_setting*> taken_;
  std::set<std::string> served_;  ///< prepared
  std::string out_;
};

}  // namespace

std::string import_jadc2s(const given& file) {
  return importer(file).text();
}

}  // namespace couplet::config
