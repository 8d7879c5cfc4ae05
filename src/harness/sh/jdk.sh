# shellcheck shell=bash
# The JDK that builds and runs everything.

JDK_AT_LEAST=25

ensure_jdk() {
  local found package
  if found=$(find_jdk); then
    export JAVA_HOME=$found
    return
  fi
  package=$(jdk_package) || die "no JDK $JDK_AT_LEAST found (JAVA_HOME, /usr/lib/jvm, ~/.sdkman, PATH), and this" \
    "distribution's sources offer none. Get one from https://adoptium.net/temurin/releases/?version=$JDK_AT_LEAST," \
    "unpack it, and set JAVA_HOME to it"
  install_jdk "$package"
  found=$(find_jdk) || die "$package is installed, but no JDK $JDK_AT_LEAST is to be found under /usr/lib/jvm"
  export JAVA_HOME=$found
}

find_jdk() {
  local home
  for home in "${JAVA_HOME:-}" /usr/lib/jvm/*"$JDK_AT_LEAST"* "$UNPACKED"/usr/lib/jvm/*"$JDK_AT_LEAST"* \
    "$HOME"/.sdkman/candidates/java/"$JDK_AT_LEAST"* "$(jdk_on_path)"; do
    if jdk_new_enough "$home"; then
      echo "$home"
      return 0
    fi
  done
  return 1
}

jdk_on_path() {
  local javac
  javac=$(command -v javac) || return 0
  dirname "$(dirname "$(readlink -f "$javac")")"
}

# A JRE has no javac; a directory of a removed package has nothing.
jdk_new_enough() {
  local home=$1 major
  [[ -n $home && -x $home/bin/javac && -r $home/release ]] || return 1
  major=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$home/release")
  [[ -n $major && $major -ge $JDK_AT_LEAST ]]
}

# The system's own sources count too: people add Adoptium's there.
jdk_package() {
  local package
  command -v apt-cache >/dev/null || return 1
  for package in "temurin-$JDK_AT_LEAST-jdk" "openjdk-$JDK_AT_LEAST-jdk-headless"; do
    if env -u APT_CONFIG apt-cache show "$package" >/dev/null 2>&1; then
      echo "$package"
      return 0
    fi
  done
  return 1
}

install_jdk() {
  require_network "JDK $JDK_AT_LEAST: package $1"
  if is_root; then
    say "installing $1"
    logged apt-install "installing $1" env -u APT_CONFIG DEBIAN_FRONTEND=noninteractive \
      apt-get install -y --no-install-recommends "$1" || die "cannot install $1"
  else
    local archives=$APT/fetched-jdk
    say "unpacking $1 into $UNPACKED"
    mkdir -p "$archives"
    (cd "$archives" && logged apt-download "downloading $1" env -u APT_CONFIG apt-get download "$1") ||
      die "cannot download $1"
    unpack_archives "$archives"
  fi
}
