// The route codec behind the tokenizer. An input that begins with '<' is the inside of a link's stream: every element that the
// tokenizer lets through is read as a route of either side, written, and read again. Any other input is a message, field by
// field: its first byte says which kind, the rest is cut at NULs.

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "route/codec.hpp"
#include "xml/tokenizer.hpp"

using namespace couplet;
using namespace couplet::route;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

/// A link's tokenizer behind its header. What is written may be more than what was read: a declaration that stood on the route goes to
/// its child, and a route is one level around it.
struct link {
  xml::workspace_pool pool;
  xml::tokenizer_limits limits{0, 1'000, 0, 0};
  xml::tokenizer tokens{pool, limits};

  link() {
    std::string_view header = "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'>";
    require(tokens.next(header) == xml::token::header);
  }

  bool is_one_element(std::string_view bytes) {
    std::string_view rest = bytes;
    return tokens.next(rest) == xml::token::element && rest.empty() && tokens.element().bytes == bytes;
  }
};

std::string written(const message& m) {
  std::string out;
  append(out, m);
  return out;
}

/// What was read once is written as one well-formed element and read as the same.
void check_fixed(const message& m, writer from) {
  const std::string bytes = written(m);
  require(link().is_one_element(bytes));
  const auto again = parse(bytes, from);
  require(again.ok());
  require(again.value() == m);
}

/// Answers can be written, and are not answered themselves unless they are a late session's `end`.
void check_bounce(message m) {
  message answer;
  if (!bounce(m, answer, "nobody")) return;
  require(link().is_one_element(written(answer)));
  message second;
  require(std::holds_alternative<session_control>(answer) || !bounce(answer, second));
}

void check_notice(std::string_view bytes) {
  const auto got = parse_notice(bytes);
  if (!got) return;
  const std::string again = written(*got);
  require(link().is_one_element(again));
  const auto back = parse_notice(again);
  require(back && *back == *got);
}

void check_element(std::string_view bytes) {
  check_notice(bytes);
  for (const writer from : {writer::c2s, writer::manager}) {
    auto got = parse(bytes, from);
    if (!got.ok()) {
      require(!got.error_text().empty());
      continue;
    }
    require(size_of(got.value()) >= sizeof(message));
    check_fixed(got.value(), from);
    check_bounce(std::move(got).value());
  }
}

void check_stream(std::string_view bytes) {
  link l;
  while (l.tokens.next(bytes) == xml::token::element) check_element(l.tokens.element().bytes);
}

class fields {
 public:
  explicit fields(std::string_view bytes) : bytes_(bytes) {}
  std::string next() {
    const std::size_t end = bytes_.find('\0');
    const std::string field(bytes_.substr(0, end));
    bytes_ = end == std::string_view::npos ? std::string_view() : bytes_.substr(end + 1);
    return field;
  }
  /// Nothing where the field is no element that could have come through a tokenizer.
  std::string next_element() {
    std::string field = next();
    return link().is_one_element(field) ? field : std::string();
  }

 private:
  std::string_view bytes_;
};

std::optional<message> make_message(unsigned char kind, fields f) {
  const address from(f.next());
  const address to(f.next());
  if (from.empty() || to.empty()) return std::nullopt;
  switch (kind % 7) {
    case 0: {
      std::string iq = f.next_element();
      return iq.empty() ? std::nullopt : std::optional<message>(auth(from, to, std::move(iq)));
    }
    case 1: return session_start(from, to, f.next_element());
    case 2: return session_started(from, to, f.next_element());
    case 3: return stanza(from, to, f.next_element());
    case 4: {
      std::string text = f.next();
      return failure(from, to, std::move(text), f.next_element());
    }
    case 5: {
      session_control c(from, to, static_cast<session_control::verb>((kind / 7) % 9));
      for (std::string* field : {&c.target, &c.id, &c.c2s, &c.sm, &c.failed}) *field = f.next();
      return c;
    }
    default: {
      std::string c2s = f.next();
      std::string sm = f.next();
      std::string xml = f.next_element();
      return xml.empty() ? std::nullopt : std::optional<message>(controlled_stanza(from, to, c2s, sm, std::move(xml)));
    }
  }
}

void check_message(unsigned char kind, std::string_view bytes) {
  const auto m = make_message(kind, fields(bytes));
  if (!m) return;
  const std::string text = written(*m);
  if (!link().is_one_element(text)) return;  // characters that XML has not, in an address or a text
  const writer from = std::holds_alternative<session_started>(*m) ? writer::manager : writer::c2s;
  auto got = parse(text, from);
  require(got.ok());
  if (const auto* s = std::get_if<stanza>(&*m)) {
    // What somebody wrote on a stanza makes no controlled one of it. (A whole command in its place would.)
    require(!std::holds_alternative<controlled_stanza>(got.value()));
    require(std::holds_alternative<stanza>(got.value()) || s->xml.find("session") != std::string::npos);
  } else if (const auto* c = std::get_if<controlled_stanza>(&*m)) {
    // The XML may lose a declaration that nothing needs; a command stays one, whatever is put on it.
    if (const auto* read = std::get_if<controlled_stanza>(&got.value()))
      require(read->c2s == c->c2s && read->sm == c->sm && read->from == c->from && read->to == c->to);
  } else {
    require(got.value() == *m);
  }
  check_fixed(got.value(), from);
  check_bounce(std::move(got).value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.empty()) return 0;
  if (bytes.front() == '<') {
    check_stream(bytes);
  } else {
    check_message(static_cast<unsigned char>(bytes.front()), bytes.substr(1));
  }
  return 0;
}
