#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "settings.hpp"

namespace couplet::config {

/// The path of the root, which no setting can have.
constexpr const char* jadc2s_root = "<jadc2s>";

/// One element of a jadc2s.xml: a setting, or a section with settings in it.
struct jadc2s_setting {
  std::string path;  ///< "local.ssl.port"; of the root jadc2s_root
  std::string text;  ///< as it is written, blanks included; all of its text, whatever stands between
  std::vector<std::pair<std::string, std::string>> attributes;
  std::size_t line = 0;
  bool has_children = false;  ///< and is no section, so that they were not read
};

/// The settings of the file that `file` names, in their order, the root first. Sections are those that jadc2s has; what is in
/// others is not read. UTF-8, or ISO 8859-1 where the file declares it.
///
/// Throws usage_error, which names the flag and the file, and the line where there is one: it cannot be read, is longer than
/// 1 MiB or no regular file, is no XML, has a document type declaration (nothing is expanded), or is not of jadc2s.
/// Settings' values are not in the error.
std::vector<jadc2s_setting> read_jadc2s_file(const given& file);

/// Whether jadc2s has a section of that path.
bool is_jadc2s_section(std::string_view path) noexcept;

/// A file's name in errors: as it is, unless it could break the line.
std::string jadc2s_origin(const given& file);

}  // namespace couplet::config
