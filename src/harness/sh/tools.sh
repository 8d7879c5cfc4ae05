# shellcheck shell=bash
# Programs that the harness and the tests call, and the packages they come in.

QEMU_AT_LEAST=9

# "program package" for each profile; a profile has the ones before it too.
tools_of() {
  local profile=$1
  cat <<'TOOLS'
mkfs.ext4 e2fsprogs
setpriv util-linux
TOOLS
  if [[ $profile == test ]]; then
    cat <<'TOOLS'
vmdkinfo libvmdk-utils
mkfs.xfs xfsprogs
mkfs.btrfs btrfs-progs
fio fio
curl curl
shellcheck shellcheck
TOOLS
  fi
}

ensure_tools() {
  local program package missing=()
  while read -r program package; do
    has "$program" || missing+=("$package")
  done < <(tools_of "$1")
  [[ ${#missing[@]} -eq 0 ]] || install_packages "needed to run and test" '' "${missing[@]}"
  ensure_qemu
  # Its package starts a server that nobody asked for, so it is only unpacked.
  has etcd || unpack_only "the control plane's store" etcd-server
}

has() {
  command -v "$1" >/dev/null || [[ -x /usr/sbin/$1 || -x /sbin/$1 ]]
}

ensure_qemu() {
  local missing=()
  qemu_new_enough qemu-system-x86_64 || missing+=(qemu-system-x86)
  qemu_new_enough qemu-img || missing+=(qemu-utils)
  [[ ${#missing[@]} -gt 0 ]] || return 0
  install_packages "QEMU $QEMU_AT_LEAST or newer" "$(release_option)" "${missing[@]}"
  qemu_new_enough qemu-system-x86_64 ||
    die "QEMU $QEMU_AT_LEAST or newer is needed, this distribution has $(qemu-system-x86_64 --version 2>&1 | head -n 1)"
}

qemu_new_enough() {
  local major
  major=$("$1" --version 2>/dev/null | sed -n '1s/.*version \([0-9]*\).*/\1/p') || return 1
  [[ -n $major && $major -ge $QEMU_AT_LEAST ]]
}
