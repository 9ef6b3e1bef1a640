#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "xml/element.hpp"
#include "xml/tokenizer.hpp"

/// Stream management (XEP-0198) on the link between a c2s and its session manager: both count what they were sent, so that a link which
/// breaks can be taken up again by another connection without a loss. What is counted are all top-level elements but these. The
/// accepting side says by the declaration of the namespace on its header that it can; the connecting side asks (etc/PROTOCOL.md, 11).
namespace couplet::stream::management {

enum class verb : std::uint8_t { enable, enabled, resume, resumed, failed, request, answer, unknown };

struct element {
  verb what = verb::unknown;
  std::uint64_t link = 0;                ///< enabled, resume, resumed: id or previd; 0: none that could be ours
  std::optional<std::uint32_t> handled;  ///< resume, resumed, failed, answer: h
};

/// Nothing: it belongs to another namespace, and is counted.
std::optional<element> read(const xml::element_view& from);
/// Whether the peer's header says that it can.
bool is_offered(const xml::element_view& header);

/// What stands on the header of who offers it.
inline constexpr const char* offer = " xmlns:sm='urn:xmpp:sm:3'";

void append_enable(std::string& out);
/// `seconds`: how long the link may be away.
void append_enabled(std::string& out, std::uint64_t link, std::uint64_t seconds);
void append_resume(std::string& out, std::uint64_t link, std::uint64_t handled);
void append_resumed(std::string& out, std::uint64_t link, std::uint64_t handled);
/// `handled`: of the link that was asked for, where that is still known.
void append_failed(std::string& out, std::optional<std::uint64_t> handled);
void append_request(std::string& out);
void append_answer(std::string& out, std::uint64_t handled);

/// How many more of `sent` are handled than the `known`: `h` counts modulo 2^32. Nothing: more than were sent.
std::optional<std::uint64_t> newly_handled(std::uint32_t h, std::uint64_t known, std::uint64_t sent) noexcept;

}  // namespace couplet::stream::management
