#include "cutting.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "../../fuzz/xml_oracle.hpp"

namespace couplet::test {
namespace {

part copy_of(xml::token kind, const xml::element_view& v) {
  return {kind,
          std::string(v.bytes),
          v.first_tag_size,
          std::string(v.name),
          std::string(v.prefix),
          std::string(v.namespace_uri),
          v.self_closing,
          v.declares_server_namespace,
          v.uses_header_prefixes};
}

}  // namespace

outcome feed(const std::vector<std::string>& pieces, const xml::tokenizer_limits& limits) {
  xml::workspace_pool pool;
  xml::tokenizer t(pool, limits);
  outcome found;
  for (const std::string& given : pieces) {
    const std::vector<char> piece(given.begin(), given.end());
    std::string_view input(piece.data(), piece.size());
    for (;;) {
      const xml::token k = t.next(input);
      if (k == xml::token::need_more) {
        REQUIRE(input.empty());
        break;
      }
      if (k == xml::token::error) {
        found.fault = t.fault();
        REQUIRE(t.held_bytes() == 0);
        return found;
      }
      found.parts.push_back(copy_of(k, t.element()));
      if (k == xml::token::header) found.header_namespaces = t.header_namespaces();
    }
  }
  return found;
}

outcome tokenize(std::string_view input, const xml::tokenizer_limits& limits) {
  const std::string whole(input);
  const outcome expected = feed({whole}, limits);
  std::vector<std::string> bytes;
  for (const char c : whole) bytes.emplace_back(1, c);
  REQUIRE(feed(bytes, limits) == expected);
  const std::size_t stride = std::max<std::size_t>(1, whole.size() / 200);
  for (std::size_t cut = 1; cut<whole.size(); cut += whole.size()> 2000 ? stride : 1) {
    CAPTURE(cut);
    REQUIRE(feed({whole.substr(0, cut), whole.substr(cut)}, limits) == expected);
  }
  CHECK_NOTHROW(compare_with_expat(input));
  return expected;
}

xml::fault fault_in_stream(std::string_view input, const xml::tokenizer_limits& limits) {
  return tokenize(std::string(client_header) + std::string(input), limits).fault;
}

part only_element(std::string_view input, const xml::tokenizer_limits& limits) {
  const outcome found = tokenize(std::string(client_header) + std::string(input), limits);
  CHECK(found.fault == xml::fault::none);
  REQUIRE(found.parts.size() == 2);
  CHECK(found.parts[0].kind == xml::token::header);
  CHECK(found.parts[1].kind == xml::token::element);
  return found.parts[1];
}

}  // namespace couplet::test
