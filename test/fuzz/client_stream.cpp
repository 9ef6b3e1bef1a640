// The client's machine behind its tokenizer, with a session manager of the fuzzer's choosing. The first byte of the input sets the
// service up; then the client's bytes follow. A byte 0xFF, which no UTF-8 text has, is followed by one that says what happens next
// (see `happen`).

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "stream/client_stream.hpp"
#include "xml/element.hpp"
#include "xml/first_tag.hpp"
#include "xml/names.hpp"
#include "xml/tokenizer.hpp"

using namespace couplet;

namespace {

using verb = route::session_control::verb;

constexpr std::uint64_t client = 7;
constexpr std::string_view session = "alice@example.org/57c1e755";

void require(bool condition) {
  if (!condition) std::abort();
}

/// Reads what is written to a peer as that peer would.
struct reader {
  xml::workspace_pool pool;
  xml::tokenizer_limits limits{0, 1'000, 0, 0};
  xml::tokenizer tokens{pool, limits};
};

/// A session manager's end of the link: what reaches it must be one element of its stream's namespace, whatever the client declared.
void check_for_manager(std::string_view bytes, const base::jid& sender) {
  reader r;
  std::string_view header = "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'>";
  require(r.tokens.next(header) == xml::token::header);
  std::string_view rest = bytes;
  require(r.tokens.next(rest) == xml::token::element && rest.empty());
  const auto& e = r.tokens.element();
  require(e.bytes == bytes && e.namespace_uri == xml::ns::component && !e.uses_header_prefixes);
  require(e.name == "message" || e.name == "presence" || e.name == "iq");
  xml::fragment document;
  const auto parsed = document.parse(bytes, xml::ns::component);
  require(static_cast<bool>(parsed));
  if (!sender.empty()) require(parsed.attribute("from") == std::string_view(sender.full()));
  for (const auto a : parsed.node().attributes()) {
    const std::string_view name = a.name();
    if (name.find(':') != std::string_view::npos && !name.starts_with("xml"))
      require(
          std::string_view(parsed.node().attribute(("xmlns:" + std::string(name.substr(0, name.find(':')))).c_str()).value()) !=
          xml::ns::session_control);
  }
}

class world {
 public:
  explicit world(std::uint8_t setting)
      : manager_up_((setting & 1) == 0), machine_(settings(setting), client, (setting & 2) == 0) {}

  void client_sends(std::string_view bytes) {
    std::string all = std::exchange(held_, {});
    all += bytes;
    std::string_view rest = all;
    while (open() && !machine_.holds_input()) {
      const auto t = tokens_.next(rest);
      if (t == xml::token::need_more) break;
      if (t == xml::token::header) prefixes_ = tokens_.header_namespaces();
      if (t == xml::token::header) machine_.on_header(tokens_.header(), manager_up_, out_);
      if (t == xml::token::element) machine_.on_element(tokens_.element(), prefixes_, manager_up_, scratch_, out_);
      if (t == xml::token::footer) machine_.on_footer(out_);
      if (t == xml::token::error) machine_.on_fault(tokens_.fault(), out_);
      apply();
    }
    if (open()) held_ = rest;
  }

  void happen(char what) {
    switch (what) {
      case 'r': answer("type='result'", "<query xmlns='jabber:iq:auth'><username/></query>"); break;
      case 'w': answer("type='error'", "<error code='401'/>"); break;
      case 'e': answer("type='error'", "<error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"); break;
      case 'f': on_route(route::failure(asked_, route::address(client), "refused")); break;
      case 's': on_route(route::session_started(route::address(std::string(session)), route::address(client))); break;
      case 'h': on_route(route::session_started(route::address(99), route::address(client))); break;
      case 'm':
        stanza("<message xmlns='jabber:server' from='b@c'><a xmlns='urn:a'><b xmlns='jabber:component:accept'/></a></message>");
        break;
      case 'p': stanza("<presence/>"); break;
      case 'x': on_route(route::failure(machine_.session(), route::address(client), "Disconnected")); break;
      case 'o': on_route(route::failure(route::address("alice@example.org/old"), route::address(client))); break;
      case 'c': on_route(route::session_control(asked_, route::address(client), route::session_control::verb::started)); break;
      case 'C': control(verb::started, "583bf49b"); break;
      case 'R': control(verb::start, {}, "refused"); break;
      case 'E': control(verb::ended, machine_.session().text); break;
      case 'W': control(verb::ended, "7"); break;
      case 'M': controlled("<message xmlns:sc='urn:x' sc:sm='1' from='b@c'><body/></message>", machine_.session().text); break;
      case 'O': controlled("<message from='b@c'/>", "0badcafe"); break;
      case 'I': on_route(route::failure(asked_, route::address(client), "Invalid Session", "<iq type='get' id='1'/>")); break;
      case 'k':
        machine_.on_answer(sasl::answer(sasl::scram_keys("salt", 4096, std::string(20, 'k'), std::string(20, 's'))), out_);
        break;
      case 'y': machine_.on_answer(sasl::answer(sasl::answer::verdict::right), out_); break;
      case 'n': machine_.on_answer(sasl::answer(sasl::answer::verdict::wrong), out_); break;
      case 'v': machine_.on_answer(sasl::answer(sasl::answer::verdict::unavailable), out_); break;
      case 'd': machine_.on_deadline(out_); break;
      case 'z': machine_.end(base::close_reason::shutdown, out_); break;
      case 'l': machine_.end(base::close_reason::manager_unavailable, out_); break;
      case 'u': manager_up_ = !manager_up_; break;
      default: break;
    }
    apply();
    client_sends({});
  }

  void finish() {
    machine_.on_gone(out_);
    apply();
    machine_.on_gone(out_);
    require(out_.to_manager.empty() && out_.to_peer.empty());
  }

