#include "scanner.hpp"

#include <algorithm>
#include <cstring>

namespace couplet::xml {

void scanner::begin(const tokenizer_limits& limits, const header_scope& header, bool header_seen, bool may_declare) noexcept {
  limits_ = limits;
  if (limits_.max_depth == 0 || limits_.max_depth > depth_ceiling) limits_.max_depth = depth_ceiling;
  header_ = &header;
  header_seen_ = header_seen;
  may_declare_ = may_declare;
  kind_ = header_seen ? kind::element : kind::header;
  mode_ = mode::open;
  position_ = 1;  // the '<' was seen by whoever calls
  fault_ = xml::fault::none;
  children_ = 0;
  first_binding_ = 0;
  outer_uri_ = {};
  self_closing_ = declares_server_namespace_ = uses_header_prefixes_ = false;
  open_.clear();
  namespaces_.clear();
}

scanner::step scanner::run(const char* base, std::uint32_t size) {
  base_ = base;
  size_ = size;
  while (position_ < size_) {
    const std::uint32_t before = position_;
    const step s = advance();
    work_ += position_ - before + 1;
    if (s != step::go) return s;
  }
  return step::more;
}

scanner::step scanner::advance() {
  switch (mode_) {
    case mode::open: return on_open();
    case mode::tag_name: return on_tag_name();
    case mode::gap: return on_gap();
    case mode::attribute_name: return on_attribute_name();
    case mode::equals: return on_equals();
    case mode::quote: return on_quote();
    case mode::value: return on_value();
    case mode::slash: return on_slash();
    case mode::close_name: return on_close_name();
    case mode::close_gap: return on_close_gap();
    case mode::text: return on_text();
    case mode::reference: return on_reference();
    case mode::bang: return on_bang();
    case mode::cdata_opening: return on_cdata_opening();
    case mode::cdata: return on_cdata();
    case mode::declaration_opening: return on_declaration_opening();
    case mode::declaration: return on_declaration();
  }
  return malformed();
}

scanner::step scanner::on_open() {
  switch (base_[position_]) {
    case '/': return begin_close();
    case '!':
      ++position_;
      mode_ = mode::bang;
      return step::go;
    case '?':
      if (!may_declare_) return fail(xml::fault::restricted_xml);
      mark_ = position_++;
      kind_ = kind::declaration;
      mode_ = mode::declaration_opening;
      return step::go;
    default: return begin_tag();
  }
}

scanner::step scanner::begin_tag() {
  const char c = base_[position_];
  if ((class_of(c) & starts_name) == 0 && static_cast<unsigned char>(c) < 0x80) return malformed();
  if (header_seen_) {
    if (open_.size() >= limits_.max_depth) return fail(xml::fault::too_deep);
    if (!open_.empty() && limits_.max_children != 0 && ++children_ > limits_.max_children)
      return fail(xml::fault::too_many_children);
  }
  attributes_.clear();
  name_ = {position_, 0, 0};
  mode_ = mode::tag_name;
  return on_tag_name();
}

/// Runs over a name, from name_.begin on: NCName, or two of them with a colon between (Namespaces in XML 1.0 section 4). go: it ends
/// at position_; more: not yet.
scanner::step scanner::scan_name() {
  std::uint32_t at = position_;
  const auto at_start = [&] { return at == name_.begin || (name_.colon != 0 && at == name_.colon + 1); };
  step result = step::more;
  while (at < size_) {
    const char c = base_[at];
    const std::uint8_t classes = class_of(c);
    if ((classes & starts_name) != 0 || ((classes & in_name) != 0 && !at_start())) {
      ++at;
    } else if (static_cast<unsigned char>(c) >= 0x80) {
      const character decoded = decode_character(base_ + at, base_ + size_);
      if (decoded.size == 0) break;
      const bool fits = decoded.size > 0 && (at_start() ? begins_name(decoded.code) : continues_name(decoded.code));
      if (!fits) return malformed();
      at += static_cast<std::uint32_t>(decoded.size);
    } else if (c == ':' && name_.colon == 0 && at != name_.begin) {
      name_.colon = at++;
    } else {
      result = at_start() || c == ':' ? malformed() : step::go;
      break;
    }
  }
  position_ = at;
  name_.end = at;
  return result;
}

scanner::step scanner::on_tag_name() {
  const step s = scan_name();
  if (s != step::go) return s;
  tag_ = name_;
  gap_seen_ = false;
  mode_ = mode::gap;
  return on_gap();
}

scanner::step scanner::on_gap() {
  const std::uint32_t before = position_;
  skip_blanks();
  if (position_ != before) gap_seen_ = true;
  if (position_ == size_) return step::more;
  switch (base_[position_]) {
    case '>': ++position_; return finish_tag(false);
    case '/':
      ++position_;
      mode_ = mode::slash;
      return step::go;
    default: return gap_seen_ ? begin_attribute() : malformed();
  }
}

scanner::step scanner::begin_attribute() {
  const char c = base_[position_];
  if ((class_of(c) & starts_name) == 0 && static_cast<unsigned char>(c) < 0x80) return malformed();
  if (limits_.max_attributes != 0 && attributes_.size() >= limits_.max_attributes) return fail(xml::fault::too_many_attributes);
  attributes_.emplace_back();
  name_ = {position_, 0, 0};
  mode_ = mode::attribute_name;
  return on_attribute_name();
}

scanner::step scanner::on_attribute_name() {
  const step s = scan_name();
  if (s != step::go) return s;
  attributes_.back().name = name_;
  mode_ = mode::equals;
  return on_equals();
}

scanner::step scanner::on_equals() {
  skip_blanks();
  if (position_ == size_) return step::more;
  if (base_[position_] != '=') return malformed();
  ++position_;
  mode_ = mode::quote;
  return on_quote();
}

scanner::step scanner::on_quote() {
  skip_blanks();
  if (position_ == size_) return step::more;
  quote_ = base_[position_];
  if (quote_ != '\'' && quote_ != '"') return malformed();
  attributes_.back().value_begin = ++position_;
  mode_ = mode::value;
  return on_value();
}

scanner::step scanner::on_value() {
  const std::uint8_t stops = quote_ == '"' ? stops_double : stops_single;
  attribute_place& attribute = attributes_.back();
  std::uint32_t at = position_;
  for (;;) {
    while (at < size_ && (class_of(base_[at]) & stops) == 0) ++at;
    position_ = at;
    if (at == size_) return step::more;
    const char c = base_[at];
    if (c == quote_) break;
    if ((class_of(c) & is_blank) != 0) {
      attribute.decode = true;
      ++at;
    } else if (c == '&') {
      attribute.decode = true;
      mark_ = position_++;
      after_reference_ = mode::value;
      mode_ = mode::reference;
      return step::go;
    } else {
      if (static_cast<unsigned char>(c) < 0x80) return malformed();  // '<', or a control character
      const character decoded = decode_character(base_ + at, base_ + size_);
      if (decoded.size == 0) return step::more;
      if (decoded.size < 0) return malformed();
      at += static_cast<std::uint32_t>(decoded.size);
    }
  }
  attribute.value_end = position_++;
  gap_seen_ = false;
  mode_ = mode::gap;
  return step::go;
}

scanner::step scanner::on_slash() {
  if (base_[position_] != '>') return malformed();
  ++position_;
  return finish_tag(true);
}

scanner::step scanner::begin_close() noexcept {
  if (open_.empty()) {
    if (!header_seen_) return malformed();
    kind_ = kind::footer;
  }
  mark_ = ++position_;
  mode_ = mode::close_name;
  return step::go;
}

std::string_view scanner::expected_name() const noexcept {
  if (open_.empty()) return header_->root_name();
  return {base_ + open_.back().name_begin, open_.back().name_size};
}

scanner::step scanner::on_close_name() {
  const std::string_view expected = expected_name();
  const std::uint32_t seen = position_ - mark_;
  const std::size_t now = std::min<std::size_t>(expected.size() - seen, size_ - position_);
  if (std::memcmp(base_ + position_, expected.data() + seen, now) != 0) return malformed();
  position_ += static_cast<std::uint32_t>(now);
  if (seen + now < expected.size()) return step::more;
  mark_ = position_;
  mode_ = mode::close_gap;
  return step::go;
}

scanner::step scanner::on_close_gap() {
  skip_blanks();
  if (position_ == size_) return step::more;
  if (base_[position_] != '>') return malformed();
  ++position_;
  return finish_close();
}

}  // namespace couplet::xml
