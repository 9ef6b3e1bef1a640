#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "oracle.hpp"
#include "recordings.hpp"
#include "route/codec.hpp"

using namespace couplet;
using namespace couplet::route;
using namespace couplet::test;

namespace {

/// "B08" of "B-direct-legacy-head.txt B08".
std::string section_of(const std::string& where) {
  return where.substr(where.rfind(' ') + 1);
}

bool is_route(const std::string& bytes) {
  return bytes.starts_with("<route ") || bytes.starts_with("<route>");
}

/// Looked up in the bytes, not parsed: what is left when the route's tags and the white space inside them are gone.
std::string child_as_written(const std::string& route) {
  if (route.find("</route>") == std::string::npos) return "";
  const std::size_t begin = route.find_first_not_of(" \n", route.find('>') + 1);  // no recorded attribute holds a '>'
  const std::size_t end = route.find_last_not_of(" \n", route.size() - 9) + 1;
  return begin < end ? route.substr(begin, end - begin) : "";
}

const std::string* payload_of(const message& m) {
  if (const auto* one = std::get_if<auth>(&m)) return &one->iq;
  if (const auto* one = std::get_if<session_start>(&m)) return &one->child;
  if (const auto* one = std::get_if<session_started>(&m)) return &one->child;
  if (const auto* one = std::get_if<stanza>(&m)) return &one->xml;
  if (const auto* one = std::get_if<failure>(&m)) return &one->xml;
  return nullptr;
}

}  // namespace

TEST_CASE("every recorded route means what the description says it means") {
  std::map<std::string, std::size_t> kinds;
  const auto files = recording_files();
  REQUIRE(files.size() == 13);
  for (const std::string& file : files) {
    for (const recorded_element& e : read_recording(file).elements) {
      CAPTURE(e.section);
      CAPTURE(e.bytes);
      const auto got = parse(e.bytes, e.from);
      const std::string meaning = meaning_of_bytes(e.bytes, e.from);
      CHECK(meaning == (got.ok() ? meaning_of_message(got.value()) : "refused"));
      if (!got.ok()) continue;
      ++kinds[name_of(got.value())];
      // The payload is the very bytes, where no declaration had to come along.
      const bool declares = e.bytes.substr(0, e.bytes.find('>')).find("xmlns") != std::string::npos;
      if (const std::string* payload = payload_of(got.value()); payload != nullptr && !declares)
        CHECK(*payload == child_as_written(e.bytes));
    }
  }
  // Every kind was there, in the numbers that the files hold.
  std::string counted;
  for (const auto& [kind, count] : kinds) counted += kind + " " + std::to_string(count) + "\n";
  CHECK(counted ==
        "auth 306\n"
        "controlled-stanza 138\n"
        "failure 172\n"
        "session-control 214\n"
        "session-start 91\n"
        "session-started 83\n"
        "stanza 484\n");
}

TEST_CASE("recorded routes that are refused, and why") {
  std::string refused;
  for (const std::string& file : recording_files()) {
    if (file.find("-head") == std::string::npos) continue;  // the other version was asked the same
    for (const recorded_element& e : read_recording(file).elements) {
      const auto got = parse(e.bytes, e.from);
      if (!is_route(e.bytes)) {
        CHECK_MESSAGE((!got.ok() && got.error_text() == "not a route element"), e.bytes);
      } else if (!got.ok()) {
        refused += section_of(e.section) + " " + got.error_text() + "\n";
      }
    }
  }
  CHECK(refused ==
        "B08 auth route without from\n"
        "B08 auth route without a child\n"
        "B09 session route without from\n"
        "B15 route with more than one child\n"  // sent
        "B15 route with more than one child\n"  // the second child rides along in the answer
        "B15 route without to\n"
        "D20 session control command without from\n");
}

TEST_CASE("recorded bytes that no tokenizer lets through") {
  std::string faults;
  for (const std::string& file : recording_files()) {
    if (file.find("-head") == std::string::npos) continue;
    for (const recorded_fault& f : read_recording(file).faults) {
      const bool restricted = f.fault == xml::fault::restricted_xml;
      const bool broken = f.fault == xml::fault::not_well_formed;
      faults += section_of(f.section) + (restricted ? " restricted\n" : broken ? " not well-formed\n" : " something else\n");
    }
  }
  CHECK(faults ==
        "B12 restricted\n"       // a comment
        "B24 not well-formed\n"  // <iq></route>
        "E08 not well-formed\n"  // undeclared prefix of an element
        "E09 not well-formed\n"  // undeclared prefix of an attribute
        "E10 restricted\n"       // processing instruction and comment
        "E11 restricted\n"       // &foo;
        "E11 not well-formed\n"  // &#x1;
        "F02 not well-formed\n"  // what jadc2s let through: an undeclared prefix
  );
}

TEST_CASE("every recorded route survives being written and read again") {
  for (const std::string& file : recording_files()) {
    for (const recorded_element& e : read_recording(file).elements) {
      const auto got = parse(e.bytes, e.from);
      if (!got.ok()) continue;
      std::string again;
      append(again, got.value());
      CAPTURE(again);
      const auto back = parse(again, e.from);
      REQUIRE(back.ok());
      CHECK(back.value() == got.value());
    }
  }
}
