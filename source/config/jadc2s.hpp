#pragma once

#include <string>
#include <string_view>

#include "settings.hpp"

namespace couplet::config {

/// The configuration file of jadc2s, which `file` names, as one of ours: what --import-jadc2s prints. Each of its settings is in it,
/// as a key or as a comment that says why there is none. --config accepts it as it is.
///
/// The secret of the session manager is in it as it is; no other place shows it. The certificate is read, to see whether it can be
/// used. Throws usage_error: what read_jadc2s_file refuses, or what cannot be served at all: a setting that is needed is missing
/// or wrong.
std::string import_jadc2s(const given& file);

/// Why a setting or a section of jadc2s has no key here. Empty: jadc2s has no such setting.
std::string_view why_no_key(std::string_view path) noexcept;
/// Whether jadc2s takes several of this setting.
bool is_repeatable(std::string_view path) noexcept;

}  // namespace couplet::config
