#include "route/client_id.hpp"

#include <doctest/doctest.h>

using namespace couplet::route;

TEST_CASE("a client id packs into a handle and back") {
  const client_id id{3, 0xABCDEF, 0x12345678};
  CHECK(id.packed() == 0x03ABCDEF12345678U);
  CHECK(client_id::unpack(id.packed()) == id);
  CHECK(client_id::unpack(0xFFFFFFFFFFFFFFFFU) == client_id{255, 0xFFFFFF, 0xFFFFFFFF});
}

TEST_CASE("a slot beyond 24 bits does not reach into the shard") {
  CHECK(client_id{1, 0xFF000002, 7}.packed() == client_id{1, 2, 7}.packed());
}

TEST_CASE("a node is the run and the handle in lower-case hex") {
  CHECK(client_node(0xDEADBEEF, 0x0100000200000003U) == "deadbeef0100000200000003");
  CHECK(client_node(0, 1) == "000000000000000000000001");
  CHECK(parse_client_node("deadbeef0100000200000003", 0xDEADBEEF) == 0x0100000200000003U);
  CHECK(parse_client_node("00000000ffffffffffffffff", 0) == 0xFFFFFFFFFFFFFFFFU);
}

TEST_CASE("appended, the texts are the same, and what was there stays") {
  std::string text = "a";
  append_client_node(text, 0xDEADBEEF, 0x0100000200000003U);
  append_hex16(text += '/', 0x0123456789ABCDEFU);
  CHECK(text == "adeadbeef0100000200000003/0123456789abcdef");
}

TEST_CASE("a node that is malformed, foreign or nobody's gives nothing") {
  CHECK_FALSE(parse_client_node("deadbeef0100000200000003", 0xDEADBEE0));   // another run
  CHECK_FALSE(parse_client_node("deadbeef010000020000000", 0xDEADBEEF));    // short
  CHECK_FALSE(parse_client_node("deadbeef01000002000000033", 0xDEADBEEF));  // long
  CHECK_FALSE(parse_client_node("DEADBEEF0100000200000003", 0xDEADBEEF));   // upper case
  CHECK_FALSE(parse_client_node("deadbeef010000020000000g", 0xDEADBEEF));   // no digit
  CHECK_FALSE(parse_client_node("deadbeef01000002 0000003", 0xDEADBEEF));   // blank
  CHECK_FALSE(parse_client_node("deadbeef0x00000200000003", 0xDEADBEEF));   // as strtoull would take it
  CHECK_FALSE(parse_client_node("deadbeef0100000200000000", 0xDEADBEEF));   // generation 0
  CHECK_FALSE(parse_client_node("", 0));
  CHECK_FALSE(parse_client_node("7", 0));
}

TEST_CASE("hex16 is 16 digits, no more and no fewer") {
  CHECK(hex16(0) == "0000000000000000");
  CHECK(hex16(0x0123456789ABCDEFU) == "0123456789abcdef");
  CHECK(parse_hex16("0123456789abcdef") == 0x0123456789ABCDEFU);
  CHECK(parse_hex16("0000000000000000") == 0U);
  CHECK_FALSE(parse_hex16("0123456789ABCDEF"));
  CHECK_FALSE(parse_hex16("123456789abcdef"));
  CHECK_FALSE(parse_hex16("00123456789abcdef"));
  CHECK_FALSE(parse_hex16("-123456789abcdef"));
  CHECK_FALSE(parse_hex16(std::string_view("0123456789abcde\0", 16)));
}
