#include <algorithm>
#include <array>

#include "handshake.hpp"

namespace couplet::tls {

namespace {

struct words {
  int code;
  std::string_view text;
};

constexpr std::array<words, 14> own_words{{
    {MATCH_SUITE_ERROR, "no shared cipher"},
    {VERSION_ERROR, "no shared version"},
    {UNKNOWN_ALPN_PROTOCOL_NAME_E, "no shared protocol"},
    {BAD_KEY_SHARE_DATA, "no shared curve"},
    {KEY_SHARE_ERROR, "no shared curve"},
    {ECC_CURVE_ERROR, "no shared curve"},
    {UNKNOWN_RECORD_TYPE, "not TLS"},
    {VERIFY_MAC_ERROR, "a record that was changed"},
    {DECRYPT_ERROR, "a record that was changed"},
    {BUFFER_ERROR, "a malformed message"},
    {PARSE_ERROR, "a malformed message"},
    {OUT_OF_ORDER_E, "a message out of order"},
    {DUPLICATE_MSG_E, "a message that came twice"},
    {MEMORY_E, "out of memory"},
}};

constexpr std::array<words, 19> alerts{{
    {unexpected_message, "the peer's alert: unexpected message"},
    {bad_record_mac, "the peer's alert: bad record"},
    {record_overflow, "the peer's alert: record too long"},
    {handshake_failure, "the peer's alert: handshake failure"},
    {bad_certificate, "the peer's alert: bad certificate"},
    {unsupported_certificate, "the peer's alert: unsupported certificate"},
    {certificate_revoked, "the peer's alert: certificate revoked"},
    {certificate_expired, "the peer's alert: certificate expired"},
    {certificate_unknown, "the peer's alert: certificate unknown"},
    {illegal_parameter, "the peer's alert: illegal parameter"},
    {unknown_ca, "the peer's alert: unknown certificate authority"},
    {access_denied, "the peer's alert: access denied"},
    {decode_error, "the peer's alert: decode error"},
    {decrypt_error, "the peer's alert: decrypt error"},
    {wolfssl_alert_protocol_version, "the peer's alert: unsupported version"},
    {insufficient_security, "the peer's alert: insufficient security"},
    {internal_error, "the peer's alert: internal error"},
    {user_canceled, "the peer's alert: cancelled"},
    {no_application_protocol, "the peer's alert: no shared protocol"},
}};

template <std::size_t size>
std::string_view find(const std::array<words, size>& table, int code) noexcept {
  const auto found = std::find_if(table.begin(), table.end(), [code](const words& w) { return w.code == code; });
  return found == table.end() ? std::string_view() : found->text;
}

}  // namespace

std::string_view failure_words(WOLFSSL* connection, int code, bool open) noexcept {
  WOLFSSL_ALERT_HISTORY history{};
  if (code == FATAL_ERROR && wolfSSL_get_alert_history(connection, &history) == WOLFSSL_SUCCESS) {
    const auto text = find(alerts, history.last_rx.code);
    return text.empty() ? "the peer's alert" : text;
  }
  // The library takes a second ClientHello for the first one that came again.
  if (code == DUPLICATE_MSG_E && open) return "an attempt to renegotiate";
  const auto text = find(own_words, code);
  if (!text.empty()) return text;
  const char* const library_text = wolfSSL_ERR_reason_error_string(static_cast<unsigned long>(code));
  return library_text != nullptr ? library_text : "an error of the TLS library";
}

void append_alert(unsigned description, std::string& out) {
  constexpr std::string_view head("\x15\x03\x03\x00\x02\x02", 6);
  out.append(head).append(1, static_cast<char>(description));
}

}  // namespace couplet::tls
