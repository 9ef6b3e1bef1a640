#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "credentials/http_source.hpp"
#include "credentials_desk.hpp"
#include "descriptor.hpp"
#include "http_service.hpp"
#include "spawn.hpp"

// Passwords checked by an HTTP service, over real connections on the loopback.

namespace couplet::lives {

using credentials::http_options;
using namespace std::chrono_literals;
using names = std::vector<std::string>;

namespace {

std::string password_of(const std::string& request) {
  return request.substr(request.rfind("&pass=") + 6);
}

/// Does what the password says.
http_service::act behave(const std::string& request) {
  const auto password = password_of(request);
  http_service::act a;
  a.bytes = http_answer("200 OK", password == "secret" ? "true" : "false");
  if (password.size() == 3 && password.find_first_not_of("0123456789") == std::string::npos) {
    a.bytes = http_answer(password + " Whatever", "true", "Location: /elsewhere\r\n");
  } else if (password == "silence") {
    a.silent = true;
  } else if (password == "closes") {
    a.bytes.clear();
    a.close = true;
  } else if (password == "closes-afterwards") {
    a.close = true;
  } else if (password == "half") {
    a.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntr";
    a.close = true;
  } else if (password == "garbage") {
    a.bytes = "SSH-2.0-OpenSSH_9.2\r\n\r\n";
  } else if (password == "ancient") {
    a.bytes = "true";
    a.close = true;
  } else if (password == "long") {
    a.bytes = http_answer("200 OK", "true" + std::string(100'000, ' '));
  } else if (password == "endless-headers") {
    a.bytes = "HTTP/1.1 200 OK\r\n";
    a.for_ever = "X-More: " + std::string(1000, 'x') + "\r\n";
  } else if (password == "endless-body") {
    a.bytes = "HTTP/1.1 200 OK\r\n\r\n";
    a.for_ever = std::string(1000, ' ');
  } else if (password == "chunked") {
    a.bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\ntr\r\n2\r\nue\r\n0\r\n\r\n";
  }
  return a;
}

http_options at(const std::string& url, unsigned connections = 1, std::chrono::milliseconds timeout = 20s) {
  http_options o;
  o.url = url;
  o.connections = connections;
  o.timeout = timeout;
  return o;
}

std::unique_ptr<credentials::source> source(http_options o) {
  return credentials::make_http_source(std::move(o)).value();
}

/// The HTTPS service, with a certificate for "localhost".
struct https_service {
  https_service() {
    credentials::pipe_ends out;
    credentials::pipe_ends in;
    id = *credentials::spawn({"/usr/bin/python3", script("https_service.py"), ca_file}, in.read.get(), out.write.get(), 2);
    keeps_it = std::move(in.write);
    std::string line;
    for (char c = 0; ::read(out.read.get(), &c, 1) == 1 && c != '\n';) line += c;
    port = std::atoi(line.c_str());
  }
  ~https_service() {
    keeps_it.close();
    ::waitpid(id, nullptr, 0);
  }
  std::string url(const std::string& host) const { return "https://" + host + ":" + std::to_string(port) + "/check"; }

  scratch_folder folder;
  std::string ca_file = folder.file("ca.pem");
  credentials::descriptor keeps_it;
  pid_t id = -1;
  int port = 0;
};

}  // namespace

TEST_CASE("http: right and wrong over one connection, and what the service sees") {
  const http_service service(behave);
  credentials_desk desk(source(at(service.url("/check?realm=x"))));
  CHECK(desk.ask("secret") == "right");
  CHECK(desk.ask("Secret") == "wrong");
  CHECK(desk.ask("401") == "wrong");
  CHECK(desk.ask("403") == "wrong");
  CHECK(desk.ask("chunked") == "right");
  CHECK(desk.ask("secret") == "right");
  CHECK(service.connections() == 1);
  const auto requests = service.requests();
  REQUIRE(requests.size() == 6);
  CHECK(requests[0].starts_with("POST /check?realm=x HTTP/1.1\r\nHost: 127.0.0.1:"));
  CHECK(requests[0].find("\r\nContent-Type: application/x-www-form-urlencoded\r\n") != std::string::npos);
  CHECK(requests[0].find("Expect") == std::string::npos);
  CHECK(requests[0].ends_with("\r\n\r\nuser=romeo&server=example.net&pass=secret"));
  const auto c = desk.source->so_far();
  CHECK(c.asked == 6);
  CHECK(c.right == 3);
  CHECK(c.wrong == 3);
}

TEST_CASE("http: it gives no keys") {
  const http_service service(behave);
  credentials_desk desk(source(at(service.url("/"))));
  CHECK_FALSE(desk.source->has_keys());
  CHECK(desk.source->name() == "http");
  CHECK(desk.ask_keys() == "unavailable");
  CHECK(service.requests().empty());
}

TEST_CASE("SECURITY 14, http: whatever is no clear answer is no wrong password, and is in the log once") {
  const http_service service(behave);
  for (const char* fault : {"500", "503", "404", "400", "204", "301", "302", "307", "308", "closes", "half", "garbage", "ancient",
                            "long", "endless-headers", "endless-body"}) {
    INFO(fault);
    const caught_lines log;
    credentials_desk desk(source(at(service.url("/check"))));
    CHECK(desk.ask(fault) == "unavailable");
    CHECK(desk.ask(fault) == "unavailable");
    CHECK(desk.ask("secret") == "right");
    CHECK(log.count(" warning what checks the passwords does not answer") == 1);
    CHECK(log.count(" info what checks the passwords answers again") == 1);
    CHECK(log.count("secret") == 0);
    CHECK(log.count("pass=") == 0);
  }
  for (const auto& r : service.requests()) CHECK(r.starts_with("POST /check HTTP/1.1\r\n"));  // no redirection was followed
}

TEST_CASE("SECURITY 14, http: no answer in time, nobody there") {
  {
    const http_service service(behave);
    credentials_desk desk(source(at(service.url("/"), 1, 1s)));
    const caught_lines log;
    CHECK(desk.ask("silence") == "unavailable");
    CHECK(log.count("Timeout was reached") == 1);
    CHECK(desk.ask("secret") == "right");
  }
  std::string url;
  {
    const http_service service(behave);
    url = service.url("/");
  }
  const caught_lines log;
  credentials_desk desk(source(at(url)));
  CHECK(desk.ask("secret") == "unavailable");
  CHECK(log.count("connect to server") == 1);
}

TEST_CASE("http: a connection that the service closed in the meantime is no failure") {
  const http_service service(behave);
  credentials_desk desk(source(at(service.url("/"))));
  for (int i = 0; i < 5; ++i) CHECK(desk.ask("closes-afterwards") == "wrong");
  CHECK(service.connections() == 5);
}

TEST_CASE("http: no proxy, whatever the environment says") {
  const http_service service(behave);
  for (const char* name : {"http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"}) ::setenv(name, "http://127.0.0.1:1", 1);
  credentials_desk desk(source(at(service.url("/"))));
  CHECK(desk.ask("secret") == "right");
  for (const char* name : {"http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"}) ::unsetenv(name);
}

TEST_CASE("http: several questions at the same time") {
  const http_service service(behave);
  credentials_desk desk(source(at(service.url("/"), 3)));
  desk.ask_later("silence");
  desk.ask_later("silence");
  CHECK(desk.ask("secret") == "right");
  CHECK(desk.ask("Secret") == "wrong");
  desk.source->stop();
  CHECK(desk.answers(2) == names{"silence unavailable", "silence unavailable"});
}

TEST_CASE("SECURITY 13, http: too many questions at once are unavailable at once, for who asks most") {
  const http_service service(behave);
  auto o = at(service.url("/"));
  o.waiting = 2;
  credentials_desk desk(source(o));
  desk.ask_later("silence", "2001:db8::1");
  for (int i = 0; i < 200; ++i) desk.ask_later("flood", "2001:db8::" + std::to_string(i));  // one network
  CHECK(desk.answers(198) == names(198, "flood unavailable"));
  desk.ask_later("other", "2001:db8:1::1");
  CHECK(desk.answers(1) == names{"flood unavailable"});
  desk.source->stop();
  CHECK(desk.answers(3).size() == 3);
}

TEST_CASE("http: stopping answers what is under way at once") {
  const http_service service(behave);
  credentials_desk desk(source(at(service.url("/"), 2, 600s)));
  const auto begin = base::clock::now();
  for (int i = 0; i < 4; ++i) desk.ask_later("silence");
  desk.source->stop();
  CHECK(desk.answers(4) == names(4, "silence unavailable"));
  CHECK(desk.ask("secret") == "unavailable");
  desk.source.reset();
  CHECK(base::clock::now() - begin < 20s);
}

TEST_CASE("http: TLS with a certificate that is verified: its authority, and the host's name") {
  const https_service service;
  REQUIRE(service.port != 0);
  auto trusted = at(service.url("localhost"));
  trusted.ca_file = service.ca_file;
  credentials_desk good(source(trusted));
  CHECK(good.ask("secret") == "right");
  CHECK(good.ask("secret") == "right");

  const caught_lines log;
  credentials_desk unknown_authority(source(at(service.url("localhost"))));
  CHECK(unknown_authority.ask("secret") == "unavailable");
  CHECK(log.count("certificate") == 1);

  auto other_host = at(service.url("127.0.0.1"));
  other_host.ca_file = service.ca_file;
  credentials_desk other_name(source(other_host));
  CHECK(other_name.ask("secret") == "unavailable");
}

}  // namespace couplet::lives
