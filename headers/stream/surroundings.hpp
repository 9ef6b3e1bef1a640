#pragma once

#include <cstdint>
#include <string_view>

namespace couplet::stream {

/// What a machine asks its connection, which knows where the client is. On the shard's thread.
class surroundings {
 public:
  virtual ~surroundings() = default;
  /// Whether another account may be asked for from here (XEP-0077). Counts the try.
  virtual bool admit_registration() = 0;
  /// The client's own, an IP literal; something else where it has none.
  virtual std::string_view client_address() const = 0;
  /// 0: not known.
  virtual std::uint16_t client_port() const = 0;
};

}  // namespace couplet::stream
