#include "form.hpp"

#include "names.hpp"
#include "xml/writer.hpp"

namespace couplet::muc {

form_values read_form(const xml::element& x) {
  form_values form;
  for (auto field = x.first_child(); field; field = field.next_sibling()) {
    if (!field.is("field", ns::data)) continue;
    const auto var = field.attribute("var");
    if (!var) continue;
    auto& values = form[std::string(*var)];
    for (auto value = field.first_child(); value; value = value.next_sibling()) {
      if (value.is("value", ns::data)) values.push_back(value.text());
    }
  }
  return form;
}

std::string_view first_value(const form_values& form, std::string_view field) {
  const auto found = form.find(field);
  return found == form.end() || found->second.empty() ? std::string_view() : found->second.front();
}

std::optional<bool> read_boolean(std::string_view text) noexcept {
  if (text == "1" || text == "true") return true;
  if (text == "0" || text == "false") return false;
  return std::nullopt;
}

form_writer::form_writer(std::string& out, std::string_view type, std::string_view form_type, std::string_view title)
    : out_(out), asks_(type == "form") {
  out_ += "<x";
  xml::append_attribute(out_, "xmlns", ns::data);
  xml::append_attribute(out_, "type", type);
  out_ += '>';
  if (!title.empty()) {
    out_ += "<title>";
    xml::append_text(out_, title);
    out_ += "</title>";
  }
  out_ += "<field var='FORM_TYPE' type='hidden'><value>";
  out_.append(form_type).append("</value></field>");
}

void form_writer::field(std::string_view var, std::string_view type, std::string_view label, std::string_view value) {
  field(var, type, label, std::vector<std::string>{std::string(value)});
}

void form_writer::field(std::string_view var, std::string_view type, std::string_view label,
                        const std::vector<std::string>& values, const std::vector<form_option>& options) {
  out_ += "<field";
  xml::append_attribute(out_, "var", var);
  if (asks_) {
    xml::append_attribute(out_, "type", type);
    xml::append_attribute(out_, "label", label);
  }
  out_ += '>';
  for (const auto& v : values) {
    out_ += "<value>";
    xml::append_text(out_, v);
    out_ += "</value>";
  }
  for (const auto& o : options) {
    out_ += "<option";
    xml::append_attribute(out_, "label", o.label);
    out_ += "><value>";
    xml::append_text(out_, o.value);
    out_ += "</value></option>";
  }
  out_ += "</field>";
}

void form_writer::end() {
  out_ += "</x>";
}

}  // namespace couplet::muc
