#include "config/command_line.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/tls_library.hpp"
#include "jadc2s.hpp"
#include "lookup.hpp"
#include "settings.hpp"
#include "values.hpp"

namespace couplet::config {

namespace {

constexpr const char* description =
    "Couplet, an XMPP client connection manager.\n"
    "Flags beat the environment (COUPLET_MAX_STANZA_BYTES for --max-stanza-bytes, and so on), which beats the file.";

constexpr const char* footer =
    "\nA SECRET may be @FILE: the first line of that file. One that begins with @ must be in a file.\n"
    "In the environment several values are separated by commas or line feeds, COUPLET_USER and COUPLET_C2S by line feeds\n"
    "only. In the file they are lists: domain = [\"a.example\", \"b.example\"].\n"
    "\nExit codes:\n"
    "  0  a clean stop, or what was asked for is done (--help, --check-config, --backup, --export, --import and the like)\n"
    "  1  could not start or run: a port is taken, the database of --data or the ready file cannot be written, the session\n"
    "     manager refuses our secret\n"
    "  2  wrong usage or configuration; that includes a file named in it that cannot be read (--config, --users, @FILE)\n"
    "\nSignals:\n"
    "  SIGTERM, SIGINT  a clean stop: nobody new, clients are told, what is under way arrives; a second one stops at once\n"
    "  SIGHUP           reads again, from where they came: certificates (--tls-cert, --tls-key, --tls-client-ca,\n"
    "                   --component-ca), accounts, the secrets of --c2s, --component and --sm-secret, --log-level,\n"
    "                   --log-format and --log-stanzas. Nobody is disconnected.\n"
    "                   Accounts that are no longer listed stay until a restart, and so does all else. Where something is\n"
    "                   wrong now, a log line says so and the old configuration stays.\n"
    "  SIGUSR1          writes into the log who is served (--sm, --c2s, --component), and counts of logins";

/// Every flag with a value is a list for CLI11; the help says "..." only behind those that are one for us.
class help_formatter : public CLI::Formatter {
 public:
  std::string make_option_opts(const CLI::Option* option) const override {
    const auto argument = option->get_type_name();
    return argument.empty() ? argument : " " + argument;
  }
};

/// CLI11 takes the command line apart and writes the help; values are read by us, since its errors would quote secrets.
class parser {
 public:
  parser() : app_(description, "couplet") {
    app_.set_help_flag("-h,--help", "Print this and exit");
    app_.set_version_flag("--version", "couplet " COUPLET_VERSION " (" + std::string(base::tls_library()) + ")",
                          "Print the version and exit");
    auto formatter = std::make_shared<help_formatter>();
    formatter->column_width(42);
    app_.formatter(std::move(formatter));
    app_.footer(footer);
    // An unknown flag is our error, which does not show the value behind it.
    app_.allow_extras();
    for (const auto& f : all_flags()) add(f);
  }

  settings parse(std::vector<std::string> arguments) {
    std::vector<std::string> reversed(std::make_move_iterator(arguments.rbegin()), std::make_move_iterator(arguments.rend()));
    app_.parse(std::move(reversed));
    refuse_extras();
    settings all;
    for (const auto& [option, name] : options_) {
      for (const auto& text : option->results()) all[name].emplace_back(text, "--" + name);
    }
    return all;
  }

  std::string help() const { return app_.help(); }
  std::string version() const { return app_.version(); }

 private:
  void add(const flag& f) {
    const std::string name(f.name);
    const std::string help(f.help);
    if (f.takes == shape::one_switch) {
      CLI::Option* const option = app_.add_flag("--" + name, help);
      option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)->group(std::string(f.group));
      options_.emplace_back(option, name);
      return;
    }
    // One value behind each flag, as often as it is given: how often it may be is checked with the other sources.
    CLI::Option* const option = app_.add_option("--" + name, values_[name], help);
    option->type_name(std::string(f.argument) + (is_list(f.takes) ? " ..." : ""))
        ->group(std::string(f.group))
        ->allow_extra_args(false);
    options_.emplace_back(option, name);
  }

  void refuse_extras() const {
    const auto extras = app_.remaining();
    if (extras.empty()) return;
    const auto& first = extras.front();
    const auto name = first.substr(0, first.find('='));
    const bool is_name =
        name.size() > 2 && name.starts_with("--") &&
        name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == std::string::npos;
    if (is_name) throw usage_error(name, "unknown flag; --help lists those there are");
    // It may be a secret that the shell took apart.
    throw usage_error("command line", "an argument belongs to no flag; values with blanks need quotes");
  }

  CLI::App app_;
  std::map<std::string, std::vector<std::string>> values_;
  std::vector<std::pair<CLI::Option*, std::string>> options_;
};

/// Overwrites a secret: the whole of a value without a name in front, else what stands behind the colon.
void blank(char* value, shape takes) noexcept {
  const std::string_view text(value);
  std::size_t begin = 0;
  if (takes == shape::secret_list) {
    const auto colon = secret_split(text);
    if (colon != std::string_view::npos) begin = colon + 1;
  }
  for (std::size_t i = begin; i < text.size(); ++i) value[i] = 'x';
}

void blank_secrets(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument(argv[i]);
    if (!argument.starts_with("--")) continue;
    const auto equals = argument.find('=');
    const flag* const f = find_flag(argument.substr(2, equals == std::string_view::npos ? equals : equals - 2));
    if (f == nullptr || !holds_secret(f->takes)) continue;
    if (equals != std::string_view::npos) {
      blank(argv[i] + equals + 1, f->takes);
    } else if (i + 1 < argc) {
      blank(argv[++i], f->takes);
    }
  }
}

outcome exit_with(int code, std::string text) {
  if (text.empty() || text.back() != '\n') text += '\n';
  outcome o;
  o.code = code;
  o.text = std::move(text);
  return o;
}

outcome wrong(const std::string& what) {
  return exit_with(2, "couplet: " + what);
}

outcome read_all(std::vector<std::string> arguments, options& out, const environment& env) {
  parser p;
  settings all;
  try {
    all = p.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    return exit_with(0, p.help());
  } catch (const CLI::CallForVersion&) {
    return exit_with(0, p.version());
  } catch (const CLI::ParseError& e) {
    return wrong(e.what());
  }
  if (const given* const old = one_of(all, "import-jadc2s")) {
    if (all.size() > 1)
      throw usage_error(old->origin, "stands alone: what it prints is to be changed, or to be used with other flags");
    return exit_with(0, import_jadc2s(*old));
  }
  add_environment(all, env);
  if (const auto file = all.find("config"); file != all.end()) {
    if (file->second.size() > 1) throw usage_error(file->second[1].origin, "is given more than once");
    add_file(all, file->second.front());
  }
  out = make_options(all);
  const auto check = all.find("check-config");
  if (check != all.end() && read_switch(check->second.front())) return exit_with(0, "The configuration is valid.");
  outcome go;
  go.run = true;
  return go;
}

}  // namespace

outcome parse_command_line(int argc, char** argv, options& out, const environment& env) {
  std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  blank_secrets(argc, argv);
  try {
    return read_all(std::move(arguments), out, env);
  } catch (const usage_error& e) {
    return wrong(e.what());
  }
}

outcome parse_command_line(int argc, char** argv, options& out) {
  return parse_command_line(argc, argv, out, [](const std::string& name) -> std::optional<std::string> {
    const char* const value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  });
}

}  // namespace couplet::config
