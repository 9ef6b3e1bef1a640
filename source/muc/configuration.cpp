#include "configuration.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "names.hpp"
#include "xml/element.hpp"
#include "xml/names.hpp"

namespace couplet::muc {
namespace {

struct flag_field {
  std::string_view var, label;
  bool configuration::*value;
};

constexpr std::array<flag_field, 8> flags{{
    {"muc#roomconfig_persistentroom", "The room stays when nobody is in it", &configuration::persistent},
    {"muc#roomconfig_publicroom", "The room is in the list of rooms", &configuration::listed},
    {"muc#roomconfig_membersonly", "Only members may enter", &configuration::members_only},
    {"muc#roomconfig_moderatedroom", "Only those who have voice may speak", &configuration::moderated},
    {"muc#roomconfig_passwordprotectedroom", "A password is needed to enter", &configuration::has_password},
    {"muc#roomconfig_allowinvites", "Occupants may invite others", &configuration::everybody_invites},
    {"muc#roomconfig_changesubject", "Occupants may change the subject", &configuration::everybody_sets_subject},
    {"muc#roomconfig_enablelogging", "Discussions are logged, and who enters is told", &configuration::logged},
}};

struct text_field {
  std::string_view var, type, label;
  std::string configuration::*value;
  std::size_t most;
};

constexpr std::array<text_field, 4> texts{{
    {"muc#roomconfig_roomname", "text-single", "Name", &configuration::name, 256},
    {"muc#roomconfig_roomdesc", "text-single", "Description", &configuration::description, 1024},
    {"muc#roomconfig_lang", "text-single", "Language", &configuration::language, 35},
    {"muc#roomconfig_roomsecret", "text-private", "Password", &configuration::password, 256},
}};

constexpr std::string_view whois = "muc#roomconfig_whois";
constexpr std::string_view allow_pm = "muc#roomconfig_allowpm";
constexpr std::string_view shown = "muc#roomconfig_presencebroadcast";
constexpr std::string_view max_users = "muc#roomconfig_maxusers";
constexpr std::string_view max_history_field = "muc#maxhistoryfetch";
constexpr std::array<std::string_view, 4> pm_values{"anyone", "participants", "moderators", "none"};
constexpr std::array<role, 3> present_roles{role::moderator, role::participant, role::visitor};

std::string wrong(std::string_view field, std::string_view expected) {
  return std::string(field).append(": expected ").append(expected);
}

/// Up to `most`; nothing: no number, or more.
std::optional<std::uint32_t> read_number(std::string_view text, std::uint32_t most) {
  std::uint32_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end != text.data() + text.size() || value > most) return std::nullopt;
  return value;
}

std::optional<std::string> read_choices(const form_values& form, configuration& c) {
  if (const auto text = first_value(form, whois); !text.empty()) {
    if (text != "anyone" && text != "moderators") return wrong(whois, "anyone or moderators");
    c.shows_jids = text == "anyone";
  }
  if (const auto text = first_value(form, allow_pm); !text.empty()) {
    const auto found = std::find(pm_values.begin(), pm_values.end(), text);
    if (found == pm_values.end()) return wrong(allow_pm, "anyone, participants, moderators or none");
    c.messages = static_cast<private_messages>(found - pm_values.begin());
  }
  if (const auto found = form.find(shown); found != form.end()) {
    std::fill(std::begin(c.shown_roles), std::end(c.shown_roles), false);
    for (const auto& text : found->second) {
      const auto named = role_named(text);
      if (!named || *named == role::none) return wrong(shown, "moderator, participant or visitor");
      c.shown_roles[static_cast<std::size_t>(*named)] = true;
    }
  }
  return std::nullopt;
}

std::optional<std::string> read_numbers(const form_values& form, configuration& c, std::uint32_t max_occupants,
                                        std::uint32_t max_history) {
  if (const auto text = first_value(form, max_users); !text.empty()) {
    const auto number = text == "none" ? std::optional(0U) : read_number(text, max_occupants);
    if (!number) return wrong(max_users, "none, or a number up to " + std::to_string(max_occupants));
    c.max_occupants = *number;
  }
  if (const auto text = first_value(form, max_history_field); !text.empty()) {
    const auto number = read_number(text, max_history);
    if (!number) return wrong(max_history_field, "a number up to " + std::to_string(max_history));
    c.history = *number;
  }
  return std::nullopt;
}

}  // namespace

