#include "tls_login.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <stdexcept>
#include <thread>
#include <utility>

namespace couplet::bench {

namespace {

const unsigned char* bytes(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

std::string base64(const std::string& in) {
  std::string out((in.size() + 2) / 3 * 4 + 1, '\0');
  out.resize(static_cast<std::size_t>(EVP_EncodeBlock(bytes(out), bytes(in), static_cast<int>(in.size()))));
  return out;
}

std::string from_base64(const std::string& in) {
  std::string out(in.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(bytes(out), bytes(in), static_cast<int>(in.size()));
  if (size < 0) throw std::runtime_error("the server's answer is not Base64: " + in);
  // OpenSSL counts what was filled up with as well.
  out.resize(static_cast<std::size_t>(size) - static_cast<std::size_t>(std::count(in.begin(), in.end(), '=')));
  return out;
}

std::string hmac(const std::string& key, const std::string& message) {
  std::string out(32, '\0');
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes(message), message.size(), bytes(out), nullptr);
  return out;
}

std::string sha256(const std::string& message) {
  std::string out(32, '\0');
  EVP_Digest(message.data(), message.size(), bytes(out), nullptr, EVP_sha256(), nullptr);
  return out;
}

std::string between(const std::string& text, std::string_view open, std::string_view close) {
  const std::size_t begin = text.find(open), end = begin == std::string::npos ? begin : text.find(close, begin + open.size());
  if (end == std::string::npos) throw std::runtime_error("no " + std::string(open) + " in " + text);
  return text.substr(begin + open.size(), end - begin - open.size());
}

/// What lies in the element with that name.
std::string content(const std::string& text, const std::string& name) {
  const std::string all = between(text, "<" + name, "</" + name + ">");
  return all.substr(all.find('>') + 1);
}

constexpr std::string_view sasl = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'";
constexpr std::string_view footer = "</stream:stream>";

}  // namespace

kept_keys::pair kept_keys::of(const std::string& password, const std::string& salt, int iterations) {
  const std::lock_guard held(lock_);
  auto [found, is_new] = known_.try_emplace(salt + ":" + std::to_string(iterations) + ":" + password);
  if (is_new) {
    std::string salted(32, '\0');
    PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), bytes(salt), static_cast<int>(salt.size()), iterations,
                      EVP_sha256(), 32, bytes(salted));
    found->second.client = hmac(salted, "Client Key");
    found->second.stored = sha256(found->second.client);
  }
  return found->second;
}

/// Runs work(0) .. work(total - 1) on parallel_ threads, and throws what the first of them threw that did.
template <class Work>
void tls_crowd::share(std::size_t total, Work work) {
  std::atomic<std::size_t> next = 0;
  std::exception_ptr failure;
  std::mutex lock;
  std::vector<std::thread> threads;
  for (unsigned n = 0; n < parallel_; ++n)
    threads.emplace_back([&] {
      try {
        for (std::size_t one = next++; one < total; one = next++) work(one);
      } catch (...) {
        next = total;
        const std::lock_guard held(lock);
        if (!failure) failure = std::current_exception();
      }
    });
  for (auto& one : threads) one.join();
  if (failure) std::rethrow_exception(failure);
}

void tls_crowd::come_and_go(visit what, std::size_t first, std::size_t accounts, std::size_t total) {
  share(total, [&](std::size_t n) { come_and_go_once(what, first + n % accounts); });
}

void tls_crowd::come_and_go_once(visit what, std::size_t account) {
  if (what == visit::clear || what == visit::clear_connect) {
    tls_connection line(where_.server, account);
    return converse(line, what, account);
  }
  tls_connection line(context_, where_.tls, account);
  converse(line, what, account);
}

void tls_crowd::converse(tls_connection& line, visit what, std::size_t account) {
  if (what != visit::handshake && what != visit::clear_connect) {
    open_stream(line);
    if (what == visit::inline_plain || what == visit::inline_scram) {
      authenticate_and_bind(line, account, what == visit::inline_scram);
    } else {
      authenticate(line, account, what);
      if (what != visit::plain_success && what != visit::scram_success) static_cast<void>(bind(line));
    }
  }
  if (what == visit::plain_goodbye) {
    line.say(footer);
    static_cast<void>(line.hear(footer));
  }
  line.leave();
}

