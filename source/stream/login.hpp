#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "stream/client_stream.hpp"

namespace couplet::stream {

/// An element from the client, with what is needed to answer it.
struct client_stream::event {
  const xml::element_view& element;
  const std::vector<xml::prefix_declaration>& header_prefixes;
  bool manager_up;
  xml::fragment& scratch;
  effects& out;
};

/// What a client needs until its session runs. Never more than one request waits for the manager.
struct client_stream::login {
  enum class request : std::uint8_t {
    none,
    sasl,          ///< the password of SASL PLAIN
    fields,        ///< iq:auth get
    password,      ///< iq:auth set
    registration,  ///< iq:register get or set
    bind,          ///< the session of a bound resource
    legacy,        ///< the session after iq:auth
  };

  std::string stream_id;  ///< of the stream of now: digests are made with it
  request waits_for = request::none;
  std::string request_id;     ///< of the iq the manager has to answer: ours, so that no answer fits by accident
  std::string asked;          ///< where the request went: a refusal comes from there
  std::string client_id;      ///< the id attribute of the client's iq, as written; empty: it has none
  base::jid wanted;           ///< whom the request is about
  bool response_due = false;  ///< SASL: an empty challenge was sent
  std::uint32_t attempts = 0;
};

/// A password longer than this is refused unseen.
inline constexpr std::size_t max_password_bytes = 1023;

}  // namespace couplet::stream
