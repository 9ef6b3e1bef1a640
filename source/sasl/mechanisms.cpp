#include "sasl/mechanisms.hpp"

#include <array>
#include <utility>

namespace couplet::sasl {

namespace {

constexpr std::array list{
    mechanism::external,     mechanism::scram_sha512_plus, mechanism::scram_sha512, mechanism::scram_sha256_plus,
    mechanism::scram_sha256, mechanism::scram_sha1_plus,   mechanism::scram_sha1,   mechanism::plain,
    mechanism::anonymous};

}  // namespace

std::span<const mechanism> all_mechanisms() noexcept {
  return list;
}

std::string_view name_of(mechanism m) noexcept {
  switch (m) {
    case mechanism::external: return "EXTERNAL";
    case mechanism::scram_sha512_plus: return "SCRAM-SHA-512-PLUS";
    case mechanism::scram_sha512: return "SCRAM-SHA-512";
    case mechanism::scram_sha256_plus: return "SCRAM-SHA-256-PLUS";
    case mechanism::scram_sha256: return "SCRAM-SHA-256";
    case mechanism::scram_sha1_plus: return "SCRAM-SHA-1-PLUS";
    case mechanism::scram_sha1: return "SCRAM-SHA-1";
    case mechanism::plain: return "PLAIN";
    case mechanism::anonymous: return "ANONYMOUS";
  }
  return {};
}

std::optional<mechanism> find_mechanism(std::string_view name) noexcept {
  for (const auto m : list) {
    if (name_of(m) == name) return m;
  }
  return std::nullopt;
}

bool is_scram(mechanism m) noexcept {
  return name_of(m).starts_with("SCRAM-");
}

bool is_plus(mechanism m) noexcept {
  return name_of(m).ends_with("-PLUS");
}

scram_hash hash_of(mechanism m) noexcept {
  switch (m) {
    case mechanism::scram_sha512_plus:
    case mechanism::scram_sha512: return scram_hash::sha512;
    case mechanism::scram_sha256_plus:
    case mechanism::scram_sha256: return scram_hash::sha256;
    default: return scram_hash::sha1;
  }
}

channel_bindings::channel_bindings(std::string tls_exporter_, std::string tls_unique_, std::string tls_server_end_point_)
    : tls_exporter(std::move(tls_exporter_)),
      tls_unique(std::move(tls_unique_)),
      tls_server_end_point(std::move(tls_server_end_point_)) {}

bool channel_bindings::any() const noexcept {
  return !tls_exporter.empty() || !tls_unique.empty() || !tls_server_end_point.empty();
}

std::string_view channel_bindings::find(std::string_view type) const noexcept {
  if (type == "tls-exporter") return tls_exporter;
  if (type == "tls-unique") return tls_unique;
  if (type == "tls-server-end-point") return tls_server_end_point;
  return {};
}

std::vector<std::string_view> channel_bindings::types() const {
  std::vector<std::string_view> found;
  for (const std::string_view type : {"tls-exporter", "tls-unique", "tls-server-end-point"}) {
    if (!find(type).empty()) found.push_back(type);
  }
  return found;
}

}  // namespace couplet::sasl