std::vector<client> tls_crowd::log_in(std::size_t first, std::size_t count, bool presence) {
  std::vector<client> all(count);
  try {
    share(count, [&](std::size_t n) { all[n].fd = log_in_one(first + n, presence, all[n].jid)->release(); });
  } catch (...) {
    close_all(all);
    throw;
  }
  return all;
}

std::unique_ptr<tls_connection> tls_crowd::log_in_one(std::size_t account, bool presence, std::string& jid) {
  auto line = std::make_unique<tls_connection>(context_, where_.tls, account);
  open_stream(*line);
  authenticate(*line, account, visit::plain);
  jid = bind(*line);
  line->say((presence ? "<presence/>" : "") + ("<iq type='get' id='quiet' to='" + where_.domain) +
            "'><ping xmlns='urn:xmpp:ping'/></iq>");
  static_cast<void>(line->hear("quiet"));
  // One's own comes back (RFC 6121 section 4.2.2), once the roster is read.
  if (presence) static_cast<void>(line->hear("<presence"));
  return line;
}

void tls_crowd::open_stream(tls_connection& line) const {
  line.say("<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='" +
           where_.domain + "' version='1.0'>");
  static_cast<void>(line.hear("</stream:features>"));
}

std::string tls_crowd::plain_response(std::size_t account) const {
  const std::string zero(1, '\0');
  return base64(zero + where_.user_prefix + std::to_string(account) + zero + where_.password);
}

tls_crowd::scram_words tls_crowd::scram_begin(std::size_t account) const {
  std::string random(18, '\0');
  RAND_bytes(bytes(random), static_cast<int>(random.size()));
  const std::string bare = "n=" + where_.user_prefix + std::to_string(account) + ",r=" + base64(random);
  return {bare, base64("n,," + bare)};
}

std::string tls_crowd::scram_answer(const scram_words& own, const std::string& challenge) {
  const std::string first = from_base64(content(challenge, "challenge"));
  const auto keys =
      keys_.of(where_.password, from_base64(between(first, "s=", ",")), std::stoi(first.substr(first.find(",i=") + 3)));
  const std::string final = "c=biws,r=" + between(first, "r=", ",");
  std::string proof = hmac(keys.stored, own.bare + "," + first + "," + final);
  for (std::size_t n = 0; n < proof.size(); ++n) proof[n] = static_cast<char>(proof[n] ^ keys.client[n]);
  return base64(final + ",p=" + base64(proof));
}

void tls_crowd::authenticate(tls_connection& line, std::size_t account, visit what) {
  const std::string open = "<auth " + std::string(sasl) + " mechanism='";
  const auto respond = [&](const std::string& text) { line.say("<response " + std::string(sasl) + ">" + text + "</response>"); };
  if (what == visit::scram || what == visit::scram_success) {
    const scram_words own = scram_begin(account);
    line.say(open + "SCRAM-SHA-256'>" + own.initial_response + "</auth>");
    respond(scram_answer(own, line.hear("</challenge>")));
  } else if (what == visit::asked_plain) {
    line.say(open + "PLAIN'/>");
    static_cast<void>(line.hear("<challenge"));
    respond(plain_response(account));
  } else {
    line.say(open + "PLAIN'>" + plain_response(account) + "</auth>");
  }
  static_cast<void>(line.hear("<success"));
}

void tls_crowd::authenticate_and_bind(tls_connection& line, std::size_t account, bool scram) {
  const scram_words own = scram_begin(account);
  line.say("<authenticate xmlns='urn:xmpp:sasl:2' mechanism='" + std::string(scram ? "SCRAM-SHA-256" : "PLAIN") +
           "'><initial-response>" + (scram ? own.initial_response : plain_response(account)) +
           "</initial-response><bind xmlns='urn:xmpp:bind:0'><tag>bench</tag></bind></authenticate>");
  if (scram) {
    const std::string answer = scram_answer(own, line.hear("</challenge>"));
    line.say("<response xmlns='urn:xmpp:sasl:2'>" + answer + "</response>");
  }
  // What may be done now comes by itself after it.
  static_cast<void>(line.hear("</stream:features>"));
}

std::string tls_crowd::bind(tls_connection& line) const {
  open_stream(line);
  line.say("<iq type='set' id='login'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>bench</resource></bind></iq>");
  return content(line.hear("</iq>"), "jid");
}

}  // namespace couplet::bench
