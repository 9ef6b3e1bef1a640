# Functions for scripts that let apt download something without changing how the machine is set up: with a list of sources of its own, made from the
# machine's, and a state of its own. apt checks the archive's signature all the same. As root or as any user.
#
#   . scripts/apt-apart.bash; begin_apart; derive_sources; (cd "$work/package" && apt_apart …)

# A folder that goes when the script ends: $work.
begin_apart() {
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  # apt downloads as a user of its own where it can.
  chmod 755 "$work"
  mkdir -p "$work"/{sources,state/lists/partial,cache/archives/partial,package}
  # Read after apt's own configuration, of which the proxies and keys stay in force.
  cat >"$work/apt.conf" <<CONFIGURATION
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "$work/sources";
Dir::State "$work/state";
Dir::State::Lists "$work/state/lists";
Dir::Cache "$work/cache";
Acquire::Languages "none";
Acquire::Retries "2";
APT::Default-Release "";
APT::Get::AllowUnauthenticated "false";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
CONFIGURATION
}

apt_apart() { apt-get --config-file "$work/apt.conf" "$@"; }

# Every list of sources that apt reads, in both formats, as lines_for (*.list) and stanzas_for (*.sources), the script's functions, make them of stdin.
derive_sources() {
  local sourcelist=/etc/apt/sources.list sourceparts=/etc/apt/sources.list.d file number=0
  eval "$(apt-config shell sourcelist Dir::Etc::sourcelist/f sourceparts Dir::Etc::sourceparts/d)"
  for file in "$sourcelist" "$sourceparts"/*.list "$sourceparts"/*.sources; do
    [[ -r $file ]] || continue
    number=$((number + 1))
    case $file in
      *.list) lines_for <"$file" >"$work/sources/$number.list" ;;
      *.sources) stanzas_for <"$file" >"$work/sources/$number.sources" ;;
    esac
  done
}

# What apt could not do, of what it said.
why_apt_failed() {
  grep -m 1 -E '^[EW]: Failed to fetch' "$1" || grep -m 1 '^E: ' "$1" || printf 'apt-get failed'
}
