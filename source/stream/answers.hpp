#pragma once

#include <string>
#include <string_view>

// Small pieces of XML that the client machine writes, and the one about errors that it reads.

namespace couplet::stream {

/// The legacy code and the type of a stanza error's condition (XEP-0086; RFC 6120 section 8.3.3).
struct condition_row {
  std::string_view condition;
  std::string_view code;
  std::string_view type;
};

/// The row of a condition; of undefined-condition where it is not one of RFC 6120.
const condition_row& find_condition(std::string_view condition) noexcept;

/// The condition that a manager of the time before XMPP meant with a bare code.
std::string_view condition_of_code(std::string_view code) noexcept;

/// Appends <error/> with its code, type, condition and text.
void append_error_element(std::string& out, std::string_view condition, std::string_view text);

/// Appends <iq type='error'/> about a request of which only the id is known. `id_attribute`: the client's `id='...'` as
/// written; empty: it had none.
void append_iq_error(std::string& out, std::string_view id_attribute, std::string_view condition, std::string_view text = {});

/// Appends <iq type='result'/> with `payload` inside. `attributes`: as they are to be written; the id, and perhaps more.
void append_iq_result(std::string& out, std::string_view attributes, std::string_view payload = {});

/// A manager's refusal, read from an iq of type error.
struct refusal {
  std::string condition;
  std::string text;
};
refusal read_refusal(std::string_view iq);

}  // namespace couplet::stream
