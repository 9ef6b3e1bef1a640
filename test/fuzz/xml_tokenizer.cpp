// Any bytes through the tokenizer and through expat. A difference leaves as an exception, which ends the program.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "xml_oracle.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  couplet::test::compare_with_expat(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
