#include <expat.h>

#include <cstdio>
#include <string>

#include "xml/tokenizer.hpp"

// Every character of Unicode at the start of a name and inside one: the tokenizer and expat must agree.

using namespace couplet;

namespace {

std::string utf8(char32_t c) {
  const auto byte = [](char32_t b) { return static_cast<char>(static_cast<unsigned char>(b)); };
  if (c < 0x80) return {byte(c)};
  if (c < 0x800) return {byte(0xC0 | c >> 6), byte(0x80 | (c & 63))};
  if (c < 0x10000) return {byte(0xE0 | c >> 12), byte(0x80 | (c >> 6 & 63)), byte(0x80 | (c & 63))};
  return {byte(0xF0 | c >> 18), byte(0x80 | (c >> 12 & 63)), byte(0x80 | (c >> 6 & 63)), byte(0x80 | (c & 63))};
}

bool expat_takes(XML_Parser parser, const std::string& name) {
  const std::string document = "<r><" + name + "/></r>";
  XML_ParserReset(parser, nullptr);
  return XML_Parse(parser, document.data(), static_cast<int>(document.size()), 1) == XML_STATUS_OK;
}

bool we_take(xml::tokenizer& t, const std::string& name) {
  const std::string document = "<r><" + name + "/></r>";
  t.reset();
  std::string_view input = document;
  for (;;) {
    const xml::token k = t.next(input);
    if (k == xml::token::footer || k == xml::token::error) return k == xml::token::footer;
  }
}

}  // namespace

int main() {
  xml::workspace_pool pool;
  const xml::tokenizer_limits limits;
  xml::tokenizer t(pool, limits);
  XML_Parser parser = XML_ParserCreateNS(nullptr, '\1');
  int differences = 0;
  int taken = 0;
  for (char32_t c = 1; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    for (const std::string& name : {utf8(c), "a" + utf8(c) + "b"}) {
      const bool ours = we_take(t, name);
      taken += ours ? 1 : 0;
      if (ours == expat_takes(parser, name)) continue;
      std::printf("U+%04X %s: %s\n", static_cast<unsigned>(c), name[0] == 'a' ? "inside" : "first",
                  ours ? "taken by us only" : "refused by us only");
      ++differences;
    }
  }
  XML_ParserFree(parser);
  std::printf("%d names taken, %d differences\n", taken, differences);
  return differences == 0 && taken > 60'000 ? 0 : 1;
}
