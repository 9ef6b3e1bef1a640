#include "caps_hash.hpp"

#include <algorithm>
#include <map>

#include "base/base64.hpp"
#include "base/digest.hpp"
#include "xml/names.hpp"

namespace couplet::session {
namespace {

constexpr std::size_t most_wanted = 100;
constexpr std::size_t most_wanted_bytes = 4U << 10U;
constexpr std::string_view suffix = "+notify";

using texts = std::vector<std::string>;

bool are_single(const texts& sorted) {
  return std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end();
}

/// False: a character is among them that the text uses between them.
bool append_all(std::string& out, texts& parts) {
  std::sort(parts.begin(), parts.end());
  for (const auto& part : parts) {
    if (part.find('<') != std::string::npos) return false;
    out.append(part).append(1, '<');
  }
  return true;
}

std::string identity_text(const xml::element& e) {
  std::string text(e.attribute("category").value_or(""));
  text.append(1, '/').append(e.attribute("type").value_or(""));
  text.append(1, '/').append(e.node().attribute("xml:lang").value());
  return text.append(1, '/').append(e.attribute("name").value_or(""));
}

/// The values of each field of a form; its type stands under FORM_TYPE. False: that says two things (section 5.4, 3.5).
bool read_form(const xml::element& x, std::map<std::string, texts>& fields, bool& counts) {
  counts = false;
  for (auto field = x.first_child(); field; field = field.next_sibling()) {
    if (!field.is("field", xml::ns::data_form)) continue;
    auto& values = fields[std::string(field.attribute("var").value_or(""))];
    for (auto v = field.child("value"); v; v = v.next_sibling()) values.push_back(v.text());
    if (field.attribute("var").value_or("") == "FORM_TYPE") counts = field.attribute("type").value_or("") == "hidden";
  }
  const auto type = fields.find("FORM_TYPE");
  counts = counts && type != fields.end() && !type->second.empty();
  return !counts || std::all_of(type->second.begin(), type->second.end(), [&](const auto& v) { return v == type->second[0]; });
}

/// By type; each type once.
bool add_form(const xml::element& x, std::map<std::string, std::string>& forms) {
  std::map<std::string, texts> fields;
  bool counts = false;
  if (!read_form(x, fields, counts)) return false;
  if (!counts) return true;
  const auto type = fields["FORM_TYPE"][0];
  fields.erase("FORM_TYPE");
  texts name{type};
  std::string text;
  bool good = append_all(text, name);
  for (auto& [var, values] : fields) {
    name.assign(1, var);
    good = good && append_all(text, name) && append_all(text, values);
  }
  return good && forms.emplace(type, std::move(text)).second;
}

std::optional<base::hash_function> function_named(std::string_view algorithm) noexcept {
  if (algorithm == "sha-1") return base::hash_function::sha1;
  if (algorithm == "sha-256") return base::hash_function::sha256;
  if (algorithm == "sha-512") return base::hash_function::sha512;
  return std::nullopt;
}

}  // namespace

std::optional<std::string> verification_text(const xml::element& query) {
  texts identities, features;
  std::map<std::string, std::string> forms;
  for (auto e = query.first_child(); e; e = e.next_sibling()) {
    if (e.is("identity", xml::ns::disco_info)) identities.push_back(identity_text(e));
    if (e.is("feature", xml::ns::disco_info)) features.emplace_back(e.attribute("var").value_or(""));
    if (e.is("x", xml::ns::data_form) && !add_form(e, forms)) return std::nullopt;
  }
  std::string text;
  if (!append_all(text, identities) || !append_all(text, features)) return std::nullopt;
  if (!are_single(identities) || !are_single(features)) return std::nullopt;
  for (const auto& [type, form] : forms) text += form;
  return text;
}

bool fits_hash(const xml::element& query, std::string_view algorithm, std::string_view ver) {
  const auto function = function_named(algorithm);
  const auto expected = function ? base::base64_decode(ver) : std::nullopt;
  if (!expected) return false;
  const auto text = verification_text(query);
  return text && base::equal_in_constant_time(base::digest_of(*function, *text), *expected);
}

std::vector<std::string> wanted_nodes(const xml::element& query) {
  texts nodes;
  std::size_t bytes = 0;
  for (auto e = query.first_child(); e; e = e.next_sibling()) {
    if (!e.is("feature", xml::ns::disco_info)) continue;
    auto var = e.attribute("var").value_or("");
    if (!var.ends_with(suffix) || var.size() == suffix.size()) continue;
    var.remove_suffix(suffix.size());
    bytes += var.size();
    if (nodes.size() == most_wanted || bytes > most_wanted_bytes) break;
    nodes.emplace_back(var);
  }
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  nodes.shrink_to_fit();
  return nodes;
}

}  // namespace couplet::session
