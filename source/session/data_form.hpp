#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "xml/element.hpp"

/// Data forms (XEP-0004): written, and read when they come back.
namespace couplet::session {

/// The fields of a form that was filled in. Passwords may be among them: wiped at the end.
class filled_form {
 public:
  filled_form() = default;
  filled_form(filled_form&&) noexcept = default;
  filled_form& operator=(filled_form&&) noexcept = default;
  filled_form(const filled_form&) = delete;
  filled_form& operator=(const filled_form&) = delete;
  ~filled_form();

  /// The <x/> below an element, of the type submit or cancel (XEP-0050 section 4.5.1). Nothing: there is none.
  static std::optional<filled_form> below(const xml::element& parent);

  bool has(std::string_view field) const;
  /// The first value; empty: none.
  std::string_view first(std::string_view field) const;
  /// All values that are not empty.
  std::vector<std::string_view> all(std::string_view field) const;

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

/// Writes a form, field by field:
///
///     data_form_writer form(out, "form", "http://jabber.org/protocol/admin", "Adding a User");
///     form.field("accountjid", "jid-single", "The JID of the account").required();
///     form.end();
class data_form_writer {
 public:
  /// `type`: form or result. Title and instructions, which may be empty, stand before all fields.
  data_form_writer(std::string& out, std::string_view type, std::string_view form_type, std::string_view title = {},
                   std::string_view instructions = {});

  /// A field whose contents follow, until the next one or the end. `label` may be empty.
  data_form_writer& field(std::string_view var, std::string_view type, std::string_view label);
  data_form_writer& required();
  data_form_writer& value(std::string_view text);
  data_form_writer& option(std::string_view text);
  void end();

 private:
  void close_field();

  std::string& out_;
  bool in_field_ = false;
};

}  // namespace couplet::session
