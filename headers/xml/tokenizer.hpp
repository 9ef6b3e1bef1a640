#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace couplet::xml {

/// What tokenizer::next found.
enum class token : std::uint8_t {
  need_more,  ///< the input is used up, nothing is complete
  header,     ///< the first tag of the stream's root (after an XML declaration, if there was one)
  element,    ///< one whole top-level element (a stanza)
  footer,     ///< the root's end tag: nothing may follow
  error,      ///< see fault(); the tokenizer is of no further use until reset()
};

/// Why the input was refused. The first fault of the byte sequence, however it was cut into pieces.
enum class fault : std::uint8_t {
  none,
  not_well_formed,       ///< XML 1.0 or Namespaces in XML 1.0 broken, illegal characters, text between stanzas
  restricted_xml,        ///< comment, processing instruction, DTD, entity beyond the five (RFC 6120 section 11.1)
  unsupported_encoding,  ///< declared as something else than UTF-8, or not UTF-8 (a UTF-16 BOM, for instance)
  too_big,               ///< more bytes in one element, or in the header with all that stands before it, than the limit
  too_deep,
  too_many_attributes,  ///< on one tag, declarations of namespaces included
  too_many_children,    ///< elements below one top-level element, at all depths
};

/// No element may lie deeper, whatever the limits say.
inline constexpr std::uint32_t depth_ceiling = 1'000;
/// No element may be larger, whatever the limits say.
inline constexpr std::uint32_t size_ceiling_bytes = 1U << 30;

/// Limits in bytes and counts. 0 means no limit but the ceilings above.
struct tokenizer_limits {
  std::uint32_t max_element_bytes = 262'144;  ///< also of the header
  std::uint32_t max_depth = 64;               ///< of elements, the top-level one is 1
  std::uint32_t max_attributes = 64;
  std::uint32_t max_children = 0;
};

/// A top-level element, as views that hold until the tokenizer's next call of next() or reset(), or the end of the life of the
/// input or the tokenizer.
struct element_view {
  std::string_view bytes;          ///< from '<' to '>': the element as it was written
  std::uint32_t first_tag_size;    ///< how many of them are the first tag, its '>' included
  std::string_view name;           ///< local name
  std::string_view prefix;         ///< empty: none
  std::string_view namespace_uri;  ///< resolved; references in it are decoded; empty: none
  bool self_closing;               ///< <x/>
  /// Whether a declaration (xmlns or xmlns:p) on any tag of the element names jabber:server or
  /// jabber:component:accept: such an element needs rename_stanza_namespaces before a client may see it.
  bool declares_server_namespace;
  /// Prefixes that are used in the element and declared on the stream's header only, apart from xml and
  /// stream: whoever takes the element out of its stream must declare them again (see foreign_prefixes()).
  bool uses_header_prefixes;
};

/// A prefix and the namespace that the stream's header declares for it.
struct prefix_declaration {
  std::string prefix;
  std::string namespace_uri;  ///< decoded
  friend bool operator==(const prefix_declaration&, const prefix_declaration&) = default;
};

class workspace;

/// What a stream's header declares. The usual declarations take no memory: the default namespace jabber:client or
/// jabber:component:accept, and the prefix `stream` for the name stream:stream.
class header_scope {
 public:
  /// As before any header.
  void clear() noexcept;
  /// Each prefix once; an empty one is the default namespace. finish() comes last.
  void declare(std::string_view prefix, std::string_view namespace_uri);
  void set_root_name(std::string_view name);
  void finish();

  /// The name the prefix stands for; where there is none, a null view (data() == nullptr), for the default an empty one.
  /// Holds until clear().
  std::string_view find(std::string_view prefix) const noexcept;
  /// As written, with its prefix.
  std::string_view root_name() const noexcept;
  std::vector<prefix_declaration> all() const;

 private:
  enum class usual : std::uint8_t { none, client, component };
  struct unusual {
    std::string root_name;
    std::vector<prefix_declaration> prefixes;  ///< sorted after finish()
  };
  unusual& more();

  std::unique_ptr<unusual> unusual_;
  usual default_ = usual::none;
  bool stream_prefix_ = false;
};

