#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "xml/element.hpp"

/// Data forms (XEP-0004), as far as rooms use them.
namespace couplet::muc {

/// The values of each field of a form that has been filled in.
using form_values = std::map<std::string, std::vector<std::string>, std::less<>>;

/// `x`: the element of jabber:x:data.
form_values read_form(const xml::element& x);
/// The first value; empty: none.
std::string_view first_value(const form_values& form, std::string_view field);
/// 1 and true, 0 and false; nothing: neither.
std::optional<bool> read_boolean(std::string_view text) noexcept;

struct form_option {
  std::string_view label, value;
};

/// Writes a form, field by field:
///
///     form_writer form(out, "form", ns::room_config);
///     form.field("muc#roomconfig_roomname", "text-single", "Name", name);
///     form.end();
class form_writer {
 public:
  /// `type`: form, submit, result. The title, which may be empty, stands before all fields.
  form_writer(std::string& out, std::string_view type, std::string_view form_type, std::string_view title = {});

  /// Without a label and a type in a form of the type submit or result, where they say nothing.
  void field(std::string_view var, std::string_view type, std::string_view label, std::string_view value);
  void field(std::string_view var, std::string_view type, std::string_view label, const std::vector<std::string>& values,
             const std::vector<form_option>& options = {});
  void flag(std::string_view var, std::string_view label, bool value) { field(var, "boolean", label, value ? "1" : "0"); }
  void end();

 private:
  std::string& out_;
  bool asks_;
};

}  // namespace couplet::muc
