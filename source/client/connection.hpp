#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "client/table.hpp"
#include "limits/token_bucket.hpp"
#include "net/proxy_header.hpp"
#include "net/wire.hpp"
#include "notices.hpp"
#include "stream/client_stream.hpp"
#include "xml/tokenizer.hpp"

namespace couplet::client {

/// A seat in the table, for as long as it lives.
class seat {
 public:
  seat(table& t, connection& c) : table_(t), id_(t.sit(c)) {}
  ~seat() { table_.leave(id_); }
  seat(const seat&) = delete;
  seat& operator=(const seat&) = delete;
  std::uint64_t id() const noexcept { return id_; }

 private:
  table& table_;
  std::uint64_t id_;
};

/// Who has connected, and where.
struct arrival {
  arrival(net::peer who_, entry how_) : who(std::move(who_)), how(how_) {}
  net::peer who;
  entry how;
};

/// Who has connected behind a proxy, until its header has said so.
struct announced {
  explicit announced(arrival a) : came(std::move(a)) {}
  arrival came;
  net::proxy_header header;
};

/// Whether a login may do without TLS: where it leaves nobody's machine, or where that was allowed.
bool plaintext_may_pass(const shared_state& shared, const net::peer& who) noexcept;

/// One client connection. It lives in the frame of its life, which waits; everything else are plain functions here, called by
/// the life, by the table with a route, by the wheel, and by the shard when it is time to write.
///
///   socket → (PROXY) → (TLS) → tokenizer → machine → effects → outbox, manager
class connection final : public net::wire, private stream::surroundings {
 public:
  connection(table& t, int descriptor, const arrival& a);
  ~connection() override;

  /// The whole life.
  static net::task<> live(table& t, int descriptor, arrival a, limits::share place);

  void on_route(route::message&& m);
  void on_answer(sasl::answer&& a);
  void on_relief();
  /// The manager was away, or never there. Where our session is waited for still, it is asked if it could not be before. Answers whether this one does
  /// anything.
  bool on_manager_back();
  /// It is gone with our session, and with what it was asked.
  void on_manager_lost();
  /// There is one without our session.
  void on_manager_anew();
  /// Answers whether it waited for that.
  bool on_sessions_back();

  // Where there are several managers.
  std::uint64_t id() const noexcept { return seat_.id(); }
  /// The one that has this session is; until then it is not read.
  void set_manager_away(bool away) noexcept { manager_away_ = away; }
  /// Its turn to ask for its session comes. Answers whether it had not been marked.
  bool mark_to_ask() noexcept { return !std::exchange(to_ask_, true); }
  /// That turn. What was said to the manager of before is with it no more.
  void ask_for_session();
  /// It is there again, or never will be, or is not waited for.
  void session_is_settled();
  /// Says goodbye with a stream error; the first reason counts.
  void end(base::close_reason reason);

 private:
  friend class left_behind;
  void on_input(std::string_view input);
  std::string_view read_proxy_header(std::string_view input);
  void on_client_known();
  std::string_view look_at_opening(std::string_view input);
  void answer_http(std::string_view request);
  void begin_tls(bool direct);
  void on_secured() override;
  void tokenize(std::string_view input);
  void on_token(xml::token found, bool more_follows);
  void take_up_held_input();
  void apply(stream::effects& fx);
  void on_session_back(stream::effects& fx);
  void on_logged_in();
  void notify(change what);
  void on_phase();
  void set_phase_deadline();
  bool cannot_be_asked_for() const noexcept;
  void on_time(base::time_point now) override;
  bool reads_later() const override { return paused() && table_.reading_; }
  void set_next_deadline();
  void account_memory();
  bool admit_registration() override;
  std::string_view client_address() const override { return address_; }
  std::uint16_t client_port() const override { return port_; }
  bool is_manager_away() const noexcept;
  void on_questions_lost();
  void give_up_session();
  bool waits_for_one_that_left(route::message& m);
  void on_name_free();
  void finish();
  bool paused() const noexcept;

  table& table_;
  seat seat_;
  xml::tokenizer tokenizer_;
  stream::client_stream machine_;
  limits::token_bucket bucket_;
  std::string held_;  ///< input that waits until the machine takes more; first the opening bytes, where they tell nothing yet
  std::string address_;
  std::unique_ptr<route::message> start_;  ///< of a session that waits until what was said under its name before is said
  std::unique_ptr<announced> announced_;   ///< behind a proxy, until its header is read; kept where that is bad
  base::time_point phase_deadline_{};      ///< epoch: none
  base::time_point stage_deadline_{};      ///< of the login or the bind as a whole, over several tries
  base::time_point last_input_;
  std::uint32_t accounted_ = 0;  ///< bytes charged to the budget of all that have not logged in
  std::uint16_t port_;
  bool loopback_;  ///< the client is on this machine
  stream::phase phase_ = stream::phase::header;
  stream::phase stage_ = stream::phase::header;  ///< the last phase but `manager`, which belongs to the one before it
  bool opening_ = true;                          ///< what comes first is not known yet
  bool handshaking_ = false;                     ///< TLS
  bool logged_in_ = false;
  bool told_login_ = false;  ///< to those who want to know, who have not heard of the logout yet
  bool session_given_up_ = false;
  bool session_awaited_ = false;  ///< from a manager that has lost it
  bool session_is_new_ = false;   ///< begun at the manager that was there last: it is not asked for again
  bool manager_away_ = false;     ///< that of this client, where there are several
  bool to_ask_ = false;           ///< for its session, when its turn comes
  bool congested_ = false;        ///< the manager's queue was, when we last looked
  bool indebted_ = false;         ///< the rate's bucket is empty
  bool peer_finished_ = false;    ///< it sent its footer: nothing more will come
};

}  // namespace couplet::client
