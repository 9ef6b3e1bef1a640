#include "login.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace couplet::bench {

namespace {

constexpr std::uint64_t time_limit_ns = 120'000'000'000;

std::string base64(std::string_view in) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < in.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (i + k < in.size() ? static_cast<unsigned char>(in[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) out += i + k <= in.size() ? alphabet[group >> (18 - 6 * k) & 63U] : '=';
  }
  return out;
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// Whether the answer to the iq with this id is there as a whole; `answer` is then that element.
bool has_answer(std::string_view text, std::string_view id, std::string_view& answer) {
  for (std::size_t at = text.find("<iq"); at != std::string_view::npos; at = text.find("<iq", at + 1)) {
    const std::size_t tag_end = text.find('>', at);
    if (tag_end == std::string_view::npos) return false;
    const std::string_view tag = text.substr(at, tag_end - at);
    const std::string single = "id='" + std::string(id) + "'", quoted = "id=\"" + std::string(id) + "\"";
    if (!has(tag, single) && !has(tag, quoted)) continue;
    const std::size_t end = tag.back() == '/' ? tag_end : text.find("</iq>", tag_end);
    if (end == std::string_view::npos) return false;
    answer = text.substr(at, end - at);
    return true;
  }
  return false;
}

std::string between(std::string_view text, std::string_view open, std::string_view close) {
  const std::size_t begin = text.find(open), end = text.find(close);
  if (begin == std::string_view::npos || end == std::string_view::npos) return {};
  return std::string(text.substr(begin + open.size(), end - begin - open.size()));
}

}  // namespace

enum class login_crowd::step : std::uint8_t { features, success, features_again, bound, session, quiet, footer };

struct login_crowd::attempt {
  int fd = -1;
  std::size_t account = 0;
  step waits_for = step::features;
  bool session_offered = false;
  std::string jid;
  std::uint64_t due_ns = 0;
  std::size_t used = 0;
  std::array<char, 8192> in;

