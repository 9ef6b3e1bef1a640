#include "xml_oracle.hpp"

#include <expat.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "xml/element.hpp"
#include "xml/first_tag.hpp"
#include "xml/names.hpp"
#include "xml/tokenizer.hpp"

using namespace couplet;

namespace {

[[noreturn]] void found(const char* what, std::string_view detail = {}) {
  throw std::logic_error(std::string(what) + '\n' + std::string(detail));
}

// ---- our side --------------------------------------------------------------------------------------------------------------

struct part {
  xml::token kind;
  std::string bytes;
  std::string summary;
  bool uses_header_prefixes;
  bool declares_server_namespace;
  friend bool operator==(const part&, const part&) = default;
};

struct outcome {
  std::vector<part> parts;
  xml::fault fault = xml::fault::none;
  std::vector<xml::prefix_declaration> header;
  std::size_t accepted = 0;  ///< bytes up to the end of the last part; of an input given whole
  bool failed_in_element = false;
  friend bool operator==(const outcome& a, const outcome& b) {
    return a.parts == b.parts && a.fault == b.fault && a.header == b.header;
  }
};

/// `cut`: how long the next piece is.
template <class piece_size>
outcome tokenize(std::string_view all, const xml::tokenizer_limits& limits, piece_size cut) {
  static xml::workspace_pool pool;
  xml::tokenizer t(pool, limits);
  outcome o;
  for (std::string_view rest = all; !rest.empty();) {
    // A copy of its own, so that reading beyond it, or after its end, is noticed.
    const std::vector<char> piece(rest.begin(),
                                  rest.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(rest.size(), cut())));
    rest.remove_prefix(piece.size());
    for (std::string_view input(piece.data(), piece.size());;) {
      const xml::token k = t.next(input);
      if (k == xml::token::need_more) break;
      if (k == xml::token::error) {
        o.fault = t.fault();
        o.failed_in_element = !o.parts.empty() && o.parts.back().kind != xml::token::footer && input.size() > 1 &&
                              input[0] == '<' && input[1] != '/';
        return o;
      }
      const xml::element_view& v = t.element();
      o.accepted = all.size() - rest.size() - input.size();
      std::string summary = std::to_string(v.first_tag_size) + (v.self_closing ? " closed " : " open ");
      summary += std::string(v.prefix) + ':' + std::string(v.name) + '|' + std::string(v.namespace_uri);
      o.parts.push_back({k, std::string(v.bytes), summary, v.uses_header_prefixes, v.declares_server_namespace});
      if (k == xml::token::header) o.header = t.header_namespaces();
    }
  }
  return o;
}

using attributes = std::vector<std::string>;

void append_start(std::string& tree, std::string_view name, attributes& all) {
  std::sort(all.begin(), all.end());
  tree += "\n<";
  tree += name;
  for (const std::string& a : all) tree += "\n  " + a;
  tree += "\n>";
}

std::string join(std::string_view uri, std::string_view local) {
  return std::string(uri) + '|' + std::string(local);
}

bool is_declaration(std::string_view name) {
  return name == "xmlns" || name.starts_with("xmlns:");
}

/// The namespace of a prefix at a node of pugixml's.
std::string resolve(pugi::xml_node node, std::string_view prefix, const std::vector<xml::prefix_declaration>& header) {
  if (prefix == "xml") return std::string(xml::ns::xml);
  const std::string wanted = prefix.empty() ? "xmlns" : "xmlns:" + std::string(prefix);
  for (; node.type() == pugi::node_element; node = node.parent())
    if (const pugi::xml_attribute a = node.attribute(wanted.c_str())) return a.value();
  for (const xml::prefix_declaration& d : header)
    if (d.prefix == prefix) return d.namespace_uri;
  return {};
}

std::string expanded(pugi::xml_node node, std::string_view name, bool attribute,
                     const std::vector<xml::prefix_declaration>& header) {
  const std::size_t colon = name.find(':');
  if (colon == std::string_view::npos) return join(attribute ? "" : resolve(node, {}, header), name);
  return join(resolve(node, name.substr(0, colon), header), name.substr(colon + 1));
}

/// The tree of an element as pugixml sees it.
void append_tree(std::string& tree, pugi::xml_node node, const std::vector<xml::prefix_declaration>& header) {
  attributes all;
  for (const pugi::xml_attribute a : node.attributes())
    if (!is_declaration(a.name())) all.push_back(expanded(node, a.name(), true, header) + '=' + a.value());
  append_start(tree, expanded(node, node.name(), false, header), all);
  for (const pugi::xml_node child : node.children()) {
    if (child.type() == pugi::node_element)
      append_tree(tree, child, header);
    else
      tree += child.value();
  }
  tree += "</>";
}

/// The tree of everything let through, the root around it.
std::string our_tree(const outcome& o) {
  std::string tree;
  pugi::xml_document document;
  for (const part& p : o.parts) {
    if (p.kind == xml::token::footer) continue;
    const std::string whole = p.kind == xml::token::header ? p.bytes.substr(0, p.bytes.size() - 1) + "/>" : p.bytes;
    if (!document.load_buffer(whole.data(), whole.size(), pugi::parse_default | pugi::parse_ws_pcdata, pugi::encoding_utf8))
      found("pugixml refuses what was let through", whole);
    std::string one;
    append_tree(one, document.document_element(), o.header);
    tree += p.kind == xml::token::header ? one.substr(0, one.size() - 3) : one;
  }
  return tree + "</>";
}