 private:
  static const stream::client_settings& settings(std::uint8_t setting) {
    static const auto make = [](bool second, bool control) {
      stream::client_settings c;
      if (control) c.sessions = second ? stream::session_protocol::automatic : stream::session_protocol::control;
      c.domains = {"example.org"};
      if (!second) c.domains.emplace_back("two.example");
      if (!second) c.aliases = {{"alias", "example.org"}};
      c.offer_registration = c.offer_scram = c.offer_tls = c.offer_anonymous = c.ask_for_accounts = second;
      if (second) c.logins_checked_by = stream::login_check::credentials;
      if (second && control)
        c.mechanisms = {sasl::mechanism::scram_sha256, sasl::mechanism::scram_sha1_plus, sasl::mechanism::external};
      c.max_login_attempts = second ? 0 : 3;
      return c;
    };
    static const stream::client_settings all[4] = {make(false, false), make(true, false), make(false, true), make(true, true)};
    return all[(setting >> 2U) & 3U];
  }

  bool open() const { return closed_ == base::close_reason::none; }

  void on_route(route::message&& m) { machine_.on_route(std::move(m), out_); }
  void stanza(const char* xml) { on_route(route::stanza(machine_.session(), route::address(client), xml)); }
  void control(verb action, std::string sm, std::string failed = {}) {
    route::session_control m(asked_, route::address(client), action);
    m.id = id_;
    m.c2s = "7";
    m.sm = std::move(sm);
    m.failed = std::move(failed);
    on_route(std::move(m));
  }
  void controlled(const char* xml, std::string sm) {
    on_route(route::controlled_stanza(asked_, route::address(client), "7", std::move(sm), xml));
  }
  void answer(const std::string& type, const std::string& inside) {
    on_route(route::auth(asked_, route::address(client), "<iq id='" + id_ + "' " + type + '>' + inside + "</iq>"));
  }

  void apply() {
    const bool was_open = open();
    if (!was_open) require(out_.to_peer.empty() && out_.stanza_to_peer.empty() && !out_.restart_stream);
    closed_ = was_open ? out_.close : closed_;
    require(!was_open || open() == (machine_.current_phase() != stream::phase::closed) || out_.to_peer.empty());
    client_reads(out_.to_peer);
    client_reads(out_.stanza_to_peer);
    for (const auto& m : out_.to_manager) {
      require(route::from_of(m).handle == client || !route::from_of(m).is_local());
      if (const auto* a = std::get_if<route::auth>(&m)) {
        check_for_manager(a->iq, {});
        id_ = xml::find_attribute(a->iq, "id");
        asked_ = a->to;
        require(was_open && machine_.holds_input());
      } else if (const auto* s = std::get_if<route::session_start>(&m)) {
        asked_ = s->to;
        require(was_open && machine_.holds_input() && !machine_.who().empty());
        require(base::jid::parse(s->to.text)->bare() == machine_.who().bare());
      } else if (const auto* forwarded = std::get_if<route::stanza>(&m)) {
        check_for_manager(forwarded->xml, machine_.who());
        require(was_open && machine_.current_phase() == stream::phase::open);
      } else if (const auto* marked = std::get_if<route::controlled_stanza>(&m)) {
        check_for_manager(marked->xml, machine_.who());
        require(was_open && machine_.current_phase() == stream::phase::open && marked->sm == machine_.session().text);
      } else if (const auto* command = std::get_if<route::session_control>(&m)) {
        check_command(*command, was_open);
      } else {
        require(std::holds_alternative<route::failure>(m));
      }
    }
    if (out_.restart_stream) tokens_.reset();
    if (out_.restart_stream) written_.tokens.reset();
    const bool start_tls = out_.start_tls && was_open;
    if (out_.question) require(was_open && machine_.holds_input());
    out_.clear();
    if (start_tls) secure();
  }

  void check_command(const route::session_control& command, bool was_open) {
    require(command.action == verb::start || command.action == verb::end);
    if (command.action == verb::end) return;
    require(was_open && machine_.holds_input() && command.to.text == command.target);
    const auto who = base::jid::parse(command.target);
    require(who && !who->is_bare() && who->bare() == machine_.who().bare());
    asked_ = command.to;
    id_ = command.id;
  }

  /// TLS is up: what comes next, both ways, is a stream header.
  void secure() {
    tokens_.reset();
    written_.tokens.reset();
    held_.clear();
    stream::security s;
    s.bindings = sasl::channel_bindings("exporter", "", "certificate");
    s.certificate = true;
    s.xmpp_addrs = {"alice@example.org"};
    machine_.on_secured(std::move(s));
  }

  /// The client must be able to read all we write.
  void client_reads(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto t = written_.tokens.next(bytes);
      require(t != xml::token::error);
      if (t == xml::token::footer) require(bytes.empty() && !open());
    }
  }

  xml::workspace_pool pool_;
  xml::tokenizer_limits limits_;
  xml::tokenizer tokens_{pool_, limits_};
  xml::fragment scratch_;
  std::vector<xml::prefix_declaration> prefixes_;
  reader written_;
  bool manager_up_;
  stream::client_stream machine_;
  stream::effects out_;
  std::string held_;
  route::address asked_;
  std::string id_;
  base::close_reason closed_ = base::close_reason::none;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  world w(data[0]);
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  while (!rest.empty()) {
    const auto text = rest.substr(0, rest.find('\xFF'));
    // A copy of just these bytes: reading past them is then seen by the address sanitizer.
    w.client_sends(std::string(text));
    rest.remove_prefix(text.size());
    if (rest.size() >= 2) w.happen(rest[1]);
    rest.remove_prefix(std::min<std::size_t>(2, rest.size()));
  }
  w.finish();
  return 0;
}
