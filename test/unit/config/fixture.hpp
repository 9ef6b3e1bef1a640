#pragma once

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "config/command_line.hpp"
#include "tls/certificate.hpp"

/// A command line that can be written over, as the one of a process.
class arguments {
 public:
  explicit arguments(std::vector<std::string> words) : words_(std::move(words)) {
    words_.insert(words_.begin(), "couplet");
    for (auto& w : words_) pointers_.push_back(w.data());
    pointers_.push_back(nullptr);
  }
  int count() const { return static_cast<int>(words_.size()); }
  char** pointers() { return pointers_.data(); }
  const std::string& operator[](std::size_t i) const { return words_[i]; }

 private:
  std::vector<std::string> words_;
  std::vector<char*> pointers_;
};

struct parsed {
  couplet::config::outcome result;
  couplet::config::options options;
};

inline parsed parse(std::vector<std::string> words, const std::map<std::string, std::string>& variables = {}) {
  arguments a(std::move(words));
  parsed p;
  p.result = couplet::config::parse_command_line(a.count(), a.pointers(), p.options,
                                                 [&variables](const std::string& name) -> std::optional<std::string> {
                                                   const auto found = variables.find(name);
                                                   if (found == variables.end()) return std::nullopt;
                                                   return found->second;
                                                 });
  return p;
}

/// A file of its own for one test.
class temporary_file {
 public:
  explicit temporary_file(std::string_view bytes) {
    const char* const folder = std::getenv("TMPDIR");
    path_ = std::string(folder != nullptr ? folder : "/tmp") + "/couplet-config-XXXXXX";
    const int fd = mkstemp(path_.data());
    if (fd < 0 || write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
      throw std::runtime_error("cannot make a temporary file");
    }
    close(fd);
  }
  ~temporary_file() { std::remove(path_.c_str()); }
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// A certificate that signed itself, in PEM, of one day before `when`.
inline std::string some_certificate(std::int64_t when = std::time(nullptr)) {
  const auto pair = couplet::tls::make_self_signed({"ca.example"}, when);
  if (!pair) throw std::runtime_error(pair.error_text());
  return pair->chain;
}
