# shellcheck shell=bash
# The distribution's packages, through an apt configuration of our own: the system's sources and
# lists stay as they are. Root installs packages; others unpack them into the cache.

APT=$CACHE/apt
UNPACKED=$CACHE/root
WRAPPERS=$CACHE/bin
LISTS_VALID_MINUTES=720

# Programs from unpacked packages come first: what is there is there because the system's was missing
# or too old.
use_unpacked() {
  [[ ! -d $WRAPPERS || :$PATH: == *":$WRAPPERS:"* ]] || export PATH=$WRAPPERS:$PATH
}

# A wrapper for each program, because only the wrapper's PATH reaches processes that the harness
# starts with an environment of its own, such as the QEMU of a pod.
write_wrappers() {
  local program triplet options
  triplet=$(uname -m)-linux-gnu
  mkdir -p "$WRAPPERS"
  for program in "$UNPACKED"/{,usr/}{,s}bin/*; do
    [[ -f $program && -x $program ]] || continue
    options=
    # Debian's QEMU looks for its firmware in fixed places.
    [[ $program != */qemu-system-* ]] ||
      options="-L '$UNPACKED/usr/share/qemu' -L '$UNPACKED/usr/share/seabios' -L '$UNPACKED/usr/lib/ipxe/qemu'"
    cat >"$WRAPPERS/.new" <<WRAPPER
#!/bin/sh
LD_LIBRARY_PATH='$UNPACKED/usr/lib/$triplet:$UNPACKED/lib/$triplet'\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}
QEMU_MODULE_DIR='$UNPACKED/usr/lib/$triplet/qemu'
export LD_LIBRARY_PATH QEMU_MODULE_DIR
exec '$program' $options "\$@"
WRAPPER
    chmod +x "$WRAPPERS/.new"
    mv "$WRAPPERS/.new" "$WRAPPERS/$(basename "$program")"
  done
}

is_root() {
  [[ $(id -u) -eq 0 ]]
}

require_apt() {
  command -v apt-get >/dev/null ||
    die "missing: $*. Install it yourself: packages can be found here only with apt (Debian, Ubuntu)"
}

distribution() (
  # shellcheck disable=SC1091 # the system's
  . /etc/os-release
  echo "$ID ${VERSION_CODENAME:-unknown}"
)

# The mirror that the system uses, or the distribution's own.
mirror() {
  local suffix=$1 default=$2 found
  found=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
    grep -v '^#' | grep -oE "(https?|file)://[^ ]+/$suffix(/| |\$)" | head -n 1 | tr -d ' ') || true
  echo "${found:-$default}"
}

sources() {
  local id codename options='' main security
  read -r id codename < <(distribution)
  case $id in
    debian)
      [[ ! -f /usr/share/keyrings/debian-archive-keyring.gpg ]] ||
        options='[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]'
      main=$(mirror debian http://deb.debian.org/debian)
      security=$(mirror debian-security http://deb.debian.org/debian-security)
      echo "deb $options $main $codename main"
      echo "deb $options $main $codename-updates main"
      echo "deb $options $security $codename-security main"
      echo "deb-src $options $main $codename main"
      # QEMU 9 or newer; Debian 13 has it without.
      [[ $codename != bookworm ]] || echo "deb $options $main $codename-backports main"
      ;;
    ubuntu)
      main=$(mirror ubuntu http://archive.ubuntu.com/ubuntu)
      echo "deb $main $codename main universe"
      echo "deb $main $codename-updates main universe"
      echo "deb-src $main $codename main universe"
      ;;
    *) die "packages of $id are not known here: install what is missing yourself" ;;
  esac
}

# Writes the private configuration; every apt-get after it uses that alone.
prepare_apt() {
  mkdir -p "$APT/lists/partial" "$APT/archives/partial"
  sources >"$APT/sources.list.new"
  if ! cmp -s "$APT/sources.list.new" "$APT/sources.list"; then
    rm -f "$APT/updated"
  fi
  mv "$APT/sources.list.new" "$APT/sources.list"
  cat >"$APT/apt.conf" <<CONF
Dir::Etc::sourcelist "$APT/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::lists "$APT/lists";
Dir::Cache "$APT";
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
APT::Sandbox::User "";
CONF
  export APT_CONFIG=$APT/apt.conf DEBIAN_FRONTEND=noninteractive
}

update_lists() {
  require_network "the package lists must be read"
  if [[ -z $(find "$APT/updated" -mmin "-$LISTS_VALID_MINUTES" 2>/dev/null) ]]; then
    logged apt-update "reading package lists" apt-get update || return
    touch "$APT/updated"
  fi
}

# The release to take a package from, as an option of apt-get, or nothing.
release_option() {
  local id codename
  read -r id codename < <(distribution)
  [[ $id-$codename != debian-bookworm ]] || echo "--target-release=bookworm-backports"
}

# One of several runs at a time; the others wait. Released when the script ends.
lock_cache() {
  mkdir -p "$CACHE"
  exec {CACHE_LOCK}>"$CACHE/lock"
  if ! flock --nonblock "$CACHE_LOCK"; then
    say "another ./vmsnap is installing packages; waiting for it"
    flock "$CACHE_LOCK"
  fi
}

unlock_cache() {
  exec {CACHE_LOCK}>&-
}

# install_packages REASON OPTION-OR-EMPTY PACKAGE...
install_packages() {
  local reason=$1 option=$2
  shift 2
  require_apt "$*"
  require_network "$reason: packages $*"
  lock_cache
  prepare_apt
  update_lists || die "no package lists: is there a network? Needed: $*"
  if is_root; then
    say "installing $* ($reason)"
    logged apt-install "installing" apt-get install -y --no-install-recommends \
      ${option:+"$option"} "$@" || die "cannot install $*"
  else
    unpack_packages "$reason" "$option" "$@"
  fi
  unlock_cache
}

# unpack_packages REASON OPTION-OR-EMPTY PACKAGE...: with all they depend on and the system lacks.
unpack_packages() {
  local reason=$1 option=$2 archives=$APT/fetched
  shift 2
  say "unpacking $* into $UNPACKED ($reason)"
  rm -rf "$archives"
  mkdir -p "$archives/partial"
  logged apt-download "downloading" apt-get install -y --no-install-recommends --download-only \
    -o Debug::NoLocking=true -o "Dir::Cache::archives=$archives" ${option:+"$option"} "$@" ||
    die "cannot download $*"
  unpack_archives "$archives"
}

# unpack_only REASON PACKAGE...: no dependencies, not even for root: for self-contained programs
# whose package would start a service.
unpack_only() {
  local reason=$1 archives=$APT/fetched
  shift
  require_apt "$*"
  require_network "$reason: packages $*"
  lock_cache
  prepare_apt
  update_lists || die "no package lists: is there a network? Needed: $*"
  say "unpacking $* into $UNPACKED ($reason)"
  rm -rf "$archives"
  mkdir -p "$archives"
  (cd "$archives" && logged apt-download "downloading" apt-get download "$@") ||
    die "cannot download $*"
  unpack_archives "$archives"
  unlock_cache
}

unpack_archives() {
  local archive
  for archive in "$1"/*.deb; do
    dpkg -x "$archive" "$UNPACKED" || die "cannot unpack $archive: is the disk full?"
  done
  rm -rf "$1"
  write_wrappers
  use_unpacked
}

use_unpacked
