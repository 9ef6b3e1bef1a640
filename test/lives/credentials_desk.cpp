#include "credentials_desk.hpp"

#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "base/log.hpp"

namespace couplet::lives {

namespace {

std::string name_of(const sasl::answer& a) {
  switch (a.outcome) {
    case sasl::answer::verdict::right: return "right";
    case sasl::answer::verdict::wrong: return "wrong";
    case sasl::answer::verdict::unavailable: return "unavailable";
    case sasl::answer::verdict::keys: break;
  }
  return "keys";
}

const base::jid romeo = *base::jid::parse("romeo@example.net");

}  // namespace

std::string credentials_desk::ask(std::string password, std::string_view who) {
  return ask(sasl::question(*base::jid::parse(who), std::move(password), "192.0.2.1"));
}

std::string credentials_desk::ask_keys() {
  return ask(sasl::question(sasl::question::kind::keys, romeo, sasl::scram_hash::sha256));
}

std::string credentials_desk::ask(sasl::question q) {
  shard.spawn("ask", life(std::move(q), {}));
  return answers(1).at(0).substr(1);
}

void credentials_desk::ask_later(std::string password, std::string client_address) {
  std::string label = password;
  shard.spawn("ask", life(sasl::question(romeo, std::move(password), std::move(client_address)), std::move(label)));
  while (shard.io().poll() != 0) {
  }
}

net::task<> credentials_desk::life(sasl::question q, std::string label) {
  const auto a = co_await source->ask(std::move(q));
  answers_.push_back(label + " " + name_of(a));
}

std::vector<std::string> credentials_desk::answers(std::size_t count) {
  while (answers_.size() < count) shard.io().run_one();
  return std::exchange(answers_, {});
}

scratch_folder::scratch_folder() {
  auto name = (std::filesystem::temp_directory_path() / "couplet-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no scratch folder");
  path_ = name;
}

scratch_folder::~scratch_folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

namespace {
std::mutex mutex;
std::string caught;

void keep(std::string_view line) {
  const std::lock_guard lock(mutex);
  caught.append(line).append("\n");
}
}  // namespace

caught_lines::caught_lines() {
  const std::lock_guard lock(mutex);
  caught.clear();
  base::log::set_level(base::log::level::info);
  base::log::set_sink(&keep);
}

caught_lines::~caught_lines() {
  base::log::set_level(base::log::level::off);
  base::log::set_sink(nullptr);
}

std::string caught_lines::text() const {
  const std::lock_guard lock(mutex);
  return caught;
}

std::size_t caught_lines::count(std::string_view part) const {
  const auto all = text();
  std::size_t n = 0;
  for (auto at = all.find(part); at != std::string::npos; at = all.find(part, at + 1)) ++n;
  return n;
}

std::string script(std::string_view name) {
  const char* folder = std::getenv("COUPLET_TEST_SCRIPTS");
  if (folder == nullptr) throw std::runtime_error("COUPLET_TEST_SCRIPTS is not set");
  return std::string(folder) + "/" + std::string(name);
}

}  // namespace couplet::lives
