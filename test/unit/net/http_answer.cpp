#include "net/http_answer.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using couplet::net::http_answer;

namespace {

const std::string where = "https://chat.example/?a=b#c";

std::string body_of(const std::string& answer) {
  return answer.substr(answer.find("\r\n\r\n") + 4);
}

std::string header_of(const std::string& answer, const std::string& name) {
  const auto begin = answer.find("\r\n" + name + ": ");
  if (begin == std::string::npos) return "none";
  const auto value = begin + name.size() + 4;
  return answer.substr(value, answer.find("\r\n", value) - value);
}

}  // namespace

TEST_CASE("GET and HEAD are sent on, where there is a place") {
  for (const std::string& request :
       {std::string("GET "), std::string("HEAD "), std::string("GET / HTTP/1.1\r\nHost: x\r\n\r\n")}) {
    CAPTURE(request);
    const auto a = http_answer(request, where);
    CHECK(a.starts_with("HTTP/1.1 302 Found\r\n"));
    CHECK(header_of(a, "Location") == where);
    CHECK(header_of(a, "Connection") == "close");
    CHECK(header_of(a, "Content-Type") == "text/plain; charset=utf-8");
  }
}

TEST_CASE("everything else is told what port this is") {
  for (const std::string& method : {std::string("GET "), std::string("HEAD "), std::string("POST "), std::string("CONNECT "),
                                    std::string("PRI * "), std::string("get "), std::string("GET"), std::string()}) {
    CAPTURE(method);
    const bool sent_on = method == "GET " || method == "HEAD ";
    const auto a = http_answer(method + "/ HTTP/1.1\r\n", sent_on ? "" : where);
    CHECK(a.starts_with("HTTP/1.1 400 Bad Request\r\n"));
    CHECK(header_of(a, "Location") == "none");
    CHECK(header_of(a, "Connection") == "close");
    CHECK(header_of(a, "Content-Type") == "text/plain; charset=utf-8");
    if (method != "HEAD ") CHECK(body_of(a) == "This port speaks XMPP, not HTTP.\n");
  }
}

TEST_CASE("the length is that of the body, which HEAD does not get") {
  for (const auto& redirect : {std::string(), where}) {
    const auto get = http_answer("GET ", redirect);
    const auto head = http_answer("HEAD ", redirect);
    CHECK(header_of(get, "Content-Length") == std::to_string(body_of(get).size()));
    CHECK(head == get.substr(0, get.size() - body_of(get).size()));
  }
}

TEST_CASE("SECURITY 4: what was asked for is not repeated") {
  const std::string asked = "/<script>alert(1)</script>\r\nX-Injected: 1\r\n\r\n";
  for (const auto* method : {"GET ", "HEAD ", "POST "}) {
    for (const auto& redirect : {std::string(), where}) {
      CHECK(http_answer(method + asked, redirect) == http_answer(method, redirect));
    }
  }
}
