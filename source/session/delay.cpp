#include "session/delay.hpp"

#include "base/date_time.hpp"
#include "xml/first_tag.hpp"
#include "xml/writer.hpp"

namespace couplet::session {
namespace {

constexpr std::string_view content_ends = "'>Offline Storage</delay>";

std::string delay_of(std::string_view from) {
  std::string text = "<delay xmlns='urn:xmpp:delay' from='";
  xml::append_attribute_value(text, from);
  return text + "' stamp='";
}

}  // namespace

void append_delay(std::string& message, std::string_view from, std::int64_t milliseconds) {
  if (message.ends_with("/>")) {
    const std::string name(xml::attribute_cursor(message).name());
    const bool empty = message.find('<', 1) == std::string::npos;
    if (empty) message.replace(message.size() - 2, 2, "></" + name + ">");
  }
  auto element = delay_of(from);
  element.append(base::to_date_time(milliseconds)).append(content_ends);
  message.insert(message.rfind("</"), element);
}

bool has_waited(std::string_view message, std::string_view from) {
  const auto end = message.rfind("</");
  if (end == std::string_view::npos) return false;
  const auto content = message.substr(0, end);
  if (!content.ends_with(content_ends)) return false;
  const auto begin = content.rfind("<delay ");
  return begin != std::string_view::npos && content.substr(begin).starts_with(delay_of(from));
}

}  // namespace couplet::session
