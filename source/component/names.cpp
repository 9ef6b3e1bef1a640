#include "component/names.hpp"

namespace couplet::component {

secret_map::const_iterator find_entry(const secret_map& names, std::string_view name) {
  if (const auto own = names.find(name); own != names.end()) return own;
  std::string pattern;
  for (auto dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.', dot + 1)) {
    pattern.assign("*").append(name.substr(dot));
    if (const auto found = names.find(pattern); found != names.end()) return found;
  }
  return names.end();
}

const std::string* find_secret(const secret_map& names, std::string_view name) {
  const auto found = find_entry(names, name);
  return found == names.end() ? nullptr : &found->second;
}

}  // namespace couplet::component
