#pragma once

namespace couplet::stream {

/// Decides whether a connection may try to make another account (XEP-0077). The connection asks by its client's address, which the
/// machine does not know.
class registration_gate {
 public:
  virtual ~registration_gate() = default;
  /// Counts the try. On the shard's thread.
  virtual bool admit_registration() = 0;
};

}  // namespace couplet::stream
