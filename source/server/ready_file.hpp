#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "net/listener.hpp"

namespace couplet::server {

struct ready_listener {
  std::string kind;  ///< client, component
  net::endpoint where;
};

/// {"pid":…, "listeners":[{"kind":…,"address":…,"port":…},…]} and a line feed.
std::string ready_text(const std::vector<ready_listener>& listeners);

/// Writes the text to FILE in one step: a reader sees all of it or no file.
base::result<bool> write_ready_file(const std::string& file, const std::string& text);
/// Before anything else opens one: whether it is a descriptor that we inherited. From then on it is ours alone, children don't get it.
base::result<bool> take_ready_descriptor(int descriptor);
/// Writes it to an inherited descriptor and closes that, but for standard output and standard error: whoever got their numbers next,
/// a client, say, would get what is written there, too.
base::result<bool> write_ready_descriptor(int descriptor, const std::string& text);

}  // namespace couplet::server
