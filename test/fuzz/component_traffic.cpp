// What an authenticated component or c2s sends behind its header: elements as others are given them, addresses, and stream management. The input follows
// a header that declares prefixes of its own.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "../../source/component/stanza.hpp"
#include "stream/errors.hpp"
#include "stream/management.hpp"
#include "xml/names.hpp"
#include "xml/standalone.hpp"
#include "xml/tokenizer.hpp"

using namespace couplet;

namespace {

constexpr std::string_view component_header =
    "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' xmlns:x='urn:x' "
    "xmlns:sm='urn:xmpp:sm:3' "
    "to='bot.example.org'>";
constexpr std::string_view client_header =
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>";

void require(bool condition) {
  if (!condition) std::abort();
}

/// Reads what is written to somebody whose stream began with that header.
class reader {
 public:
  explicit reader(std::string_view header) { require(tokens_.next(header) == xml::token::header); }
  /// One element, and nothing else. Holds as long as this.
  const xml::element_view& element(std::string_view bytes) {
    require(tokens_.next(bytes) == xml::token::element && bytes.empty());
    return tokens_.element();
  }

 private:
  xml::workspace_pool pool_;
  xml::tokenizer_limits limits_;
  xml::tokenizer tokens_{pool_, limits_};
};

void check_stanza(std::string_view sent, std::string_view namespace_uri) {
  const component::stanza_head head(sent);
  std::string scratch;
  const auto given = std::string(component::for_others(sent, head, "bot.example.org", scratch));
  reader client(client_header);
  const auto& there = client.element(given);
  // Whoever gets it has a stream of his own, of which its content is.
  if (namespace_uri == xml::ns::component && there.prefix.empty()) require(there.namespace_uri == xml::ns::client);
  const component::stanza_head again(given);
  require(again.name == head.name && again.from.data() != nullptr);
  require(again.to == head.to && again.type == head.type);
  require(again.from == (head.from.data() != nullptr ? head.from : std::string_view("bot.example.org")));
  std::string rest;
  require(component::for_others(given, again, "other.example.org", rest) == given);

  component::stanza_address to;
  if (to.read(head.to)) {
    require(!to.domain().empty() && to.bare().ends_with(to.domain()));
    component::stanza_address prepared;  // of what is prepared there is nothing left to do
    require(prepared.read(to.domain()) && prepared.bare() == to.domain());
  }
  if (!component::is_stanza(head.local_name()) || !component::is_answerable(head)) return;
  std::string error;
  stream::append_stanza_error(error, given, "service-unavailable", "nobody is there");
  const component::stanza_head answer(error);
  reader(client_header).element(error);
  require(answer.type == "error" && !component::is_answerable(answer));
}

void check_management(const stream::management::element& e) {
  using stream::management::verb;
  if (e.what != verb::resume || e.link == 0 || !e.handled) return;
  std::string written;
  stream::management::append_resume(written, e.link, *e.handled);
  reader peer(component_header);
  const auto again = stream::management::read(peer.element(written));
  require(again && again->what == verb::resume && again->link == e.link && again->handled == e.handled);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  xml::workspace_pool pool;
  const xml::tokenizer_limits limits;
  xml::tokenizer tokens(pool, limits);
  std::string_view bytes = component_header;
  require(tokens.next(bytes) == xml::token::header);
  std::string scratch;
  bytes = std::string_view(reinterpret_cast<const char*>(data), size);
  while (tokens.next(bytes) == xml::token::element) {
    const auto& element = tokens.element();
    if (const auto managed = stream::management::read(element)) {
      check_management(*managed);
    } else if (element.prefix.empty() || !component::is_stanza(element.name)) {
      check_stanza(xml::standalone(tokens, scratch), element.namespace_uri);
    }
  }
  return 0;
}
