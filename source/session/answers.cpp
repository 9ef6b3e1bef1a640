#include "answers.hpp"

#include <array>

#include "xml/names.hpp"

namespace couplet::session {
namespace {

struct error_words {
  std::string_view name, type, code;
};

constexpr std::array<error_words, 13> errors{{
    {"bad-request", "modify", "400"},
    {"conflict", "cancel", "409"},
    {"feature-not-implemented", "cancel", "501"},
    {"forbidden", "auth", "403"},
    {"internal-server-error", "wait", "500"},
    {"item-not-found", "cancel", "404"},
    {"jid-malformed", "modify", "400"},
    {"not-acceptable", "modify", "406"},
    {"not-allowed", "cancel", "405"},
    {"not-authorized", "auth", "401"},
    {"remote-server-not-found", "cancel", "404"},
    {"resource-constraint", "wait", "500"},
    {"service-unavailable", "cancel", "503"},
}};

/// A raw value holds at most one of the two quotes, since the other one stood around it.
void append_raw_attribute(std::string& out, std::string_view name, std::string_view raw) {
  const char quote = raw.find('\'') == std::string_view::npos ? '\'' : '"';
  out.append(1, ' ').append(name).append(1, '=').append(1, quote).append(raw).append(1, quote);
}

void append_answer_addresses(std::string& out, const stanza_head& request) {
  if (request.has_id()) out.append(1, ' ').append(request.id_whole);
  if (request.has_to()) append_raw_attribute(out, "from", request.to);
  if (request.has_from()) append_raw_attribute(out, "to", request.from);
}

}  // namespace

void append_error(std::string& out, const stanza_head& request, condition why) {
  const auto& words = errors[static_cast<std::size_t>(why)];
  out.append(1, '<').append(request.local_name).append(" type='error'");
  append_answer_addresses(out, request);
  out.append("><error type='").append(words.type).append("' code='").append(words.code).append("'><").append(words.name);
  out.append(" xmlns='").append(xml::ns::stanza_errors).append("'/></error></").append(request.local_name).append(1, '>');
}

void append_result_tag(std::string& out, const stanza_head& request) {
  out += "<iq type='result'";
  append_answer_addresses(out, request);
}

}  // namespace couplet::session
