// Messages that wait, and archives, as XEP-0227 has them.

#include "base/date_time.hpp"
#include "exporting.hpp"
#include "portable_names.hpp"
#include "storage/archive.hpp"
#include "storage/entries.hpp"
#include "xml/first_tag.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::storage {

namespace {

/// Of messages that are in memory at a time.
constexpr std::size_t waiting_page_bytes = 64U << 10U;

void append_waiting(portable_out& out, database& db, std::string_view owner) {
  bool some = false;
  const auto take = [&](std::int64_t, std::string_view stanza, std::string_view) {
    if (!some) out.text += "<offline-messages>";
    some = true;
    append_stanza(out.text, stanza);
  };
  for (std::int64_t last = read_offline(db, owner, 0, waiting_page_bytes, take); last != 0;) {
    out.pass_on_if_large();
    last = read_offline(db, owner, last, waiting_page_bytes, take);
  }
  if (some) out.text += "</offline-messages>";
}

void append_result(std::string& out, std::string_view id, std::int64_t time, std::string_view stanza) {
  out.append("<result xmlns='").append(xml::ns::archive).append(1, '\'');
  xml::append_attribute(out, "id", id);
  out.append("><forwarded xmlns='").append(forward_namespace).append("'><delay xmlns='").append(delay_namespace);
  out.append("' stamp='").append(base::to_date_time(time)).append("'/>");
  append_stanza(out, stanza);
  out += "</forwarded></result>";
}

void append_archive(portable_out& out, database& db, std::string_view owner) {
  bool some = false;
  each_archived(db, owner, [&](std::string_view id, std::int64_t time, std::string_view stanza) {
    if (!some) out.text.append("<archive xmlns='").append(archive_namespace).append("'>");
    some = true;
    append_result(out.text, id, time, stanza);
    out.pass_on_if_large();
  });
  if (some) out.text += "</archive>";
}

}  // namespace

void append_stanza(std::string& out, std::string_view stanza) {
  xml::attribute_cursor tag(stanza);
  bool declared = false;
  while (!declared && tag.next()) declared = tag.current().name == "xmlns";
  const auto behind_name = 1 + tag.name().size();
  out += stanza.substr(0, behind_name);
  if (!declared) xml::append_attribute(out, "xmlns", xml::ns::client);
  out += stanza.substr(behind_name);
}

void append_messages(portable_out& out, database& db, std::string_view owner, const portable_texts& texts) {
  append_waiting(out, db, owner);
  const auto preferences = archive_preferences_of(db, owner);
  if (!preferences.empty()) out.text += texts.preferences_to_xml(preferences);
  append_archive(out, db, owner);
}

}  // namespace couplet::storage