void append_fields(form_writer& form, const configuration& c) {
  for (const auto& f : texts) form.field(f.var, f.type, f.label, c.*f.value);
  for (const auto& f : flags) form.flag(f.var, f.label, c.*f.value);
  form.field(whois, "list-single", "Who sees the addresses of occupants",
             std::vector<std::string>{c.shows_jids ? "anyone" : "moderators"},
             {{"Moderators only", "moderators"}, {"Everybody", "anyone"}});
  form.field(allow_pm, "list-single", "Who may send private messages",
             std::vector<std::string>{std::string(pm_values[static_cast<std::size_t>(c.messages)])},
             {{"Everybody", "anyone"}, {"Who has voice", "participants"}, {"Moderators", "moderators"}, {"Nobody", "none"}});
  std::vector<std::string> roles;
  for (const auto r : present_roles) {
    if (c.shown_roles[static_cast<std::size_t>(r)]) roles.emplace_back(name_of(r));
  }
  form.field(shown, "list-multi", "Whose presence is shown", roles,
             {{"Moderators", "moderator"}, {"Participants", "participant"}, {"Visitors", "visitor"}});
  const auto most = c.max_occupants == 0 ? std::string("none") : std::to_string(c.max_occupants);
  std::vector<form_option> numbers{{"10", "10"},   {"30", "30"},   {"50", "50"},
                                   {"100", "100"}, {"500", "500"}, {"As many as possible", "none"}};
  const bool offered = std::any_of(numbers.begin(), numbers.end(), [&](const form_option& o) { return o.value == most; });
  if (!offered) numbers.push_back({most, most});
  form.field(max_users, "list-single", "Most occupants", std::vector<std::string>{most}, numbers);
  form.field(max_history_field, "text-single", "Most messages of the past for who enters", std::to_string(c.history));
}

std::optional<std::string> read_fields(const form_values& form, configuration& c, std::uint32_t max_occupants,
                                       std::uint32_t max_history) {
  for (const auto& f : flags) {
    const auto found = form.find(f.var);
    if (found == form.end()) continue;
    const auto value = read_boolean(first_value(form, f.var));
    if (!value) return wrong(f.var, "0 or 1");
    c.*f.value = *value;
  }
  for (const auto& f : texts) {
    const auto found = form.find(f.var);
    if (found == form.end()) continue;
    const auto text = first_value(form, f.var);
    if (text.size() > f.most) return wrong(f.var, "at most " + std::to_string(f.most) + " bytes");
    c.*f.value = text;
  }
  if (auto problem = read_choices(form, c)) return problem;
  if (auto problem = read_numbers(form, c, max_occupants, max_history)) return problem;
  if (c.has_password && c.password.empty()) return wrong("muc#roomconfig_roomsecret", "a password, since one is needed to enter");
  return std::nullopt;
}

std::string to_text(const configuration& c) {
  std::string text;
  form_writer form(text, "submit", ns::room_config);
  append_fields(form, c);
  form.end();
  return text;
}

std::optional<configuration> read_text(std::string_view text, std::uint32_t max_occupants, std::uint32_t max_history) {
  xml::fragment document;
  const auto x = document.parse(text, xml::ns::client);
  configuration c;
  if (!x.is("x", ns::data) || read_fields(read_form(x), c, max_occupants, max_history)) return std::nullopt;
  return c;
}

}  // namespace couplet::muc
