#include <string>

#include "settings.hpp"
#include "toml.hpp"
#include "values.hpp"

namespace couplet::config {

namespace {

constexpr std::size_t max_config_bytes = 16U << 20U;

/// --register and --no-register are one thing said in two ways: where one was given at a higher place, the other is given too.
bool is_given(const settings& all, std::string_view name) {
  if (name == "register" || name == "no-register") return all.contains("register") || all.contains("no-register");
  return all.contains(name);
}

std::vector<given> split(const std::string& text, char separator, const std::string& origin) {
  std::vector<given> parts;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const auto end = std::min(text.find(separator, begin), text.size());
    // Nothing between two separators, or behind the last one, is no value.
    if (end != begin) parts.emplace_back(text.substr(begin, end - begin), origin);
    begin = end + 1;
  }
  return parts;
}

std::vector<given> environment_values(const flag& f, const std::string& text, const std::string& origin) {
  if (!is_list(f.takes)) return {given(text, origin)};
  const bool lines = f.takes == shape::secret_list || text.find('\n') != std::string::npos;
  return split(text, lines ? '\n' : ',', origin);
}

std::vector<given> file_values(const flag& f, const toml_entry& entry, const std::string& path) {
  if (entry.is_array && !is_list(f.takes)) {
    throw usage_error(path + ":" + std::to_string(entry.line) + ": " + entry.key, "expected one value, not a list");
  }
  std::vector<given> values;
  for (const auto& v : entry.values) values.emplace_back(v.text, path + ":" + std::to_string(v.line) + ": " + entry.key);
  return values;
}

/// Adds what one source says, so that within it both of a pair can still be given, which is refused later.
void merge(settings& all, settings&& source) {
  settings fresh;
  for (auto& [name, values] : source) {
    if (!is_given(all, name)) fresh.emplace(name, std::move(values));
  }
  all.merge(fresh);
}

}  // namespace

void add_environment(settings& all, const environment& env) {
  settings source;
  for (const auto& f : all_flags()) {
    if (is_chore(f.name)) continue;
    const auto origin = environment_name(f.name);
    const auto text = env(origin);
    // Set to nothing is how compose files say "not set".
    if (!text || text->empty()) continue;
    auto values = environment_values(f, *text, origin);
    if (!values.empty()) source.emplace(f.name, std::move(values));
  }
  merge(all, std::move(source));
}

void add_file(settings& all, const given& file) {
  const auto& path = file.text;
  // In errors the path stands as it is, unless it could break the line.
  const auto shown = quoted(path).size() == path.size() + 2 ? path : quoted(path);
  const auto text = read_file(path, max_config_bytes, file.origin, "the file " + quoted(path));
  settings source;
  for (const auto& entry : read_toml(text, shown)) {
    const flag* const f = find_flag(entry.key);
    if (f == nullptr || f->name == "config" || is_chore(f->name)) {
      throw usage_error(shown + ":" + std::to_string(entry.line), "unknown key " + quoted(entry.key));
    }
    auto values = file_values(*f, entry, shown);
    if (values.empty()) throw usage_error(shown + ":" + std::to_string(entry.line), entry.key + ": the list is empty");
    source.emplace(entry.key, std::move(values));
  }
  merge(all, std::move(source));
}

}  // namespace couplet::config
