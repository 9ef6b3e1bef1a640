// Both machines of XEP-0114 behind their tokenizers. The first byte of the input chooses the side; then the peer's bytes follow. The two bytes
// 0xFF 'h' stand for the right handshake (accepting side), 0xFF 'z' for an end from outside.

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.hpp"
#include "stream/component_stream.hpp"
#include "xml/first_tag.hpp"
#include "xml/tokenizer.hpp"

using namespace couplet;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

template <class Machine>
class world {
 public:
  explicit world(Machine& machine) : machine_(machine) {}

  void peer_sends(std::string_view bytes) {
    while (open()) {
      const auto t = tokens_.next(bytes);
      if (t == xml::token::need_more) return;
      if (t == xml::token::header) machine_.on_header(tokens_.header(), out);
      if (t == xml::token::element) {
        const bool traffic = machine_.on_element(tokens_.element(), out);
        require(!traffic || (machine_.authenticated() && !out.authenticated && out.to_peer.empty()));
      }
      if (t == xml::token::footer) machine_.on_footer(out);
      if (t == xml::token::error) machine_.on_fault(tokens_.fault(), out);
      apply();
    }
  }

  void apply() {
    if (!open()) require(out.to_peer.empty() && !out.authenticated);
    if (open()) closed_ = out.close;
    require(open() || !machine_.authenticated());
    if (!out.to_peer.empty() && id_.empty()) id_ = xml::find_attribute(out.to_peer, "id");
    // The peer must be able to read all we write.
    std::string_view written = out.to_peer;
    while (!written.empty()) require(written_.next(written) != xml::token::error);
    out.clear();
  }

  bool open() const { return closed_ == base::close_reason::none; }
  const std::string& id() const { return id_; }

  stream::component_effects out;

 private:
  Machine& machine_;
  xml::workspace_pool pool_;
  xml::tokenizer_limits limits_;
  xml::tokenizer tokens_{pool_, limits_};
  xml::tokenizer written_{pool_, limits_};
  std::string id_;
  base::close_reason closed_ = base::close_reason::none;
};

template <class Machine>
void play(Machine& machine, world<Machine>& w, std::string_view rest) {
  while (!rest.empty()) {
    const auto text = rest.substr(0, rest.find('\xFF'));
    w.peer_sends(std::string(text));
    rest.remove_prefix(text.size());
    if (rest.size() >= 2 && rest[1] == 'h')
      w.peer_sends("<handshake xmlns='jabber:component:accept'>" + base::sha1_hex(w.id(), "secret") + "</handshake>");
    if (rest.size() >= 2 && rest[1] == 'z') {
      machine.end(base::close_reason::shutdown, w.out);
      w.apply();
      require(!w.open());
    }
    rest.remove_prefix(std::min<std::size_t>(2, rest.size()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  if ((data[0] & 1) == 0) {
    const stream::component_stream::secrets secrets = [](std::string_view name) -> std::optional<std::string> {
      if (name == "bot.example.org") return "secret";
      return std::nullopt;
    };
    stream::component_stream machine(secrets);
    world<stream::component_stream> w(machine);
    play(machine, w, rest);
  } else {
    stream::link_stream machine("c2s", "secret");
    world<stream::link_stream> w(machine);
    machine.open(w.out);
    w.apply();
    play(machine, w, rest);
  }
  return 0;
}
