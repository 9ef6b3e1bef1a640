#include <algorithm>

#include "xml/names.hpp"
#include "xml/tokenizer.hpp"

namespace couplet::xml {
namespace {

constexpr std::string_view usual_root = "stream:stream";

}  // namespace

void header_scope::clear() noexcept {
  unusual_.reset();
  default_ = usual::none;
  stream_prefix_ = false;
}

header_scope::unusual& header_scope::more() {
  if (!unusual_) unusual_ = std::make_unique<unusual>();
  return *unusual_;
}

void header_scope::declare(std::string_view prefix, std::string_view namespace_uri) {
  if (prefix.empty() && namespace_uri == ns::client) {
    default_ = usual::client;
  } else if (prefix.empty() && namespace_uri == ns::component) {
    default_ = usual::component;
  } else if (prefix == "stream" && namespace_uri == ns::stream) {
    stream_prefix_ = true;
  } else {
    more().prefixes.push_back({std::string(prefix), std::string(namespace_uri)});
  }
}

void header_scope::set_root_name(std::string_view name) {
  if (name != usual_root) more().root_name = name;
}

void header_scope::finish() {
  if (unusual_)
    std::sort(unusual_->prefixes.begin(), unusual_->prefixes.end(),
              [](const auto& a, const auto& b) { return a.prefix < b.prefix; });
}

std::string_view header_scope::find(std::string_view prefix) const noexcept {
  if (prefix.empty() && default_ != usual::none) return default_ == usual::client ? ns::client : ns::component;
  if (stream_prefix_ && prefix == "stream") return ns::stream;
  if (unusual_) {
    const auto& all = unusual_->prefixes;
    const auto found =
        std::lower_bound(all.begin(), all.end(), prefix, [](const auto& d, std::string_view p) { return d.prefix < p; });
    if (found != all.end() && found->prefix == prefix) return found->namespace_uri;
  }
  return prefix.empty() ? std::string_view{""} : std::string_view{};
}

std::string_view header_scope::root_name() const noexcept {
  return unusual_ && !unusual_->root_name.empty() ? std::string_view{unusual_->root_name} : usual_root;
}

std::vector<prefix_declaration> header_scope::all() const {
  std::vector<prefix_declaration> found;
  if (default_ != usual::none) found.push_back({{}, std::string(find({}))});
  if (stream_prefix_) found.push_back({"stream", std::string(ns::stream)});
  if (unusual_) found.insert(found.end(), unusual_->prefixes.begin(), unusual_->prefixes.end());
  return found;
}

}  // namespace couplet::xml
