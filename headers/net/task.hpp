#pragma once

#include <asio/awaitable.hpp>
#include <asio/experimental/as_tuple.hpp>
#include <asio/io_context.hpp>
#include <asio/use_awaitable.hpp>

namespace couplet::net {

using executor = asio::io_context::executor_type;

/// What every coroutine of this project returns. With the concrete executor a frame is smaller and a resumption
/// cheaper than with Asio's type-erased default.
template <class T = void>
using task = asio::awaitable<T, executor>;

/// Completion token: an error comes back as a value, never as an exception.
inline constexpr asio::experimental::as_tuple_t<asio::use_awaitable_t<executor>> as_result{};

}  // namespace couplet::net