/// Where tokenizers keep what is unfinished. One for each thread; it must outlive its tokenizers.
/// A tokenizer borrows a workspace when an element begins and gives it back when next() answers need_more between two elements,
/// so an idle stream owns none, and a busy one allocates nothing in the steady state.
class workspace_pool {
 public:
  workspace_pool();
  ~workspace_pool();
  workspace_pool(const workspace_pool&) = delete;
  workspace_pool& operator=(const workspace_pool&) = delete;

 private:
  friend class tokenizer;
  std::unique_ptr<workspace> take();
  void give_back(std::unique_ptr<workspace> w) noexcept;
  std::vector<std::unique_ptr<workspace>> idle_;
};

/// Cuts a stream of bytes into the parts of an XMPP stream and checks them: strict, bounded, incremental,
/// namespace-aware. What it lets through is well-formed XML 1.0 with namespaces in UTF-8, within RFC 6120
/// section 11, and may be given to a parser that is less careful.
///
/// It never looks at a byte of an unfinished tag or text twice (linear at one byte at a time), and it copies only
/// what is unfinished when the input ends. The result does not depend on how the input was cut.
class tokenizer {
 public:
  /// Both must outlive the tokenizer.
  tokenizer(workspace_pool& pool, const tokenizer_limits& limits) noexcept;
  ~tokenizer();
  tokenizer(const tokenizer&) = delete;
  tokenizer& operator=(const tokenizer&) = delete;

  /// Takes bytes from the front of `input` until something is complete or `input` is empty; call it until it answers
  /// need_more, footer or error.
  /// White space between elements is skipped, however much (it is a keepalive, RFC 6120 section 4.6.1). Before the header it
  /// counts against the limit, and an XML declaration may not follow it, except after reset(): what comes late of the stream
  /// before is no fault of the new one.
  /// After footer more white space is skipped and anything else is an error. After error nothing is taken any more.
  token next(std::string_view& input);

  /// After token::element.
  const element_view& element() const noexcept;
  /// After token::header: the bytes of the tag, from '<' to '>'.
  const element_view& header() const noexcept { return element(); }
  /// After token::error.
  xml::fault fault() const noexcept { return fault_; }

  /// The namespaces that the header declares, after token::header, until reset(). An empty prefix: the default.
  std::vector<prefix_declaration> header_namespaces() const { return scope_.all(); }

  /// Other limits from the next element (or header) that begins (after login, for instance). They must outlive the tokenizer.
  void set_limits(const tokenizer_limits& limits) noexcept { limits_ = &limits; }

  /// A new stream begins on the same connection: the next thing is a header again. What was unfinished is forgotten.
  void reset() noexcept;

  /// How many bytes of an unfinished element are held: what counts against a budget of memory.
  std::size_t held_bytes() const noexcept;

 private:
  enum class state : std::uint8_t { start, open, ended, failed };

  token scan(std::string_view& input);
  token scan_in_place(std::string_view& input);
  token scan_held(std::string_view& input);
  token complete(const char* base);
  bool skip_blanks(std::string_view& input);
  void begin();
  token fail(xml::fault f) noexcept;
  void give_back() noexcept;
  std::uint32_t bytes_allowed() const noexcept;

  workspace_pool* pool_;
  const tokenizer_limits* limits_;
  std::unique_ptr<workspace> workspace_;  ///< while something is under way, or just complete
  header_scope scope_;
  std::uint32_t before_header_bytes_ = 0;  ///< white space and XML declaration
  state state_ = state::start;
  xml::fault fault_ = xml::fault::none;
  bool may_declare_ = true;  ///< an XML declaration may be next
  bool restarted_ = false;
};

/// Appends the declarations that `element` needs outside of its stream (see uses_header_prefixes), each as
/// ` xmlns:p='uri'`, to `out`; they belong into its first tag. Those that the first tag makes itself are left out, and
/// jabber:server and jabber:component:accept become jabber:client, as append_with_client_namespace has it. Linear.
void append_header_prefixes(std::string& out, const element_view& element, const std::vector<prefix_declaration>& header);

/// Appends `bytes` (a whole, checked element) to `out` with every declaration of jabber:server and
/// jabber:component:accept in it, at every depth, turned into jabber:client. Linear. The result is well-formed: the tokenizer takes
/// the three names for one where it looks for duplicate attributes.
void append_with_client_namespace(std::string& out, std::string_view bytes);

}  // namespace couplet::xml
