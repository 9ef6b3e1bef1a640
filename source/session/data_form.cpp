#include "data_form.hpp"

#include "base/secret.hpp"
#include "xml/names.hpp"
#include "xml/writer.hpp"

namespace couplet::session {

namespace {

void append_line(std::string& out, std::string_view name, std::string_view text) {
  out.append(1, '<').append(name).append(1, '>');
  xml::append_text(out, text);
  out.append("</").append(name).append(1, '>');
}

}  // namespace

filled_form::~filled_form() {
  for (auto& [field, values] : values_) {
    for (auto& v : values) base::wipe(v);
  }
}

std::optional<filled_form> filled_form::below(const xml::element& parent) {
  const auto x = parent.child("x", xml::ns::data_form);
  const auto type = x.attribute("type").value_or("");
  if (!x || (type != "submit" && type != "cancel")) return std::nullopt;
  filled_form form;
  for (auto field = x.first_child(); field; field = field.next_sibling()) {
    const auto var = field.attribute("var");
    if (!field.is("field", xml::ns::data_form) || !var) continue;
    auto& values = form.values_[std::string(*var)];
    for (auto value = field.first_child(); value; value = value.next_sibling()) {
      if (value.is("value", xml::ns::data_form)) values.push_back(value.text());
    }
  }
  return form;
}

bool filled_form::has(std::string_view field) const {
  return values_.find(field) != values_.end();
}

std::string_view filled_form::first(std::string_view field) const {
  const auto found = values_.find(field);
  return found == values_.end() || found->second.empty() ? std::string_view() : found->second.front();
}

std::vector<std::string_view> filled_form::all(std::string_view field) const {
  std::vector<std::string_view> values;
  const auto found = values_.find(field);
  if (found == values_.end()) return values;
  for (const auto& v : found->second) {
    if (!v.empty()) values.emplace_back(v);
  }
  return values;
}

data_form_writer::data_form_writer(std::string& out, std::string_view type, std::string_view form_type, std::string_view title,
                                   std::string_view instructions)
    : out_(out) {
  out_.append("<x xmlns='jabber:x:data' type='").append(type).append("'>");
  if (!title.empty()) append_line(out_, "title", title);
  if (!instructions.empty()) append_line(out_, "instructions", instructions);
  field("FORM_TYPE", "hidden", {}).value(form_type);
}

data_form_writer& data_form_writer::field(std::string_view var, std::string_view type, std::string_view label) {
  close_field();
  in_field_ = true;
  out_ += "<field";
  xml::append_attribute(out_, "var", var);
  if (!type.empty()) xml::append_attribute(out_, "type", type);
  if (!label.empty()) xml::append_attribute(out_, "label", label);
  out_ += '>';
  return *this;
}

data_form_writer& data_form_writer::required() {
  out_ += "<required/>";
  return *this;
}

data_form_writer& data_form_writer::value(std::string_view text) {
  append_line(out_, "value", text);
  return *this;
}

data_form_writer& data_form_writer::option(std::string_view text) {
  out_ += "<option";
  xml::append_attribute(out_, "label", text);
  out_ += '>';
  append_line(out_, "value", text);
  out_ += "</option>";
  return *this;
}

void data_form_writer::end() {
  close_field();
  out_ += "</x>";
}

void data_form_writer::close_field() {
  if (in_field_) out_ += "</field>";
  in_field_ = false;
}

}  // namespace couplet::session
