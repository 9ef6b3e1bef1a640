#include <algorithm>
#include <array>

#include "jadc2s.hpp"

namespace couplet::config {

namespace {

struct note {
  std::string_view path;
  std::string_view why;
};

constexpr std::string_view cyrus = "no key: it is for Cyrus SASL, which is not used here";
constexpr std::string_view old_tls = "no key: it is always so here, TLS 1.2 and 1.3 are all there is";

constexpr std::array<note, 21> notes{{
    {"sm.retries", "no key: the session manager is tried until it is there, at growing intervals"},
    {"local.noregister",
     "no key: with sm the session manager says who may register; registration-token lets in only who was invited"},
    {"local.nolegacyauth", "no key: jabber:iq:auth is there for all domains, wherever PLAIN is"},
    {"local.statfile", "no key: the number of clients is written to no file"},
    {"local.ssl.ciphers", "no key: the suites are those of TLS 1.2 and 1.3 that are held to be safe"},
    {"local.ssl.enable_workarounds", "no key: it is for OpenSSL, which is not used here"},
    {"local.ssl.no_ssl_v2", old_tls},
    {"local.ssl.no_ssl_v3", old_tls},
    {"local.ssl.no_tls_v1", old_tls},
    {"local.ssl.enable_autodetect", "no key: it is always so here, listen takes TLS at once as well"},
    {"io.iplog", "no key: it is always so here, the log has the clients' addresses"},
    {"authentication",
     "no key: the session manager checks passwords; users, auth-http or auth-command have them checked here, as Cyrus SASL did"},
    {"authentication.legacyauth", "no key: jabber:iq:auth is there wherever PLAIN is"},
    {"authentication.appname", cyrus},
    {"authentication.service", cyrus},
    {"authentication.fqdn", cyrus},
    {"authentication.defaultrealm", "no key: accounts are of the domain that the client asked for"},
    {"authentication.maxssf", cyrus},
    {"authentication.noseclayer", "no key: it is always so here, TLS is the only security layer"},
    {"authentication.secflags", cyrus},
    {"authentication.admin", "no key: nobody can log in as somebody else"},
}};

}  // namespace

std::string_view why_no_key(std::string_view path) noexcept {
  const auto* const found = std::find_if(notes.begin(), notes.end(), [path](const note& n) { return n.path == path; });
  return found == notes.end() ? std::string_view() : found->why;
}

bool is_repeatable(std::string_view path) noexcept {
  constexpr std::array<std::string_view, 6> lists{"local.id",           "local.alias", "local.noregister",
                                                  "local.nolegacyauth", "io.notifies", "authentication.admin"};
  return std::find(lists.begin(), lists.end(), path) != lists.end();
}

}  // namespace couplet::config
