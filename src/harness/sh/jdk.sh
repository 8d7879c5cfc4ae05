# shellcheck shell=bash
# The JDK that builds and runs everything.

JDK_AT_LEAST=25

# Where releases are listed; the answer's form is described on https://api.adoptium.net/q/swagger-ui/
JDK_URL=${VMSNAP_JDK_URL:-https://api.adoptium.net/v3}
JDKS=$CACHE/jdk

ensure_jdk() {
  local found package
  if found=$(find_jdk); then
    export JAVA_HOME=$found
    return
  fi
  if package=$(jdk_package); then
    install_jdk "$package"
    found=$(find_jdk) || die "$package is installed, but no JDK $JDK_AT_LEAST is to be found under /usr/lib/jvm"
  else
    require_network "JDK $JDK_AT_LEAST, from $JDK_URL"
    say "downloading JDK $JDK_AT_LEAST, which this distribution does not offer"
    download_jdk ||
      die "no JDK $JDK_AT_LEAST found (JAVA_HOME, /usr/lib/jvm, ~/.sdkman, PATH), this distribution's sources" \
        "offer none, and the download failed. Get one from" \
        "https://adoptium.net/temurin/releases/?version=$JDK_AT_LEAST, unpack it, and set JAVA_HOME to it"
    found=$(find_jdk) || die "the JDK that was downloaded to $JDKS does not work"
  fi
  export JAVA_HOME=$found
}

find_jdk() {
  local home
  for home in "${JAVA_HOME:-}" /usr/lib/jvm/*"$JDK_AT_LEAST"* "$UNPACKED"/usr/lib/jvm/*"$JDK_AT_LEAST"* "$JDKS"/*"$JDK_AT_LEAST"* \
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

# Published by a rename when it is whole, so that a run that was cut off leaves nothing half there.
download_jdk() {
  local release link checksum staging=$JDKS/staging
  has curl || return
  rm -rf "$staging"
  mkdir -p "$staging/unpacked"
  release=$(fetch "$JDK_URL/assets/latest/$JDK_AT_LEAST/hotspot?architecture=$(jdk_architecture)&image_type=jdk&os=linux&vendor=eclipse") ||
    return
  link=$(jdk_field link 'https\{0,1\}[^"]*\.tar\.gz' <<<"$release")
  checksum=$(jdk_field checksum '[0-9a-f]\{64\}' <<<"$release")
  if [[ -z $link || -z $checksum ]]; then
    echo "$JDK_URL names no download for $(jdk_architecture)"
    return 1
  fi
  say "downloading $link"
  fetch --output "$staging/jdk.tar.gz" "$link" || return
  echo "$checksum  $staging/jdk.tar.gz" | sha256sum --check --quiet || return
  tar -xzf "$staging/jdk.tar.gz" -C "$staging/unpacked" || return
  mv -T "$staging"/unpacked/* "$JDKS/temurin-$JDK_AT_LEAST" || return
  rm -rf "$staging"
}

# The first field of that name and form; the JDK's package comes before its installer.
jdk_field() {
  sed -n "s/.*\"$1\": *\"\($2\)\".*/\1/p" | head -n 1
}

jdk_architecture() {
  case $(uname -m) in
    x86_64) echo x64 ;;
    *) uname -m ;;
  esac
}
