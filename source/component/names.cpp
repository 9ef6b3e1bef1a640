#include "component/names.hpp"

namespace couplet::component {

const std::string* find_secret(const secret_map& names, std::string_view name) {
  if (const auto own = names.find(name); own != names.end()) return &own->second;
  std::string pattern;
  for (auto dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.', dot + 1)) {
    pattern.assign("*").append(name.substr(dot));
    if (const auto found = names.find(pattern); found != names.end()) return &found->second;
  }
  return nullptr;
}

}  // namespace couplet::component
