#include <bit>
#include <cstring>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "references.hpp"
#include "scanner.hpp"

namespace couplet::xml {

namespace {

/// Runs over what is certainly plain character data, sixteen bytes at a time; stops at the first byte that is not (a line end
/// or a tab is left to the caller too), or where fewer than sixteen are left.
std::uint32_t skip_plain_text(const char* base, std::uint32_t at, [[maybe_unused]] std::uint32_t size) noexcept {
#ifdef __SSE2__
  const __m128i blank = _mm_set1_epi8(' '), two = _mm_set1_epi8(2), greater = _mm_set1_epi8('>'), ampersand = _mm_set1_epi8('&');
  for (; size - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(base + at));
    // Signed: bytes of 0x80 and more are less than a blank too. '<' and '>' differ in one bit.
    const __m128i angles = _mm_cmpeq_epi8(_mm_or_si128(bytes, two), greater);
    const __m128i stops = _mm_or_si128(_mm_cmplt_epi8(bytes, blank), _mm_or_si128(angles, _mm_cmpeq_epi8(bytes, ampersand)));
    const auto found = static_cast<unsigned>(_mm_movemask_epi8(stops));
    if (found != 0) return at + static_cast<std::uint32_t>(std::countr_zero(found));
  }
#else
  static_cast<void>(base);
#endif
  return at;
}

}  // namespace

scanner::step scanner::on_text() {
  std::uint32_t at = position_;
  for (;;) {
    at = skip_plain_text(base_, at, size_);
    while (at < size_ && (class_of(base_[at]) & stops_text) == 0) ++at;
    position_ = at;
    if (at == size_) return step::more;
    const char c = base_[at];
    if (c == '<') {
      ++position_;
      mode_ = mode::open;
      return step::go;
    }
    if (c == '&') {
      mark_ = position_++;
      after_reference_ = mode::text;
      mode_ = mode::reference;
      return step::go;
    }
    if (c == '>') {
      // XML 1.0 section 2.4. Two ']' just before can be text only: no tag, reference or CDATA section ends with one.
      if (base_[at - 1] == ']' && base_[at - 2] == ']') return malformed();
      ++at;
      continue;
    }
    if (static_cast<unsigned char>(c) < 0x80) return malformed();
    const character decoded = decode_character(base_ + at, base_ + size_);
    if (decoded.size == 0) return step::more;
    if (decoded.size < 0) return malformed();
    at += static_cast<std::uint32_t>(decoded.size);
  }
}

/// From the byte after '&' to the ';'. Only then it is looked at as a whole: a reference may have any number of zeros.
scanner::step scanner::on_reference() {
  while (position_ < size_ && ((class_of(base_[position_]) & in_name) != 0 || base_[position_] == '#')) ++position_;
  if (position_ == size_) return step::more;
  if (base_[position_] != ';') return malformed();
  ++position_;
  const std::string_view written = piece(mark_, position_);
  if (read_reference(written).size == 0) {
    const bool named = (class_of(written[1]) & starts_name) != 0 && written.find('#') == std::string_view::npos;
    return fail(named ? xml::fault::restricted_xml : xml::fault::not_well_formed);
  }
  mode_ = after_reference_;
  return step::go;
}

/// After "<!". A comment or a DTD is refused at its first letter; a CDATA section may stand in an element, and only there.
scanner::step scanner::on_bang() {
  const char c = base_[position_];
  if (c == '-' || c == 'D') return fail(xml::fault::restricted_xml);
  if (c != '[' || open_.empty()) return malformed();
  mark_ = position_++;
  mode_ = mode::cdata_opening;
  return step::go;
}

scanner::step scanner::on_cdata_opening() {
  constexpr std::string_view opening = "[CDATA[";
  if (base_[position_] != opening[position_ - mark_]) return malformed();
  ++position_;
  if (position_ - mark_ == opening.size()) mode_ = mode::cdata;
  return step::go;
}

scanner::step scanner::on_cdata() {
  std::uint32_t at = position_;
  for (;;) {
    while (at < size_ && (class_of(base_[at]) & ends_cdata) == 0) ++at;
    position_ = at;
    if (at == size_) return step::more;
    const char c = base_[at];
    if (c == '>') {
      ++at;
      if (base_[at - 2] != ']' || base_[at - 3] != ']') continue;
      position_ = at;
      mode_ = mode::text;
      return step::go;
    }
    if (static_cast<unsigned char>(c) < 0x80) return malformed();
    const character decoded = decode_character(base_ + at, base_ + size_);
    if (decoded.size == 0) return step::more;
    if (decoded.size < 0) return malformed();
    at += static_cast<std::uint32_t>(decoded.size);
  }
}

/// After "<?" at the very start: "xml" and white space, or it is a processing instruction.
scanner::step scanner::on_declaration_opening() {
  constexpr std::string_view opening = "?xml";
  const std::uint32_t seen = position_ - mark_;
  const char c = base_[position_];
  if (seen < opening.size() ? c != opening[seen] : (class_of(c) & is_blank) == 0) return fail(xml::fault::restricted_xml);
  ++position_;
  if (seen == opening.size()) mode_ = mode::declaration;
  return step::go;
}

/// What may stand inside is printable ASCII, so the first '>' ends it; the rest is checked then (see declaration.hpp).
scanner::step scanner::on_declaration() {
  while (position_ < size_) {
    const char c = base_[position_++];
    if (c == '>') return base_[position_ - 2] == '?' ? step::done : malformed();
    if (c == '<' || c == '&' || static_cast<unsigned char>(c) >= 0x80) return malformed();
    if (static_cast<unsigned char>(c) < 0x20 && (class_of(c) & is_blank) == 0) return malformed();
  }
  return step::more;
}

}  // namespace couplet::xml
