#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "stream/client_stream.hpp"
#include "xml/tokenizer.hpp"

namespace couplet::transcript {

/// One client connection as bare protocol: tokenizer and machine, joined as a connection joins them, without sockets or time.
class client_machine {
 public:
  using answerer = std::function<sasl::answer(const sasl::question&)>;

  /// `settings` must outlive this. `answer`: what is said to a question of the machine, at once.
  client_machine(const stream::client_settings& settings, const xml::tokenizer_limits& limits, std::uint64_t id, bool plaintext,
                 bool manager_up, answerer answer);

  /// What its connection knows of where it is; before that nothing is. Every port is 5000.
  void comes_from(const std::string& address);
  void sends(std::string_view bytes);
  void takes(route::message&& m);
  /// "deadline", "gone", "manager down", "manager up", "end REASON"... Throws std::runtime_error where there is no such event.
  void happens(const std::string& event);

  /// What was written since the last call, as it was written: each stanza is a text of its own.
  std::vector<std::string> take_written();
  std::vector<route::message> take_routes();
  base::close_reason closed() const noexcept { return closed_; }

  stream::client_stream& machine() noexcept { return machine_; }
  const stream::client_stream& machine() const noexcept { return machine_; }
  /// How often the machine has said that somebody logged in.
  int logins() const noexcept { return logins_; }

 private:
  void run();
  void on_token(xml::token t);
  void apply();

  xml::workspace_pool pool_;
  xml::tokenizer_limits limits_;
  xml::tokenizer tokenizer_;
  xml::fragment scratch_;
  std::vector<xml::prefix_declaration> header_prefixes_;
  stream::effects effects_;
  stream::client_stream machine_;
  answerer answer_;
  std::unique_ptr<stream::surroundings> around_;
  std::string input_;  // what the machine does not want yet
  std::vector<std::string> written_;
  std::vector<route::message> routes_;
  int logins_ = 0;
  bool manager_up_;
  base::close_reason closed_ = base::close_reason::none;
};

}  // namespace couplet::transcript
