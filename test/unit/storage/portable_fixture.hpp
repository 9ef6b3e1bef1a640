#pragma once

#include "base/date_time.hpp"
#include "fixture.hpp"
#include "storage/portable.hpp"
#include "xml/names.hpp"

namespace couplet::storage::testing {

inline std::string document(const std::string& inside) {
  return "<?xml version='1.0' encoding='UTF-8'?>\n<server-data xmlns='urn:xmpp:pie:0'>" + inside + "</server-data>\n";
}

inline std::string host(const std::string& users) {
  return document("<host jid='example.org'>" + users + "</host>");
}

/// a@example.org, with a password and what is inside.
inline std::string user(const std::string& inside) {
  return host("<user name='a' password='pw'>" + inside + "</user>");
}

/// In place of the session manager's: what it would be given can be seen in what comes of it.
inline portable_texts plain_texts() {
  portable_texts t;
  t.now = 1'700'000'000'000;
  t.form_of_node = [](std::string_view stored) {
    return "<x xmlns='jabber:x:data' type='form'><field var='is'><value>" + std::string(stored) + "</value></field></x>";
  };
  t.node_of_form = [](const xml::element& form, std::size_t items) {
    if (!form) return "no form, items " + std::to_string(items);
    return form.child("field").child("value").text();
  };
  t.preferences_to_xml = [](std::string_view stored) {
    return "<prefs xmlns='urn:xmpp:mam:2' default='" + std::string(stored) + "'/>";
  };
  t.preferences_from_xml = [](const xml::element& prefs) {
    const auto wanted = prefs.attribute("default");
    return wanted ? std::optional<std::string>(*wanted) : std::nullopt;
  };
  t.stamp = [](std::string& message, std::string_view domain, std::optional<std::int64_t> since) {
    const auto stamp = since ? base::to_date_time(*since) : "now";
    message.insert(message.rfind("</"), "<delay xmlns='urn:xmpp:delay' from='" + std::string(domain) + "' stamp='" + stamp +
                                            "'>Offline Storage</delay>");
  };
  return t;
}

inline std::string written(store& s) {
  std::string text;
  CHECK(s.read_now([&](database& db) {
    write_portable(db, plain_texts(), [&](std::string_view piece) { text += piece; });
    return outcome::done;
  }) == outcome::done);
  return text;
}

inline portable_data taken(const std::string& text) {
  auto read = read_portable(text, plain_texts());
  REQUIRE_MESSAGE(read.ok(), (read.ok() ? std::string() : read.error_text()));
  return std::move(*read);
}

/// The only user of a document.
inline portable_user the_user(const std::string& text) {
  auto data = taken(text);
  REQUIRE(data.users.size() == 1);
  return std::move(data.users[0]);
}

inline std::string refused(const std::string& text) {
  const auto read = read_portable(text, plain_texts());
  REQUIRE_FALSE_MESSAGE(read.ok(), text);
  CHECK(read.error_text().find('\n') == std::string::npos);
  return read.error_text();
}

/// What became of them, in one change. `why`: of the last one.
inline outcome put(store& s, const portable_data& data, const portable_limits& most = {}, std::string* why = nullptr) {
  std::string text;
  const auto done = s.write_now([&](database& db) {
    auto all = outcome::done;
    for (const auto& u : data.users) {
      all = put_portable(db, u, most, text);
      if (all != outcome::done) break;
    }
    return all;
  });
  if (why != nullptr) *why = text;
  return done;
}

}  // namespace couplet::storage::testing
