#pragma once

#include <string>
#include <utility>
#include <variant>

namespace couplet::base {

/// Why something could not be done, as one line for a person. Never holds a secret.
struct error {
  explicit error(std::string why) : text(std::move(why)) {}
  std::string text;
};

/// Either a value or an error: what a parse or a check that may fail returns.
template <class T>
class [[nodiscard]] result {
 public:
  result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  result(base::error why) : state_(std::in_place_index<1>, std::move(why)) {}

  bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  /// Precondition: ok().
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }

  /// Precondition: !ok().
  const std::string& error_text() const { return std::get<1>(state_).text; }

 private:
  std::variant<T, base::error> state_;
};

}  // namespace couplet::base
