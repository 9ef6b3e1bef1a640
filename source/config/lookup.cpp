#include "lookup.hpp"

#include "values.hpp"

namespace couplet::config {

const std::vector<given>& list_of(const settings& all, std::string_view name) {
  static const std::vector<given> none;
  const auto found = all.find(name);
  return found == all.end() ? none : found->second;
}

const given* one_of(const settings& all, std::string_view name) {
  const auto& values = list_of(all, name);
  if (values.size() > 1) throw usage_error(values[1].origin, "is given more than once");
  return values.empty() ? nullptr : &values.front();
}

bool is_on(const settings& all, std::string_view name) {
  const given* const g = one_of(all, name);
  return g != nullptr && read_switch(*g);
}

}  // namespace couplet::config