/// What a life does with an element: its namespace by the view, by xml::element and by the tokenizer must be one.
void check_element(const part& p, const std::vector<xml::prefix_declaration>& header) {
  static xml::fragment scratch;
  const std::string outer = resolve({}, {}, header);
  const xml::element e = scratch.parse(p.bytes, outer);
  if (!e) found("fragment refuses", p.bytes);
  if (!p.uses_header_prefixes && !p.summary.ends_with(':' + std::string(e.name()) + '|' + std::string(e.namespace_uri())))
    found("the element's name differs", p.bytes + '\n' + p.summary);
  std::string decoded;
  for (xml::attribute_cursor c(p.bytes); c.next();)
    if (xml::decode_attribute(c.current().value, decoded) != e.node().attribute(std::string(c.current().name).c_str()).value())
      found("an attribute of the first tag differs", p.bytes);
}

// ---- expat -----------------------------------------------------------------------------------------------------------------

struct expat_tree {
  std::string tree;
  int depth = 0;
};

std::string triplet(const char* name) {
  const std::string_view n(name);  // uri \1 local \1 prefix, or local
  const std::size_t first = n.find('\1');
  if (first == std::string_view::npos) return join({}, n);
  const std::size_t second = n.find('\1', first + 1);
  return join(n.substr(0, first), n.substr(first + 1, second == std::string_view::npos ? second : second - first - 1));
}

void on_start(void* data, const char* name, const char** given) {
  auto& t = *static_cast<expat_tree*>(data);
  attributes all;
  for (; *given != nullptr; given += 2) all.push_back(triplet(given[0]) + '=' + given[1]);
  append_start(t.tree, triplet(name), all);
  ++t.depth;
}

void on_end(void* data, const char*) {
  auto& t = *static_cast<expat_tree*>(data);
  t.tree += "</>";
  --t.depth;
}

void on_text(void* data, const char* text, int size) {
  auto& t = *static_cast<expat_tree*>(data);
  if (t.depth > 1) t.tree.append(text, static_cast<std::size_t>(size));  // between elements there are blanks only
}

bool expat_takes(std::string_view document, expat_tree& into) {
  const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(XML_ParserCreateNS(nullptr, '\1'), &XML_ParserFree);
  XML_SetReturnNSTriplet(parser.get(), 1);
  XML_SetUserData(parser.get(), &into);
  XML_SetElementHandler(parser.get(), on_start, on_end);
  XML_SetCharacterDataHandler(parser.get(), on_text);
  return XML_Parse(parser.get(), document.data(), static_cast<int>(document.size()), 1) == XML_STATUS_OK;
}

// ---- the properties --------------------------------------------------------------------------------------------------------

void check_against_expat(std::string_view all, const outcome& o) {
  if (!o.parts.empty()) {
    std::string document(all.substr(0, o.accepted));
    if (o.parts.back().kind != xml::token::footer)
      document += "</" + std::string(xml::attribute_cursor(o.parts.front().bytes).name()) + ">";
    expat_tree theirs;
    if (!expat_takes(document, theirs)) found("expat refuses what was let through", document);
    if (const std::string ours = our_tree(o); ours != theirs.tree)
      found("the trees differ", ours + "\n-- expat:\n" + theirs.tree);
  }
  expat_tree ignored;
  if (o.fault == xml::fault::not_well_formed && o.failed_in_element && expat_takes(all, ignored))
    found("refused as not well-formed, and expat takes it", all);
}

bool is_let_through(const std::string& stream, const xml::tokenizer_limits& limits) {
  const outcome o = tokenize(stream, limits, [&] { return stream.size(); });
  return o.fault == xml::fault::none && o.parts.size() == 2 && !o.parts[1].declares_server_namespace;
}

/// An element rewritten for a client, in a stream that declares nothing but the usual, must be let through again.
void check_forwarding(const part& p, const std::vector<xml::prefix_declaration>& header, const xml::tokenizer_limits& limits) {
  xml::element_view v{};
  v.bytes = p.bytes;
  v.uses_header_prefixes = p.uses_header_prefixes;
  xml::attribute_cursor c(p.bytes);
  while (c.next()) continue;
  std::string whole = p.bytes.substr(0, c.close_begins());
  xml::append_header_prefixes(whole, v, header);
  whole += p.bytes.substr(c.close_begins());
  std::string stream = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
  xml::append_with_client_namespace(stream, whole);
  if (!is_let_through(stream, limits)) found("rewritten, it is refused", stream);
}

}  // namespace

void test::compare_with_expat(std::string_view all) {
  const xml::tokenizer_limits wide{.max_element_bytes = 0, .max_depth = 0, .max_attributes = 0, .max_children = 0};
  const xml::tokenizer_limits narrow{.max_element_bytes = 150, .max_depth = 3, .max_attributes = 4, .max_children = 3};
  std::uint64_t state = 0xCBF2'9CE4'8422'2325ULL;
  for (const char c : all) state = (state ^ static_cast<unsigned char>(c)) * 0x100'0000'01B3ULL;
  const auto any = [&] {
    state = state * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;
    return 1 + static_cast<std::size_t>(state >> 33) % 24;
  };
  for (const xml::tokenizer_limits* limits : {&wide, &narrow}) {
    const outcome whole = tokenize(all, *limits, [&] { return all.size(); });
    if (!(tokenize(all, *limits, [] { return std::size_t{1}; }) == whole)) found("byte by byte it is something else", all);
    if (!(tokenize(all, *limits, any) == whole)) found("cut, it is something else", all);
    if (limits != &wide) continue;
    check_against_expat(all, whole);
    for (const part& p : whole.parts) {
      if (p.kind != xml::token::element) continue;
      check_element(p, whole.header);
      check_forwarding(p, whole.header, wide);
    }
  }
}
