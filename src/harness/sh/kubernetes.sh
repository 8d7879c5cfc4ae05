# shellcheck shell=bash
# kube-apiserver, kube-controller-manager and kubectl: found, else downloaded, else built from the
# distribution's source package. io.vmsnap.harness.controlplane.ControlPlaneBinaries searches the
# same places in the same order.

KUBERNETES=$CACHE/kubernetes
KUBERNETES_RELEASE=${VMSNAP_KUBERNETES_RELEASE:-v1.31.4}
KUBERNETES_URL=${VMSNAP_KUBERNETES_URL:-https://dl.k8s.io/release}
KUBERNETES_PROGRAMS=(kube-apiserver kube-controller-manager kubectl)
KUBERNETES_LOG=$CACHE/logs/kubernetes.log
KUBERNETES_PROGRESS=$KUBERNETES/progress
KUBERNETES_PID=

# What "go install -v" lists: 2000 for the three programs of 1.20, and those of its code generators.
PACKAGES_TO_COMPILE=2050

# find_kubernetes: prints the directory to use. Both servers must be there: without the controller
# manager (envtest's archives have none) nothing runs jobs or collects garbage.
find_kubernetes() {
  local directory
  while read -r directory; do
    if [[ -x $directory/kube-apiserver && -x $directory/kube-controller-manager ]]; then
      echo "$directory"
      return 0
    fi
  done < <(kubernetes_places)
  return 1
}

kubernetes_places() {
  [[ -z ${KUBEBUILDER_ASSETS:-} ]] || echo "$KUBEBUILDER_ASSETS"
  local parent
  for parent in "$HOME/.kubeapitest/k8s" "$KUBERNETES"; do
    [[ ! -d $parent ]] ||
      find "$parent" -mindepth 1 -maxdepth 1 -type d -name '[v0-9]*.*.*-*' | sort --version-sort --reverse
  done
}

# start_kubernetes: in the background, because the build can go on meanwhile.
start_kubernetes() {
  use_kubectl
  ! find_kubernetes >/dev/null || return 0
  require_network "no kube-apiserver is installed; getting one"
  say "getting the Kubernetes control plane, once (log: $KUBERNETES_LOG)"
  ensure_kubernetes_build_tools
  in_background "$KUBERNETES_LOG" "$PROJECT/vmsnap" provision-kubernetes
  KUBERNETES_PID=$STARTED
}

finish_kubernetes() {
  if [[ -n $KUBERNETES_PID ]]; then
    wait_for "$KUBERNETES_PID" "Kubernetes control plane" "$KUBERNETES_LOG" "$KUBERNETES_PROGRESS" ||
      die "there is no control plane. What was done so far is kept: run the same command again"
  fi
  find_kubernetes >/dev/null || die "no kube-apiserver after all; see $KUBERNETES_LOG"
  use_kubectl
}

use_kubectl() {
  local directory
  if ! has kubectl && directory=$(find_kubernetes); then
    export PATH=$PATH:$directory
  fi
}

# Only when a download is not possible; asked now because packages are installed in the foreground.
ensure_kubernetes_build_tools() {
  local program missing=()
  ! kubernetes_downloadable || return 0
  declare -A package=([go]=golang-go [rsync]=rsync [make]=make [patch]=patch [xz]=xz-utils)
  for program in "${!package[@]}"; do
    has "$program" || missing+=("${package[$program]}")
  done
  [[ ${#missing[@]} -eq 0 ]] || install_packages "to build Kubernetes" '' "${missing[@]}"
}

progress() {
  echo "$*"
  echo "$*" >"$KUBERNETES_PROGRESS"
}

# provision_kubernetes: one at a time; who comes second finds the work done.
provision_kubernetes() {
  mkdir -p "$KUBERNETES"
  exec {lock}>"$KUBERNETES/lock"
  if ! flock --nonblock "$lock"; then
    progress "another run is at it"
    flock "$lock"
  fi
  ! find_kubernetes || return 0
  if kubernetes_downloadable; then
    download_kubernetes && return
    echo "the download failed; building instead"
  fi
  build_kubernetes
}

architecture() {
  case $(uname -m) in
    x86_64) echo amd64 ;;
    aarch64) echo arm64 ;;
    *) die "no Kubernetes for $(uname -m)" ;;
  esac
}

fetch() {
  curl --fail --silent --show-error --location --connect-timeout 4 --speed-limit 10000 --speed-time 20 "$@"
}

kubernetes_downloadable() {
  has curl || return 1
  fetch --max-time 10 --output /dev/null \
    "$KUBERNETES_URL/$KUBERNETES_RELEASE/bin/linux/$(architecture)/kube-apiserver.sha256" 2>/dev/null
}

download_kubernetes() {
  local program url staging=$KUBERNETES/download
  rm -rf "$staging"
  mkdir -p "$staging"
  for program in "${KUBERNETES_PROGRAMS[@]}"; do
    progress "downloading $program $KUBERNETES_RELEASE"
    url=$KUBERNETES_URL/$KUBERNETES_RELEASE/bin/linux/$(architecture)/$program
    fetch --output "$staging/$program" "$url" || return
    echo "$(fetch "$url.sha256")  $staging/$program" | sha256sum --check --quiet || return
    chmod +x "$staging/$program"
  done
  publish_kubernetes "$staging" "${KUBERNETES_RELEASE#v}"
}

# publish_kubernetes DIRECTORY VERSION: the name appears only when everything under it works.
publish_kubernetes() {
  local program
  for program in "${KUBERNETES_PROGRAMS[@]::2}"; do
    "$1/$program" --version || return
  done
  mv -T "$1" "$KUBERNETES/$2-linux-$(architecture)"
  progress "ready"
}

# build_kubernetes: in steps that a later run does not repeat.
build_kubernetes() {
  local work=$KUBERNETES/build version
  mkdir -p "$work"
  if [[ ! -d $work/gopath ]]; then
    lock_cache
    prepare_apt
    update_lists
    unpack_kubernetes_source "$work"
    unlock_cache
  fi
  version=$(<"$work/gopath/version")
  compile_kubernetes "$work" "$version"
  progress "installing"
  rm -rf "$work/new"
  mkdir "$work/new"
  cp "${KUBERNETES_PROGRAMS[@]/#/$work/gopath/src/k8s.io/kubernetes/_output/bin/}" "$work/new/"
  publish_kubernetes "$work/new" "$version"
  rm -rf "$work"
}

# The source as the distribution has it, with its patches, in a Go workspace.
unpack_kubernetes_source() {
  local work=$1 new=$1/gopath.new tree upstream
  progress "downloading the source package"
  rm -rf "$work/source" "$new"
  mkdir -p "$work/source" "$new/src/k8s.io"
  (cd "$work/source" && apt-get source --download-only kubernetes)
  progress "unpacking"
  tar -xzf "$work"/source/kubernetes_*.orig.tar.gz -C "$work/source"
  upstream=$(basename "$(echo "$work"/source/kubernetes-*/)")
  tree=$new/src/k8s.io/kubernetes
  mv "$work/source/$upstream" "$tree"
  tar -xJf "$work"/source/kubernetes_*.debian.tar.xz -C "$tree"
  apply_patches "$tree"
  replace_reflect2 "$work" "$tree"
  echo "${upstream#kubernetes-}" >"$new/version"
  mv "$new" "$work/gopath"
}

apply_patches() {
  local patch
  while read -r patch; do
    patch --silent --directory "$1" -p1 <"$1/debian/patches/$patch"
  done < <(grep -v '^#' "$1/debian/patches/series")
}

# Kubernetes 1.20 carries reflect2 1.0.1, which calls into the Go runtime in a way that Go 1.18
# changed: the API server then crashes when it serves a CRD. The distribution packages the mended one.
replace_reflect2() {
  local work=$1 vendored=$2/vendor/github.com/modern-go/reflect2
  if ! grep -q 'mapiterinit(rtype unsafe.Pointer, m unsafe.Pointer) (val' "$vendored"/*.go; then
    return 0
  fi
  mkdir -p "$work/reflect2"
  (cd "$work/reflect2" && apt-get download golang-github-modern-go-reflect2-dev && dpkg -x ./*.deb .)
  rm -f "$vendored"/*.go "$vendored"/*.s
  cp "$work"/reflect2/usr/share/gocode/src/github.com/modern-go/reflect2/*.{go,s} "$vendored/"
}

compile_kubernetes() {
  local work=$1 version=$2 minor status=0
  minor=${version#*.}
  cat >"$work/version.sh" <<VERSION
KUBE_GIT_COMMIT='distribution'
KUBE_GIT_TREE_STATE='archive'
KUBE_GIT_VERSION='v$version'
KUBE_GIT_MAJOR='${version%%.*}'
KUBE_GIT_MINOR='${minor%%.*}'
VERSION
  progress "generating code"
  count_packages "$work/make.log" &
  local counter=$!
  (
    [[ ! -d $UNPACKED/usr/lib/go ]] || export GOROOT=$UNPACKED/usr/lib/go
    unset APT_CONFIG
    cd "$work/gopath/src/k8s.io/kubernetes"
    export GOPATH=$work/gopath GO111MODULE=off CGO_ENABLED=0 GOFLAGS=-v GOTOOLCHAIN=local
    export KUBE_GIT_VERSION_FILE=$work/version.sh
    nice make WHAT="${KUBERNETES_PROGRAMS[*]/#/cmd/}"
  ) >"$work/make.log" 2>&1 || status=$?
  kill "$counter" 2>/dev/null || true
  if [[ $status -ne 0 ]]; then
    # The generators' type checker writes thousands of lines; none of them is the reason.
    grep -v '^[IW][0-9]\{4\} ' "$work/make.log" | tail -n 30
    echo "make ended with status $status; all of its output: $work/make.log"
  fi
  return "$status"
}

count_packages() {
  local count
  while sleep 2; do
    count=$(grep -cE '^(k8s\.io/kubernetes|[a-z0-9]+(/|$))' "$1" 2>/dev/null) || continue
    echo "compiling, package $count of about $PACKAGES_TO_COMPILE" >"$KUBERNETES_PROGRESS"
  done
}
