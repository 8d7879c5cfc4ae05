# shellcheck shell=bash
# A cluster of real nodes in containers (https://kind.sigs.k8s.io), with the image and the chart of this
# checkout, for ./vmsnap e2e --cluster kind. It is kept for the next run: kind delete cluster --name vmsnap.

KIND_CLUSTER=${VMSNAP_KIND_CLUSTER:-vmsnap}
KIND_RELEASE=${VMSNAP_KIND_RELEASE:-v0.30.0}
KIND_URL=${VMSNAP_KIND_URL:-https://kind.sigs.k8s.io/dl}
KIND_KUBECONFIG=$CACHE/kind/$KIND_CLUSTER.kubeconfig

# find_engine: prints the container engine whose service answers.
find_engine() {
  local engine
  for engine in ${VMSNAP_ENGINE:-docker podman}; do
    if has "$engine" && "$engine" info >/dev/null 2>&1; then
      echo "$engine"
      return 0
    fi
  done
  return 1
}

# ensure_kind: sets KIND to the program, found or downloaded.
ensure_kind() {
  if has kind; then
    KIND=kind
    return
  fi
  KIND=$CACHE/kind/kind-$KIND_RELEASE
  [[ ! -x $KIND ]] || return 0
  require_network "kind is not installed; getting it"
  mkdir -p "$(dirname "$KIND")"
  curl --fail --silent --show-error --location --output "$KIND.part" "$KIND_URL/$KIND_RELEASE/kind-linux-amd64" ||
    die "kind cannot be downloaded from $KIND_URL"
  chmod +x "$KIND.part"
  mv "$KIND.part" "$KIND"
}

# prepare_kind IMAGE: cluster, image and chart; exports what the scenarios read. Without an image: builds it.
prepare_kind() {
  local image=${1:-} engine
  engine=$(find_engine) || die "kind needs docker or podman, and neither answers ('docker info', 'podman info')"
  [[ $engine != podman ]] || export KIND_EXPERIMENTAL_PROVIDER=podman
  ensure_kind
  if [[ -z $image ]]; then
    image=localhost/vmsnap:e2e
    logged image "building $image" "$engine" build --tag "$image" "$PROJECT"
  fi
  if "$KIND" get clusters 2>/dev/null | grep -qx "$KIND_CLUSTER"; then
    "$KIND" export kubeconfig --name "$KIND_CLUSTER" --kubeconfig "$KIND_KUBECONFIG"
  else
    mkdir -p "$(dirname "$KIND_KUBECONFIG")"
    logged kind "creating the cluster" "$KIND" create cluster --name "$KIND_CLUSTER" \
      --kubeconfig "$KIND_KUBECONFIG" --wait 180s
  fi
  load_image "$engine" "$image"
  use_cluster "$KIND_KUBECONFIG" "$image"
}

# An archive, because "kind load docker-image" knows docker only.
load_image() {
  local archive
  archive=$(mktemp --suffix .tar)
  logged kind-load "loading $2 into the cluster" \
    sh -c "$1 save --output '$archive' '$2' && '$KIND' load image-archive '$archive' --name '$KIND_CLUSTER'" ||
    { rm -f "$archive"; return 1; }
  rm -f "$archive"
}

# use_cluster KUBECONFIG IMAGE: installs the chart, and lets the scenarios run against that operator.
use_cluster() {
  export KUBECONFIG=$1 VMSNAP_IMAGE=$2 VMSNAP_CLUSTER=current VMSNAP_OPERATOR=installed
  build_app
  (harness io.vmsnap.harness.cluster.ChartInstall "$1" "$2") || die "the chart cannot be installed"
}

# run_scenarios [--cluster embedded|kind|current] [--image IMAGE] MVN-ARGUMENT...
run_scenarios() {
  local cluster=embedded image='' arguments=(-Dtest=NONE '-Dit.test=*ClusterIT' -Dsurefire.failIfNoSpecifiedTests=false)
  while [[ $# -gt 0 ]]; do
    case $1 in
      --cluster | --image)
        [[ $# -ge 2 ]] || die "$1 needs a value"
        [[ $1 == --image ]] || cluster=$2
        [[ $1 == --cluster ]] || image=$2
        shift 2
        ;;
      *)
        arguments+=("$1")
        shift
        ;;
    esac
  done
  case $cluster in
    embedded) run_tests "${arguments[@]}" ;;
    kind)
      setup cluster
      finish_kubernetes
      prepare_kind "$image"
      run_tests "${arguments[@]}"
      ;;
    current)
      [[ -n $image ]] || die "pods of a real cluster need an image: give --image"
      setup cluster
      finish_kubernetes
      use_cluster "${KUBECONFIG:-$HOME/.kube/config}" "$image"
      run_tests "${arguments[@]}"
      ;;
    *) die "--cluster $cluster: expected embedded, kind or current" ;;
  esac
}
