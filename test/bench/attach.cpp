#include "attach.hpp"

#include <openssl/evp.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <stdexcept>

#include "sockets.hpp"

namespace couplet::bench {

namespace {

std::string sha1_hex(const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1) throw std::runtime_error("no SHA-1");
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    out += digits[digest[i] >> 4U];
    out += digits[digest[i] & 15U];
  }
  return out;
}

/// Reads until `end` has come. Throws where the server closes, or says nothing for ten seconds.
std::string hear(int fd, std::string_view end) {
  std::string all;
  std::array<char, 4096> in{};
  while (all.find(end) == std::string::npos) {
    pollfd wait{fd, POLLIN, 0};
    const bool there = poll(&wait, 1, 10'000) == 1;
    const ssize_t got = there ? recv(fd, in.data(), in.size(), 0) : -1;
    if (got < 0 && there && errno == EAGAIN) continue;
    if (got <= 0)
      throw std::runtime_error("attaching a component: the server " + std::string(there ? "closed" : "was silent") + " after " +
                               all.substr(0, 400));
    all.append(in.data(), static_cast<std::size_t>(got));
  }
  return all;
}

std::string stream_id(const std::string& header) {
  const std::size_t begin = header.find(" id='"), end = begin == std::string::npos ? begin : header.find('\'', begin + 5);
  if (end == std::string::npos) throw std::runtime_error("attaching a component: no id in " + header.substr(0, 400));
  return header.substr(begin + 5, end - begin - 5);
}

}  // namespace

std::string component_name(std::size_t n) {
  return "component" + std::to_string(n) + ".bench";
}

std::string component_address(std::size_t n) {
  return "somebody@" + component_name(n) + "/there";
}

std::vector<client> attach_components(const site& where, std::size_t count) {
  std::vector<client> all;
  try {
    for (std::size_t n = 0; n < count; ++n) {
      all.push_back({connect_to(where.components, n), component_address(n)});
      const int fd = all.back().fd;
      send_all(fd, "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='" +
                       component_name(n) + "'>");
      send_all(fd, "<handshake>" + sha1_hex(stream_id(hear(fd, ">")) + std::string(component_secret)) + "</handshake>");
      static_cast<void>(hear(fd, "<handshake/>"));
    }
  } catch (...) {
    close_all(all);
    throw;
  }
  return all;
}

}  // namespace couplet::bench
