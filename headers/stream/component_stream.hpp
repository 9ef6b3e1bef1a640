#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/close_reason.hpp"
#include "xml/tokenizer.hpp"

namespace couplet::stream {

/// What a component stream asks its connection to do.
struct component_effects {
  std::string to_peer;
  bool authenticated = false;  ///< just now: name() may be served
  base::close_reason close = base::close_reason::none;
  void clear() noexcept {
    to_peer.clear();
    authenticated = false;
    close = base::close_reason::none;
  }
};

/// The accepting side of XEP-0114 section 3: header, handshake, then stanzas. A machine.
class component_stream {
 public:
  /// Finds the secret of a prepared name; nothing where that name is not served. Empty: it has none, and no handshake proves it.
  using secrets = std::function<std::optional<std::string>(std::string_view name)>;

  /// `find_secret` must outlive the stream.
  explicit component_stream(const secrets& find_secret);

  /// Whom stream management is offered to, by prepared name. Before the header; must outlive the stream.
  void offer_management_to(const std::function<bool(std::string_view name)>& whom) noexcept { managed_ = &whom; }

  void on_header(const xml::element_view& header, component_effects& out);
  /// The peer has proved otherwise that it is name(): whatever its handshake says is right. Between the header and the handshake.
  void prove() noexcept { proved_ = state_ == state::handshake; }
  /// Answers true where the element is traffic of an authenticated component, to be routed by the caller, whatever its name; the
  /// handshake and stream errors are handled here. There is one try: a wrong handshake ends the stream.
  bool on_element(const xml::element_view& element, component_effects& out);
  /// Whether what comes from `address` may come from this component: its domain is the component's name (XEP-0114 section 3).
  /// False: the stream ends with <invalid-from/>.
  bool may_speak_for(std::string_view address, component_effects& out);
  void on_footer(component_effects& out);
  void on_fault(xml::fault fault, component_effects& out);
  void end(base::close_reason reason, component_effects& out);

  bool authenticated() const noexcept { return state_ == state::open; }
  /// The prepared name from the header's `to`; empty before.
  const std::string& name() const noexcept { return name_; }

 private:
  enum class state : std::uint8_t { header, handshake, open, closed };
  void begin(component_effects& out);
  void check_handshake(const xml::element_view& element, component_effects& out);
  void finish(base::close_reason reason, component_effects& out);

  const secrets* find_secret_;
  const std::function<bool(std::string_view)>* managed_ = nullptr;
  std::string name_;
  std::string expected_digest_;  // the handshake that proves the secret, from the header until the handshake
  state state_ = state::header;
  bool header_sent_ = false;
  bool proved_ = false;
};

/// The connecting side of XEP-0114 section 3, of our link to a session manager. A machine.
class link_stream {
 public:
  /// `name`: how we introduce ourselves. `secret` is kept until the handshake is done.
  link_stream(std::string name, std::string secret);
  ~link_stream();
  link_stream(link_stream&&) = delete;
  link_stream& operator=(link_stream&&) = delete;

  /// Appends our header.
  void open(component_effects& out);
  void on_header(const xml::element_view& header, component_effects& out);
  /// Answers true where the element is traffic, to be read by the route codec. A stream error ends the stream: not-authorized before the handshake is
  /// answered gives close_reason::not_authorized, conflict gives replaced, the rest stream_error_by_peer; its condition is kept for the log.
  bool on_element(const xml::element_view& element, component_effects& out);
  void on_footer(component_effects& out);
  void on_fault(xml::fault fault, component_effects& out);
  void end(base::close_reason reason, component_effects& out);

  bool authenticated() const noexcept { return state_ == state::open; }
  /// Whether the manager's header offered stream management.
  bool management_offered() const noexcept { return management_offered_; }
  /// The condition of the stream error that ended the stream; empty: none came.
  const std::string& peer_condition() const noexcept { return peer_condition_; }

 private:
  enum class state : std::uint8_t { fresh, header, without_id, handshake, open, closed };
  void on_stream_error(const xml::element_view& element, component_effects& out);
  void finish(base::close_reason reason, component_effects& out);

  std::string name_;
  std::string secret_;
  std::string peer_condition_;
  state state_ = state::fresh;
  bool management_offered_ = false;
};

}  // namespace couplet::stream
