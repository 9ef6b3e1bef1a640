#include <algorithm>
#include <filesystem>
#include <map>
#include <string_view>

#include "tls/certificate.hpp"

namespace couplet::tls {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view chain_in_folder = "fullchain.pem";
constexpr std::string_view key_in_folder = "privkey.pem";

/// By the domain's name, so that the order is always the same.
using pairs = std::map<std::string, certificate_files>;

base::error two_chains(const std::string& one, const std::string& other) {
  return base::error(one + " and " + other + " are for the same domain: keep one of them");
}

/// What a file is for; empty: nothing is wrong with it.
std::string take_file(const fs::path& file, pairs& out) {
  const auto extension = file.extension();
  auto& pair = out[file.stem().string()];
  auto& half = extension == ".key" ? pair.key : pair.chain;
  if (!half.empty()) return two_chains(std::min(half, file.string()), std::max(half, file.string())).text;
  half = file.string();
  return {};
}

std::string take_folder(const fs::path& folder, pairs& out) {
  std::error_code failed;
  const auto chain = folder / chain_in_folder, key = folder / key_in_folder;
  const bool has_chain = fs::exists(chain, failed), has_key = fs::exists(key, failed);
  if (!has_chain && !has_key) return {};
  auto& pair = out[folder.filename().string()];
  if (!pair.chain.empty() || !pair.key.empty())
    return two_chains(pair.chain.empty() ? pair.key : pair.chain, chain.string()).text;
  if (has_chain) pair.chain = chain.string();
  if (has_key) pair.key = key.string();
  return {};
}

std::string take_entry(const fs::directory_entry& entry, pairs& out) {
  const auto& path = entry.path();
  std::error_code failed;
  if (path.filename().string().starts_with(".")) return {};
  if (entry.is_directory(failed)) return take_folder(path, out);
  const auto extension = path.extension();
  return extension == ".pem" || extension == ".crt" || extension == ".key" ? take_file(path, out) : std::string();
}

}  // namespace

base::result<std::vector<certificate_files>> scan_folder(const std::string& folder) {
  std::error_code failed;
  pairs found;
  std::vector<fs::directory_entry> entries;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) entries.push_back(*at);
  if (failed == std::errc::no_such_file_or_directory) return base::error(folder + " is missing");
  if (failed) return base::error(folder + " can't be read: " + failed.message());
  std::sort(entries.begin(), entries.end());
  for (const auto& entry : entries) {
    const auto wrong = take_entry(entry, found);
    if (!wrong.empty()) return base::error(wrong);
  }
  std::vector<certificate_files> all;
  for (auto& [name, pair] : found) {
    if (pair.key.empty()) return base::error(pair.chain + " has no key beside it (" + name + ".key)");
    if (pair.chain.empty()) return base::error(pair.key + " has no certificate beside it (" + name + ".pem or " + name + ".crt)");
    all.push_back(std::move(pair));
  }
  if (all.empty()) return base::error(folder + " has no certificates in it: NAME.pem or NAME.crt with NAME.key is looked for");
  return all;
}

}  // namespace couplet::tls
