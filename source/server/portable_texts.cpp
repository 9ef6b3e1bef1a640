#include "portable_texts.hpp"

#include <chrono>

#include "session/delay.hpp"
#include "session/portable.hpp"

namespace couplet::server {

storage::portable_texts session_texts() {
  storage::portable_texts t;
  t.form_of_node = session::form_of_node;
  t.node_of_form = session::node_of_form;
  t.preferences_to_xml = session::preferences_to_xml;
  t.preferences_from_xml = session::preferences_from_xml;
  // Whoever does not say since when a message has waited lets it wait from now on.
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  t.now = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  t.stamp = [now = t.now](std::string& message, std::string_view domain, std::optional<std::int64_t> since) {
    session::append_delay(message, domain, since.value_or(now));
  };
  return t;
}

}  // namespace couplet::server
