#include "http_protocol.hpp"

#include <doctest/doctest.h>

#include <string>

#include "credentials/http_source.hpp"
#include "http_url.hpp"

using namespace couplet;
using namespace couplet::credentials;
using verdict = sasl::answer::verdict;

namespace {

std::string form(std::string_view who, std::string password) {
  return http_form(sasl::question(*base::jid::parse(who), std::move(password), "192.0.2.1"));
}

}  // namespace

TEST_CASE("http: the form") {
  CHECK(form("romeo@example.net", "secret") == "user=romeo&server=example.net&pass=secret");
  CHECK(form("romeo@example.net", "a&b=c d+e%\n\xc3\xa9~") ==
        "user=romeo&server=example.net&pass=a%26b%3Dc%20d%2Be%25%0A%C3%A9%7E");
  CHECK(form("a=b@[2001:db8::1]", std::string("\0\xff", 2)) == "user=a%3Db&server=%5B2001%3Adb8%3A%3A1%5D&pass=%00%FF");
}

TEST_CASE("http: the form is made in one piece, so that no password is left behind in a smaller one") {
  CHECK(form("romeo@example.net", std::string(1000, '&')).capacity() >= 3000);
}

TEST_CASE("SECURITY 14, http: what the answers mean; nothing but no is a wrong password") {
  const auto judge = [](long status, std::string_view body) { return judge_http(status, body).outcome; };
  CHECK(judge(200, "true") == verdict::right);
  CHECK(judge(200, " true\r\n") == verdict::right);
  CHECK(judge(200, "false") == verdict::wrong);
  CHECK(judge(200, "\tfalse\n") == verdict::wrong);
  CHECK(judge(401, "") == verdict::wrong);
  CHECK(judge(403, "true") == verdict::wrong);
  for (const char* body : {"", " ", "TRUE", "True", "1", "0", "true false", "truefalse", "{\"ok\":true}", "<html>", "no"}) {
    CHECK(judge(200, body) == verdict::unavailable);
  }
  for (const long status : {0L, 100L, 201L, 204L, 301L, 302L, 307L, 400L, 404L, 407L, 429L, 500L, 502L, 503L}) {
    CHECK(judge(status, "true") == verdict::unavailable);
    CHECK(judge(status, "false") == verdict::unavailable);
  }
  CHECK(judge_http(503, "x").why == "HTTP status 503");
  CHECK(judge_http(200, "hush").why.find("hush") == std::string::npos);
}

TEST_CASE("http: which hosts are this machine") {
  for (const char* host : {"127.0.0.1", "127.255.255.254", "[::1]", "localhost"}) CHECK(is_loopback_host(host));
  for (const char* host : {"", "128.0.0.1", "10.0.0.1", "0.0.0.0", "[::]", "[::2]", "[::ffff:127.0.0.1]", "::1", "[",
                           "localhost.", "localhost.example", "127.0.0.1.example.net", "127.example", "LOCALHOST.evil"}) {
    CHECK_FALSE(is_loopback_host(host));
  }
}

TEST_CASE("http: URLs that get passwords, and those that don't") {
  const auto curl = curl_library::load();
  REQUIRE_MESSAGE(curl.ok(), (curl ? std::string() : curl.error_text()));
  const auto fault = [&](const std::string& url) { return fault_of_url(**curl, url).value_or(""); };
  for (const char* url : {"https://auth.example.net/check", "HTTPS://auth.example.net", "http://127.0.0.1:8080/check?token=x",
                          "http://[::1]/", "http://localhost:1/", "https://192.0.2.1/", "http://127.1/"}) {
    INFO(url);
    CHECK(fault(url).empty());
  }
  const std::string in_the_clear = "expected https: over plain http passwords may only go to a loopback address, and ";
  CHECK(fault("http://auth.example.net/check") == in_the_clear + "auth.example.net is none");
  CHECK(fault("http://192.0.2.1/") == in_the_clear + "192.0.2.1 is none");
  CHECK(fault("http://127.0.0.1.example.net/") == in_the_clear + "127.0.0.1.example.net is none");
  CHECK(fault("http://127.0.0.1@example.net/") == in_the_clear + "example.net is none");
  CHECK(fault("http://2130706434.example/") != "");
  CHECK(fault("http://0/") == in_the_clear + "0.0.0.0 is none");
  for (const char* url : {"ftp://127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1/", "unix:/x"}) {
    INFO(url);
    CHECK_FALSE(fault(url).empty());
  }
  CHECK(fault("https://me:hush@auth.example.net/") == "expected a URL without a name or password before the host");
  CHECK(fault("https://auth.example.net/#x") == "expected a URL without #");
  for (const char* url : {"", "auth.example.net/check", "/check", "https://", "https:// x/"}) {
    INFO(url);
    CHECK(fault(url).starts_with("expected a URL: "));
  }
  CHECK(fault("https://hush hush@x/").find("hush") == std::string::npos);
}

TEST_CASE("http: a wrong configuration is found before anything starts") {
  http_options o;
  o.url = "http://auth.example.net/";
  CHECK(make_http_source(o).error_text().starts_with("expected https"));
  o.url = "https://auth.example.net/";
  o.ca_file = "/nowhere/ca.pem";
  CHECK(make_http_source(o).error_text() == "/nowhere/ca.pem: No such file or directory");
}
