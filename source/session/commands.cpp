#include "commands.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "admin_commands.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"
#include "data_form.hpp"
#include "delivery.hpp"
#include "iq_answers.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::session {
namespace {

constexpr std::string_view commands_namespace = "http://jabber.org/protocol/commands";

bool is_disco(const xml::element& payload) {
  return payload.is("query", xml::ns::disco_info) || payload.is("query", xml::ns::disco_items);
}

void append_node(std::string& out, std::string_view uri, std::string_view node) {
  out += "<query";
  xml::append_attribute(out, "xmlns", uri);
  xml::append_attribute(out, "node", node);
  out += '>';
}

void append_list(const core& c, std::string& out, std::string_view domain) {
  append_node(out, xml::ns::disco_items, commands_namespace);
  for (const auto& command : admin_commands()) {
    if (!is_offered(c, command)) continue;
    out += "<item";
    xml::append_attribute(out, "jid", domain);
    xml::append_attribute(out, "node", command.node);
    xml::append_attribute(out, "name", command.name);
    out += "/>";
  }
  out += "</query>";
}

void append_info(std::string& out, std::string_view node, std::string_view name, std::string_view type) {
  append_node(out, xml::ns::disco_info, node);
  out += "<identity category='automation'";
  xml::append_attribute(out, "type", type);
  xml::append_attribute(out, "name", name);
  out += "/><feature var='http://jabber.org/protocol/commands'/><feature var='jabber:x:data'/></query>";
}

void answer_discovery(core& c, std::string&& xml, const stanza_head& head, const xml::element& query, const stanza_address& to,
                      effects& out) {
  const auto node = query.attribute("node").value_or("");
  const bool all = node == commands_namespace;
  const auto* const one = find_admin_command(c, node);
  const bool info = query.is("query", xml::ns::disco_info);
  if (head.type != stanza_type::get || (!all && (one == nullptr || !info)))
    return answer_error(c, std::move(xml), head, condition::item_not_found, out);
  std::string content;
  if (all && !info) append_list(c, content, to.domain());
  if (all && info) append_info(content, node, "Administration", "command-list");
  if (!all) append_info(content, node, one->name, "command-node");
  answer_result(c, content, head, out);
  ignore(std::move(xml));
}

// ---- stages -------------------------------------------------------------------------------------------------------------

enum class action : std::uint8_t { execute, cancel, prev, next, complete };

std::optional<action> action_named(std::string_view name) {
  constexpr std::array<std::string_view, 5> names{"execute", "cancel", "prev", "next", "complete"};
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<action>(found - names.begin());
}

void append_command(std::string& out, std::string_view node, std::string_view id, std::string_view status) {
  out += "<command xmlns='http://jabber.org/protocol/commands'";
  xml::append_attribute(out, "node", node);
  xml::append_attribute(out, "sessionid", id);
  out.append(" status='").append(status).append("'>");
}

/// One request about one command, while it is worked on.
struct stage {
  const admin_command& what;
  const xml::element& command;
  std::string iq;  ///< its first tag
  session& own;
  std::string_view domain;
  std::string full_jid;
};

complaint bad(std::string_view detail, std::string text) {
  return {condition::bad_request, std::move(text), detail};
}

/// It has all that it needs, or so it seems. False: something is wrong with the form, and was said.
bool carry_out_stage(core& c, const stage& s, const std::string& id, const filled_form& form, effects& out) {
  const auto form_type = form.first("FORM_TYPE");
  if (!form_type.empty() && form_type != form_type_of(s.what)) {
    answer_failed(c, s.iq, bad("bad-payload", "This is not the form of this command."), out);
    return false;
  }
  running_command r;
  r.what = &s.what;
  r.id = id;
  r.iq = s.iq;
  r.domain = s.domain;
  r.who = c.sessions.handle_of(s.own);
  if (const auto wrong = begin_admin_command(c, std::move(r), form, out)) {
    answer_failed(c, s.iq, *wrong, out);
    return false;
  }
  return true;
}

void on_first_stage(core& c, const stage& s, action what, effects& out) {
  if (what == action::cancel || what == action::prev || what == action::next)
    return answer_failed(c, s.iq, bad("bad-action", "A command begins with execute."), out);
  const bool asks = has_form(c, s.what);
  auto form = filled_form::below(s.command);
  // Who knows the form need not ask for it.
  if (form || !asks) {
    if (!form) form.emplace();
    carry_out_stage(c, s, base::random_hex(8), *form, out);
    return;
  }
  const auto id = c.admin.open.open(s.full_jid, s.what.node, c.now());
  if (!id)
    return answer_failed(c, s.iq, {condition::resource_constraint, "Too many commands are open: complete or cancel some."}, out);
  std::string content;
  append_command(content, s.what.node, *id, "executing");
  content += "<actions execute='complete'><complete/></actions>";
  append_form(c, content, s.what);
  answer_result(c, content += "</command>", read_head(s.iq), out);
}

void on_second_stage(core& c, const stage& s, action what, const std::string& id, effects& out) {
  switch (c.admin.open.look_up(id, s.full_jid, s.what.node, c.now())) {
    case command_table::state::open: break;
    case command_table::state::unknown:
      return answer_failed(c, s.iq, bad("bad-sessionid", "There is no such command under way."), out);
    case command_table::state::expired:
      return answer_failed(c, s.iq, {condition::not_allowed, "The command has waited too long.", "session-expired"}, out);
  }
  if (what == action::cancel) {
    c.admin.open.close(id);
    std::string content;
    append_command(content, s.what.node, id, "canceled");
    return answer_result(c, content += "</command>", read_head(s.iq), out);
  }
  if (what == action::prev || what == action::next)
    return answer_failed(c, s.iq, bad("bad-action", "The command has one form: complete it or cancel."), out);
  const auto form = filled_form::below(s.command);
  if (!form) return answer_failed(c, s.iq, bad("bad-payload", "The form that was sent is to be filled in."), out);
  if (carry_out_stage(c, s, id, *form, out)) c.admin.open.close(id);
}

void on_command(core& c, std::string&& xml, const stanza_head& head, const xml::element& command, session& own,
                const stanza_address& to, effects& out) {
  const auto iq = first_tag_of(xml);
  const auto* const what = find_admin_command(c, command.attribute("node").value_or(""));
  const auto wanted = action_named(command.attribute("action").value_or("execute"));
  if (head.type != stanza_type::set) {
    answer_kept_error(c, iq, condition::bad_request, out);
  } else if (what == nullptr) {
    answer_failed(c, iq, {condition::item_not_found, "There is no such command."}, out);
  } else if (!wanted) {
    answer_failed(c, iq, bad("malformed-action", "There is no such action."), out);
  } else {
    const stage s{*what, command, iq, own, to.domain(), std::string(own.bare()) + '/' + own.resource};
    const auto id = command.attribute("sessionid");
    id ? on_second_stage(c, s, *wanted, std::string(*id), out) : on_first_stage(c, s, *wanted, out);
  }
  // A password may be in it.
  base::wipe(xml);
}

}  // namespace

