#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "credentials/source.hpp"
#include "net/shard.hpp"

namespace couplet::lives {

/// Asks a source from a shard, whose loop runs here until the answers are there.
class credentials_desk {
 public:
  explicit credentials_desk(std::unique_ptr<credentials::source> s) : source(std::move(s)) {}

  /// "right", "wrong", "unavailable".
  std::string ask(std::string password, std::string_view who = "romeo@example.net");
  std::string ask_keys();

  /// Asks without waiting for the answer.
  void ask_later(std::string password, std::string client_address = "192.0.2.1");
  /// Until so many of those have been answered: what was asked, and the answer, in that order.
  std::vector<std::string> answers(std::size_t count);

  net::shard shard{0};
  std::unique_ptr<credentials::source> source;  // ends before the shard, as it must

 private:
  std::string ask(sasl::question q);
  net::task<> life(sasl::question q, std::string label);
  std::vector<std::string> answers_;
};

/// A folder that goes away with what is in it.
class scratch_folder {
 public:
  scratch_folder();
  ~scratch_folder();
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  std::string file(std::string_view name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// Catches the log's lines of at least info while it lives. From any thread. One at a time.
class caught_lines {
 public:
  caught_lines();
  ~caught_lines();
  caught_lines(const caught_lines&) = delete;
  caught_lines& operator=(const caught_lines&) = delete;
  std::string text() const;
  std::size_t count(std::string_view part) const;
};

/// Of test/lives/scripts.
std::string script(std::string_view name);

}  // namespace couplet::lives