  [[nodiscard]] std::string_view text() const { return {in.data(), used}; }
};

login_crowd::login_crowd(site where, unsigned parallel)
    : where_(std::move(where)),
      header_("<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='" +
              where_.domain + "' version='1.0'>"),
      ping_("<iq type='get' id='quiet' to='" + where_.domain + "'><ping xmlns='urn:xmpp:ping'/></iq>"),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      attempts_(parallel) {}

login_crowd::~login_crowd() {
  for (const auto& one : attempts_)
    if (one.fd >= 0) close(one.fd);
  close_all(logged_in_);
  close(epoll_);
}

std::vector<client> login_crowd::log_in(std::size_t first, std::size_t count, bool presence) {
  presence_ = presence;
  logged_in_.assign(count, client{});
  run(false, first, count, count, now_ns() + time_limit_ns);
  if (done_ < count) throw std::runtime_error("only " + std::to_string(done_) + " logins in two minutes");
  return std::exchange(logged_in_, {});
}

std::size_t login_crowd::log_in_and_out(std::size_t first, std::size_t accounts, std::size_t total, std::uint64_t until_ns) {
  run(true, first, accounts, total, until_ns);
  return done_;
}

void login_crowd::begin(attempt& one, std::size_t account) {
  one.account = account;
  one.fd = connect_to(where_.server, account);
  one.waits_for = step::features;
  one.used = 0;
  epoll_event wish{};
  wish.events = EPOLLIN;
  wish.data.u32 = static_cast<std::uint32_t>(&one - attempts_.data());
  epoll_ctl(epoll_, EPOLL_CTL_ADD, one.fd, &wish);
  send_all(one.fd, header_);
}

void login_crowd::run(bool leave, std::size_t first, std::size_t accounts, std::size_t total, std::uint64_t until_ns) {
  const std::uint64_t give_up = now_ns() + time_limit_ns;
  std::size_t begun = 0, under_way = 0;
  done_ = 0;
  first_ = first;
  leave_ = leave;
  const auto start_one = [&](attempt& one) {
    if (begun == total || now_ns() >= until_ns) return;
    begin(one, first + begun++ % accounts);
    ++under_way;
  };
  for (auto& one : attempts_) start_one(one);
  epoll_event events[64];
  while (under_way > 0) {
    const int ready = epoll_wait(epoll_, events, 64, 1000);
    if (now_ns() >= give_up) throw std::runtime_error("logins: no end after two minutes");
    for (int i = 0; i < ready; ++i) {
      attempt& one = attempts_[events[i].data.u32];
      if (!on_readable(one)) continue;
      --under_way;
      ++done_;
      start_one(one);
    }
  }
}

paced_logins login_crowd::log_in_at_pace(const pace& how, const std::function<bool()>& go_on) {
  paced_logins noted;
  paced_ = &noted;
  leave_ = true;
  first_ = how.first;
  const std::uint64_t begin_ns = now_ns(), gap = 1'000'000'000 / how.per_second;
  std::size_t begun = 0, under_way = 0;
  bool more = true;
  epoll_event events[64];
  while (more || under_way > 0) {
    more = more && go_on();
    for (auto& one : attempts_) {
      const std::uint64_t due = begin_ns + begun * gap;
      if (!more || due > now_ns()) break;
      if (one.fd >= 0) continue;
      one.due_ns = due;
      begin(one, how.first + begun++ % how.accounts);
      ++under_way;
    }
    const int ready = epoll_wait(epoll_, events, 64, 1);
    for (int i = 0; i < ready; ++i)
      if (on_readable_or_refused(attempts_[events[i].data.u32])) --under_way;
    if (now_ns() >= begin_ns + time_limit_ns) throw std::runtime_error("logins: no end after two minutes");
  }
  paced_ = nullptr;
  return noted;
}

bool login_crowd::on_readable_or_refused(attempt& one) {
  try {
    return on_readable(one);
  } catch (const std::runtime_error&) {
    close(one.fd);
    one.fd = -1;
    ++paced_->refused;
    return true;
  }
}

/// True when this login has reached its end; the socket is then closed or handed over.
bool login_crowd::on_readable(attempt& one) {
  const ssize_t got = recv(one.fd, one.in.data() + one.used, one.in.size() - one.used, 0);
  if (got < 0 && errno == EAGAIN) return false;
  if (got > 0) {
    one.used += static_cast<std::size_t>(got);
    if (!advance(one)) return false;
  } else if (one.waits_for != step::footer) {
    throw std::runtime_error("login of account " + std::to_string(one.account) + ": the server closed after " +
                             std::string(one.text().substr(0, 400)));
  }
  epoll_ctl(epoll_, EPOLL_CTL_DEL, one.fd, nullptr);
  if (leave_) {
    close(one.fd);
  } else {
    logged_in_[one.account - first_].fd = one.fd;
    logged_in_[one.account - first_].jid = one.jid;
  }
  one.fd = -1;
  return true;
}

/// Looks whether the awaited answer is there as a whole and says the next thing. True at the end.
bool login_crowd::advance(attempt& one) {
  const std::string_view text = one.text();
  std::string_view answer;
  const auto next = [&](std::string_view words, step then) {
    send_all(one.fd, words);
    one.waits_for = then;
    one.used = 0;
    return false;
  };
  const auto finish = [&] {
    if (paced_ != nullptr) paced_->milliseconds.push_back(static_cast<double>(now_ns() - one.due_ns) * 1e-6);
    return leave_ ? next("</stream:stream>", step::footer) : next((presence_ ? "<presence/>" : "") + ping_, step::quiet);
  };
  const bool waits_for_iq = one.waits_for == step::bound || one.waits_for == step::session;
  if (one.waits_for != step::footer && (has(text, "<failure") || has(text, "<stream:error") || one.used == one.in.size()))
    throw std::runtime_error("login of account " + std::to_string(one.account) + ": " + std::string(text.substr(0, 400)));
  if (waits_for_iq && !has_answer(text, "login", answer)) return false;
  if (waits_for_iq && (has(answer, "type='error'") || has(answer, "type=\"error\"")))
    throw std::runtime_error("login of account " + std::to_string(one.account) + ": " + std::string(answer));
  switch (one.waits_for) {
    case step::features:
      if (!has(text, "</stream:features>")) return false;
      say_auth(one);
      return next("", step::success);
    case step::success:
      if (!has(text, "<success") || text.back() != '>') return false;
      return next(header_, step::features_again);
    case step::features_again:
      if (!has(text, "</stream:features>")) return false;
      one.session_offered = has(text, "<session");
      return next(
          "<iq type='set' id='login'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>bench</resource></bind></iq>",
          step::bound);
    case step::bound:
      one.jid = between(answer, "<jid>", "</jid>");
      if (!one.session_offered) return finish();
      return next("<iq type='set' id='login'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>", step::session);
    case step::session: return finish();
    case step::quiet: return has_answer(text, "quiet", answer);
    case step::footer: return has(text, "</stream:stream>");
  }
  return false;
}

void login_crowd::say_auth(const attempt& one) const {
  const std::string user = where_.user_prefix + std::to_string(one.account);
  send_all(one.fd, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" +
                       base64(std::string(1, '\0') + user + std::string(1, '\0') + where_.password) + "</auth>");
}

void close_all(std::vector<client>& clients) {
  for (const auto& one : clients)
    if (one.fd >= 0) close(one.fd);
  clients.clear();
}

}  // namespace couplet::bench