bool is_admin(const core& c, std::string_view bare_jid) {
  return std::find(c.options.admins.begin(), c.options.admins.end(), bare_jid) != c.options.admins.end();
}

bool is_about_commands(const core& c, const xml::element& payload) {
  if (c.options.admins.empty()) return false;
  if (payload.is("command", commands_namespace)) return true;
  const auto node = is_disco(payload) ? payload.attribute("node").value_or("") : std::string_view();
  return node == commands_namespace || find_admin_command(c, node) != nullptr;
}

void answer_about_commands(core& c, std::string&& xml, const stanza_head& head, const xml::element& payload, session* own,
                           const stanza_address& to, effects& out) {
  if (own == nullptr || !is_admin(c, own->bare())) return answer_error(c, std::move(xml), head, condition::forbidden, out);
  if (is_disco(payload)) return answer_discovery(c, std::move(xml), head, payload, to, out);
  on_command(c, std::move(xml), head, payload, *own, to, out);
}

void answer_completed(core& c, const running_command& r, std::string_view content, std::string_view note, effects& out) {
  std::string text;
  append_command(text, r.what->node, r.id, "completed");
  if (!note.empty()) {
    text += "<note type='error'>";
    xml::append_text(text, note);
    text += "</note>";
  }
  text.append(content).append("</command>");
  answer_result(c, text, read_head(r.iq), out);
}

void answer_failed(core& c, std::string_view iq, const complaint& why, effects& out) {
  const auto head = read_head(iq);
  auto answer = base::take_text();
  append_error(answer, head, why.why);
  std::string more = "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>";
  xml::append_text(more, why.text);
  more += "</text>";
  if (!why.detail.empty()) more.append(1, '<').append(why.detail).append(" xmlns='http://jabber.org/protocol/commands'/>");
  answer.insert(answer.rfind("</error>"), more);
  route_stanza(c, std::move(answer), out);
}

}  // namespace couplet::session
