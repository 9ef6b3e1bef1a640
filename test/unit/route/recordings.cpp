#include "recordings.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string_view>

namespace couplet::test {
namespace {

/// One timed line with the lines that follow it.
struct record {
  std::string section;
  std::string tag;  ///< who speaks to whom
  std::string bytes;
};

/// "   12.345 C2S>SM     <bytes": nothing for another line.
std::optional<record> parse_line(const std::string& line, const std::string& section) {
  const std::size_t time = line.find_first_not_of(' ');
  if (time == std::string::npos || time == 0 || line[time] < '0' || line[time] > '9') return std::nullopt;
  const std::size_t time_ends = line.find(' ', time);
  if (time_ends == std::string::npos || line.find('.', time) > time_ends) return std::nullopt;
  const std::size_t tag_begins = time_ends + 1;
  const std::size_t tag_ends = line.find(' ', tag_begins);
  if (tag_ends == std::string::npos) return std::nullopt;
  // Tags are padded to eleven columns.
  return record{section, line.substr(tag_begins, tag_ends - tag_begins), line.substr(std::min(tag_begins + 11, line.size()))};
}

std::vector<record> read_records(const std::string& path) {
  std::ifstream in(path);
  std::vector<record> records;
  std::string section;
  bool open = false;  // a section's head or an empty line ends a record
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("=== ")) {
      section = std::filesystem::path(path).filename().string() + " " + line.substr(4, line.find(' ', 4) - 4);
      open = false;
    } else if (auto next = parse_line(line, section)) {
      records.push_back(std::move(*next));
      open = true;
    } else if (line.empty()) {
      open = false;
    } else if (open) {
      records.back().bytes += '\n' + line;
    }
  }
  return records;
}

std::optional<route::writer> writer_of(const std::string& tag) {
  if (tag == "C2S>SM" || tag == "C>" || tag == "C2>") return route::writer::c2s;
  if (tag == "SM>C2S" || tag == ">C" || tag == ">C2") return route::writer::manager;
  return std::nullopt;
}

/// One direction of one link.
struct direction {
  xml::workspace_pool pool;
  xml::tokenizer_limits limits;
  xml::tokenizer tokens{pool, limits};

  void feed(const record& r, route::writer from, recording& into) {
    std::string_view input = r.bytes;
    for (;;) {
      switch (tokens.next(input)) {
        case xml::token::need_more: return;
        case xml::token::header:
        case xml::token::footer: break;
        case xml::token::element: into.elements.push_back({r.section, from, std::string(tokens.element().bytes)}); break;
        case xml::token::error:
          into.faults.push_back({r.section, tokens.fault()});
          // As if the link had come up again: what follows is looked at on its own.
          tokens.reset();
          std::string_view header =
              "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'>";
          (void)tokens.next(header);
          return;
      }
    }
  }
};

}  // namespace

recording read_recording(const std::string& path) {
  recording result;
  std::map<std::string, std::unique_ptr<direction>> directions;
  for (const record& r : read_records(path)) {
    const auto from = writer_of(r.tag);
    if (!from) continue;
    auto& d = directions[r.tag];
    if (d == nullptr) d = std::make_unique<direction>();
    // An old link's end may be recorded after the new link's header: only a header begins anew.
    if (r.bytes.starts_with("<EOF>")) continue;
    if (r.bytes.starts_with("<?xml") || r.bytes.starts_with("<stream:stream")) d->tokens.reset();
    d->feed(r, *from, result);
  }
  return result;
}

std::vector<std::string> recording_files() {
  std::vector<std::string> files;
  const char* const data = std::getenv("COUPLET_TEST_DATA");
  if (data == nullptr) return files;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(data) / "captures"))
    if (entry.path().extension() == ".txt") files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace couplet::test
