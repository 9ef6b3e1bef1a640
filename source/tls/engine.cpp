#include "tls/engine.hpp"

#include <algorithm>

#include "contexts_impl.hpp"
#include "handshake.hpp"

namespace couplet::tls {

namespace {

constexpr std::size_t head_bytes = 5;
/// A handshake with a client's chain of certificates stays far below.
constexpr std::size_t max_handshake_bytes = 65'536;
constexpr unsigned max_handshake_records = 100;
/// Key updates, warnings, empty records: what somebody needs who renews the keys after each piece of data, and then some.
constexpr unsigned max_idle_records = 32;
constexpr char protocol[] = "xmpp-client";
constexpr std::string_view white_space = " \t\r\n";

}  // namespace

void engine::free_connection::operator()(WOLFSSL* connection) const noexcept {
  wolfSSL_free(connection);
}

engine::engine(std::shared_ptr<const contexts> shared, bool direct_tls) noexcept
    : shared_(std::move(shared)), direct_tls_(direct_tls) {}
engine::~engine() = default;
engine::engine(engine&&) noexcept = default;

engine& engine::operator=(engine&&) noexcept = default;

void engine::fail(std::string_view why) noexcept {
  status_ = status::failed;
  failure_ = why;
  handshake_.reset();
}

protection engine::protected_by() const noexcept {
  return suite_ == 0 ? protection() : protection_of(suite_, is_1_3_);
}

/// The library sends no alert for some of the ways to fail, a record that does not decrypt among them: then the peer is told
/// goodbye.
void engine::fail_and_tell(std::string_view why, io_turn& turn) noexcept {
  auto* const c = connection_.get();
  WOLFSSL_ALERT_HISTORY history{};
  wolfSSL_get_alert_history(c, &history);
  const bool told = history.last_tx.level == alert_fatal || history.last_rx.level == alert_fatal;
  if (!told && !said_goodbye_ && !turn.no_memory) wolfSSL_shutdown(c);
  fail(why);
}

void engine::fail_with(int code, io_turn& turn) noexcept {
  if (turn.no_memory) return fail_and_tell("out of memory", turn);
  fail_and_tell(failure_words(connection_.get(), code, status_ == status::open), turn);
}

engine::status engine::feed(std::string_view ciphertext, std::string& plain, std::string& out) {
  if (status_ == status::failed || status_ == status::peer_closed) return status_;
  if (connection_) {
    take_records(ciphertext, plain, out);
  } else {
    collect_hello(ciphertext, plain, out);
  }
  return status_;
}

std::size_t engine::held_bytes() const noexcept {
  return handshake_ ? handshake_->first_bytes.capacity() : 0;
}

void engine::collect_hello(std::string_view ciphertext, std::string& plain, std::string& out) {
  if (!handshake_) handshake_ = std::make_unique<handshake>();
  auto& bytes = handshake_->first_bytes;
  if (!direct_tls_ && bytes.empty()) {
    ciphertext.remove_prefix(std::min(ciphertext.find_first_not_of(white_space), ciphertext.size()));
  }
  bytes += ciphertext;
  const auto state = read_client_hello(bytes, handshake_->hello);
  if (state == hello_state::malformed) {
    append_alert(decode_error, out);
    return fail(bytes.starts_with("\x16\x03") ? "a malformed ClientHello" : "not TLS");
  }
  if (state == hello_state::need_more) {
    if (bytes.size() <= max_hello_bytes) return;
    append_alert(record_overflow, out);
    return fail("a ClientHello that is too long");
  }
  if (!handshake_->hello.shares_a_curve) {
    append_alert(handshake_failure, out);
    return fail("no shared curve");
  }
  if (!begin()) return fail("out of memory");
  const auto all = std::move(bytes);
  take_records(all, plain, out);
}

bool engine::begin() {
  const auto& inside = shared_->inside();
  auto& h = *handshake_;
  h.certificate = shared_->choose(h.hello.server_name);
  h.own.server_name = h.resumed.server_name = h.hello.server_name;
  h.own.fingerprint = inside.fingerprints[h.certificate];
  h.own.server_end_point = shared_->certificates()[h.certificate].server_end_point();
  connection_.reset(wolfSSL_new(inside.libraries_own[h.certificate].get()));
  auto* const c = connection_.get();
  if (c == nullptr) return false;
  wolfSSL_KeepArrays(c);  // for the channel bindings
  wolfSSL_SetCertCbCtx(c, &h);
  if (!direct_tls_) return true;
  std::string name = protocol;
  return wolfSSL_UseALPN(c, name.data(), static_cast<unsigned>(name.size()), WOLFSSL_ALPN_FAILED_ON_MISMATCH) == WOLFSSL_SUCCESS;
}

/// Gives the library one record after the other, so that each can be counted.
void engine::take_records(std::string_view ciphertext, std::string& plain, std::string& out) {
  io_turn turn{{}, &out, handshake_.get()};
  turn.attach(connection_.get());
  while (!ciphertext.empty() && (status_ == status::handshaking || status_ == status::open)) {
    turn.in = next_piece(ciphertext);
    const bool whole = record_left_ == 0 && head_seen_ == 0;
    bool brought_data = false;
    if (status_ == status::handshaking) shake_hands(turn);
    if (status_ == status::open && turn.shaking == nullptr) brought_data = read_plain(turn, plain);
    if (whole) count_record(brought_data, turn);
    turn.shaking = handshake_.get();
  }
}

std::string_view engine::next_piece(std::string_view& ciphertext) noexcept {
  std::size_t size = 0;
  while (size < ciphertext.size() && head_seen_ < head_bytes) {
    const auto byte = static_cast<unsigned char>(ciphertext[size++]);
    if (++head_seen_ >= 4) record_size_ = static_cast<std::uint16_t>(record_size_ << 8U | byte);
    if (head_seen_ == head_bytes) record_left_ = record_size_;
  }
  const auto body = std::min<std::size_t>(record_left_, ciphertext.size() - size);
  record_left_ = static_cast<std::uint16_t>(record_left_ - body);
  if (head_seen_ == head_bytes && record_left_ == 0) head_seen_ = 0;
  const auto piece = ciphertext.substr(0, size + body);
  ciphertext.remove_prefix(piece.size());
  return piece;
}

void engine::shake_hands(io_turn& turn) {
  auto& h = *handshake_;
  h.bytes += turn.in.size();
  if (h.bytes > max_handshake_bytes) return fail_and_tell("a handshake that is too long", turn);
  if (wolfSSL_accept(connection_.get()) != WOLFSSL_SUCCESS) {
    const int code = wolfSSL_get_error(connection_.get(), WOLFSSL_FATAL_ERROR);
    if (code == WOLFSSL_ERROR_ZERO_RETURN) return fail("closed by the peer");
    if (code != WOLFSSL_ERROR_WANT_READ) fail_with(code, turn);
    return;
  }
  facts_ = collect_facts(connection_.get(), h);
  is_1_3_ = facts_->version == version_1_3;
  suite_ = static_cast<std::uint16_t>(wolfSSL_get_current_cipher_suite(connection_.get()));
  wolfSSL_FreeArrays(connection_.get());
  wolfSSL_SetCertCbCtx(connection_.get(), nullptr);
  handshake_.reset();
  status_ = status::open;
}

bool engine::read_plain(io_turn& turn, std::string& plain) {
  const auto had = plain.size();
  // Nothing comes out before a record is whole, and then no more than went in.
  const std::size_t room = head_seen_ == 0 ? std::max<std::size_t>(record_size_, 1) : 1;
  do {
    const auto before = plain.size();
    plain.resize(before + room);
    const int got = wolfSSL_read(connection_.get(), plain.data() + before, static_cast<int>(room));
    plain.resize(before + static_cast<std::size_t>(std::max(got, 0)));
    if (got > 0) continue;
    const int code = wolfSSL_get_error(connection_.get(), got);
    if (code == WOLFSSL_ERROR_ZERO_RETURN) status_ = status::peer_closed;
    if (code != WOLFSSL_ERROR_ZERO_RETURN && code != WOLFSSL_ERROR_WANT_READ) fail_with(code, turn);
    break;
  } while (!turn.in.empty() || wolfSSL_pending(connection_.get()) > 0);
  return plain.size() > had;
}

void engine::count_record(bool brought_data, io_turn& turn) {
  if (status_ == status::handshaking) {
    if (++handshake_->records > max_handshake_records) fail_and_tell("a handshake in too many records", turn);
    return;
  }
  if (status_ != status::open || turn.shaking != nullptr) return;
  if (brought_data) {
    if (idle_records_ != 0) --idle_records_;
  } else if (++idle_records_ > max_idle_records) {
    fail_and_tell("too many records without data", turn);
  }
}

bool engine::encrypt(std::string_view plain, std::string& out) {
  if ((status_ != status::open && status_ != status::peer_closed) || said_goodbye_) return false;
  io_turn turn{{}, &out, nullptr};
  turn.attach(connection_.get());
  while (!plain.empty()) {
    const auto now = plain.substr(0, max_plain_bytes);
    plain.remove_prefix(now.size());
    const int sent = wolfSSL_write(connection_.get(), now.data(), static_cast<int>(now.size()));
    if (sent == static_cast<int>(now.size())) continue;
    fail_with(wolfSSL_get_error(connection_.get(), sent), turn);
    return false;
  }
  return true;
}

void engine::close(std::string& out) {
  if ((status_ != status::open && status_ != status::peer_closed) || said_goodbye_) return;
  said_goodbye_ = true;
  io_turn turn{{}, &out, nullptr};
  turn.attach(connection_.get());
  wolfSSL_shutdown(connection_.get());
}

}  // namespace couplet::tls
