#include "declaration.hpp"

#include <algorithm>

#include "characters.hpp"

namespace couplet::xml {
namespace {

/// Reads the pseudo attributes of a declaration, in the order that XML prescribes.
class reader {
 public:
  explicit reader(std::string_view inside) noexcept : rest_(inside) {}

  /// ` name='value'`. False, and nothing taken, where something else stands there; a null value where it is broken.
  bool take(std::string_view name, std::string_view& value) noexcept {
    std::string_view r = rest_;
    if (!skip_blanks(r) || !r.starts_with(name)) return false;
    r.remove_prefix(name.size());
    skip_blanks(r);
    value = {};
    rest_ = {};
    if (!r.starts_with('=')) return true;
    r.remove_prefix(1);
    skip_blanks(r);
    if (!r.starts_with('\'') && !r.starts_with('"')) return true;
    const std::size_t closing = r.find(r.front(), 1);
    if (closing == std::string_view::npos) return true;
    value = r.substr(1, closing - 1);
    rest_ = r.substr(closing + 1);
    return true;
  }

  bool at_end() noexcept {
    skip_blanks(rest_);
    return rest_.empty();
  }

 private:
  static bool skip_blanks(std::string_view& s) noexcept {
    const auto* const end = std::find_if(s.begin(), s.end(), [](char c) { return (class_of(c) & is_blank) == 0; });
    const bool any = end != s.begin();
    s.remove_prefix(static_cast<std::size_t>(end - s.begin()));
    return any;
  }

  std::string_view rest_;
};

bool is_utf8_name(std::string_view encoding) noexcept {
  constexpr std::string_view wanted = "utf-8";
  return std::equal(encoding.begin(), encoding.end(), wanted.begin(), wanted.end(),
                    [](char a, char b) { return a == b || (a >= 'A' && a <= 'Z' && a - 'A' + 'a' == b); });
}

/// EncName, XML 1.0 section 4.3.3.
bool is_encoding_name(std::string_view name) noexcept {
  const bool letter_first = !name.empty() && (class_of(name.front()) & starts_name) != 0 && name.front() != '_';
  return letter_first && std::all_of(name.begin(), name.end(), [](char c) { return (class_of(c) & in_name) != 0; });
}

}  // namespace

fault check_declaration(std::string_view bytes) noexcept {
  constexpr std::size_t opening = 5;  // <?xml
  constexpr std::size_t closing = 2;  // ?>
  if (bytes.size() < opening + closing) return fault::not_well_formed;
  reader r(bytes.substr(opening, bytes.size() - opening - closing));
  std::string_view value;
  if (!r.take("version", value) || value != "1.0") return fault::not_well_formed;
  if (r.take("encoding", value) && !is_utf8_name(value))
    return is_encoding_name(value) ? fault::unsupported_encoding : fault::not_well_formed;
  if (r.take("standalone", value) && value != "yes" && value != "no") return fault::not_well_formed;
  return r.at_end() ? fault::none : fault::not_well_formed;
}

}  // namespace couplet::xml
