#pragma once

#include <string>
#include <vector>

#include "route/codec.hpp"
#include "xml/tokenizer.hpp"

/// The recorded conversations of test/data/captures, cut into elements by the tokenizer as a link would cut them.
namespace couplet::test {

struct recorded_element {
  std::string section;  ///< "A05", with the file: "A-legacy-jadc2s-head.txt A05"
  route::writer from;
  std::string bytes;
};

/// Bytes that the tokenizer refused: what the recorded programs should not have sent, or were sent on purpose.
struct recorded_fault {
  std::string section;
  xml::fault fault;
};

struct recording {
  std::vector<recorded_element> elements;
  std::vector<recorded_fault> faults;
};

/// Both directions of the component link in one file.
recording read_recording(const std::string& path);

/// All capture files, by name.
std::vector<std::string> recording_files();

}  // namespace couplet::test
