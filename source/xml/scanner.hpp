#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "characters.hpp"
#include "namespaces.hpp"
#include "xml/tokenizer.hpp"

namespace couplet::xml {

/// Checks one part of a stream (the header, an element, the footer, or the XML declaration), byte by byte, from its '<' on.
///
/// It sees the part from its first byte each time, because names are compared with what came long before, but goes on where it
/// stopped: all positions are counted from the '<', so the bytes may have moved. What a byte means is decided as soon as it
/// is seen, apart from what concerns a tag as a whole (prefixes, duplicates), which is decided at its '>'. So the first
/// fault is the same however the bytes were cut.
///
///        open ──name──► tag_name ─► gap ─► attribute_name ─► equals ─► quote ─► value ─┐
///         │▲ │ └─ / ─► close_name    ▲ │ '/' └─► slash ─► '>'                           │
///         ││ └─ ! ─► bang ─► cdata   └─┼────────────────────────────────────────────────┘
///    '<'  │└──── text ◄──────────── '>' ┘                text, value ── & ──► reference ──► back
class scanner {
 public:
  enum class kind : std::uint8_t { declaration, header, element, footer };
  enum class step : std::uint8_t { go, more, done, failed };

  /// A part begins. `header`: what the stream's header declares; empty and `header_seen` false where there was none.
  /// `may_declare`: an XML declaration may stand here.
  void begin(const tokenizer_limits& limits, const header_scope& header, bool header_seen, bool may_declare) noexcept;

  /// `base`: the part so far, `size` bytes, at least one. more: all bytes are used; done: the part is complete, and has position()
  /// bytes; failed: see fault().
  step run(const char* base, std::uint32_t size);

  kind what() const noexcept { return kind_; }
  std::uint32_t position() const noexcept { return position_; }
  xml::fault fault() const noexcept { return fault_; }
  /// After done. `base`: as in the last run().
  element_view view(const char* base) const noexcept;
  /// After done, for a header: hands its declarations and its name over.
  void keep_header(const char* base, header_scope& into) const;

  void shrink();
  /// How many bytes were looked at and how many steps were taken, in all: what must grow in proportion to the input.
  std::uint64_t work() const noexcept { return work_; }

 private:
  enum class mode : std::uint8_t {
    open,
    tag_name,
    gap,
    attribute_name,
    equals,
    quote,
    value,
    slash,
    close_name,
    close_gap,
    text,
    reference,
    bang,
    cdata_opening,
    cdata,
    declaration_opening,
    declaration,
  };
  /// A name with at most one colon. colon 0: none ('<' is at 0).
  struct name_place {
    std::uint32_t begin = 0;
    std::uint32_t colon = 0;
    std::uint32_t end = 0;
  };
  struct attribute_place {
    name_place name;
    std::uint32_t value_begin = 0;
    std::uint32_t value_end = 0;
    bool decode = false;  ///< has references, TAB, LF or CR
  };
  struct open_element {
    std::uint32_t name_begin;
    std::uint32_t name_size;
    std::uint32_t bindings;  ///< how many declarations were in scope outside of it
  };
  struct expanded_name {
    std::string_view uri;
    std::string_view local;
    friend bool operator==(const expanded_name&, const expanded_name&) = default;
    friend auto operator<=>(const expanded_name&, const expanded_name&) = default;
  };

  // scanner.cpp: the bytes of tags
  step advance();
  step on_open();
  step on_tag_name();
  step on_gap();
  step on_attribute_name();
  step on_equals();
  step on_quote();
  step on_value();
  step on_slash();
  step on_close_name();
  step on_close_gap();
  step begin_tag();
  step begin_attribute();
  step begin_close() noexcept;
  step scan_name();
  std::string_view expected_name() const noexcept;
  // scanner_content.cpp: the bytes between tags
  step on_text();
  step on_reference();
  step on_bang();
  step on_cdata_opening();
  step on_cdata();
  step on_declaration_opening();
  step on_declaration();
  // tag_check.cpp: a tag as a whole
  step finish_tag(bool self_closing);
  step finish_close();
  bool check_tag();
  bool declare(const attribute_place& a);
  bool has_duplicates();
  std::string_view resolve(std::string_view prefix, std::uint32_t& number);

  step fail(xml::fault f) noexcept {
    fault_ = f;
    return step::failed;
  }
  step malformed() noexcept { return fail(xml::fault::not_well_formed); }
  void skip_blanks() noexcept {
    while (position_ < size_ && (class_of(base_[position_]) & is_blank) != 0) ++position_;
  }
  std::string_view piece(std::uint32_t from, std::uint32_t to) const noexcept { return {base_ + from, to - from}; }
  std::string_view prefix_of(const name_place& n) const noexcept {
    return n.colon == 0 ? std::string_view{} : piece(n.begin, n.colon);
  }
  std::string_view local_of(const name_place& n) const noexcept { return piece(n.colon == 0 ? n.begin : n.colon + 1, n.end); }

  const char* base_ = nullptr;
  std::uint32_t size_ = 0;
  std::uint32_t position_ = 0;
  mode mode_ = mode::open;
  mode after_reference_ = mode::text;
  kind kind_ = kind::element;
  xml::fault fault_ = xml::fault::none;
  char quote_ = 0;
  bool gap_seen_ = false;
  bool header_seen_ = false;
  bool may_declare_ = false;
  bool self_closing_ = false;
  bool declares_server_namespace_ = false;
  bool uses_header_prefixes_ = false;
  std::uint32_t mark_ = 0;      ///< where the construct under way begins: a name, reference, literal or end tag
  std::uint32_t children_ = 0;  ///< elements below the first
  std::uint32_t first_tag_size_ = 0;
  std::uint32_t first_binding_ = 0;  ///< the declaration that gives the first tag its namespace; 0: outer_uri_
  name_place name_;                  ///< the one under way
  name_place tag_;                   ///< of the tag under way
  name_place first_name_;
  std::string_view outer_uri_;
  const header_scope* header_ = nullptr;
  tokenizer_limits limits_;
  std::uint64_t work_ = 0;

  std::vector<attribute_place> attributes_;
  std::vector<open_element> open_;
  std::vector<expanded_name> expanded_;
  std::string scratch_;
  namespace_scope namespaces_;
};

}  // namespace couplet::xml
