# shellcheck shell=bash
# The build. Maven asks its repositories about plugins even when it has all it needs, so what once
# succeeded with a network is repeated without one.

MAVEN=("$PROJECT/mvnw" --batch-mode --no-transfer-progress --file "$PROJECT/pom.xml")
BUILT=$PROJECT/target/vmsnap-built

# The formatter's libraries still use it, and Java 25 says so at length.
export MAVEN_OPTS="--sun-misc-unsafe-memory-access=allow ${MAVEN_OPTS:-}"

# build_app: target/quarkus-app and the harness's classes, if the sources changed since.
build_app() {
  local fingerprint
  fingerprint=$(source_fingerprint)
  if [[ -f $PROJECT/target/harness.classpath && -f $BUILT && $(<"$BUILT") == "$fingerprint" ]]; then
    return
  fi
  say "building (log: $CACHE/logs/maven-package.log)"
  rm -f "$BUILT"
  # Formatting would change the sources under the fingerprint.
  maven_quietly package -DskipTests -Dspotless.apply.skip package || die "the build failed"
  echo "$fingerprint" >"$BUILT"
}

source_fingerprint() {
  (cd "$PROJECT" && find pom.xml crds src -type f -printf '%p %s %T@\n' 2>/dev/null) |
    LC_ALL=C sort | sha256sum | cut -d ' ' -f 1
}

# maven_verify ARGUMENT...: all tests, with Maven's output as it is. CI checks the format first, and
# runs a test that failed a second time: one that passes then is listed under "Flakes", to be mended.
maven_verify() {
  local arguments=(verify "$@") status=0 stamp
  [[ -z ${CI:-} ]] || arguments=(spotless:check "${arguments[@]}"
    -Dsurefire.rerunFailingTestsCount=1 -Dfailsafe.rerunFailingTestsCount=1)
  stamp=$(maven_stamp verify)
  cd "$PROJECT" || return
  if [[ -f $stamp || -n ${VMSNAP_OFFLINE:-} ]]; then
    mkdir -p "$CACHE/logs"
    "${MAVEN[@]}" --offline "${arguments[@]}" 2>&1 | tee "$CACHE/logs/maven-verify.log" || status=$?
    [[ $status -ne 0 ]] || return 0
    lacks_artifacts maven-verify || return "$status"
    require_network "Maven lacks artifacts"
    say "the local Maven repository lacks something: once more, with the network"
  fi
  rm -f "$stamp"
  "${MAVEN[@]}" "${arguments[@]}" || return
  remember "$stamp"
}

# maven_quietly NAME ARGUMENT...: output to a log, shown only on failure.
maven_quietly() {
  local name=$1 stamp
  shift
  stamp=$(maven_stamp "$name")
  if [[ -f $stamp || -n ${VMSNAP_OFFLINE:-} ]]; then
    if maven_offline "$name" "$@"; then
      return 0
    fi
    lacks_artifacts "maven-$name" || {
      report_failure "building" 1 "$CACHE/logs/maven-$name.log"
      return 1
    }
    require_network "Maven lacks artifacts"
  fi
  rm -f "$stamp"
  logged "maven-$name" "building" "${MAVEN[@]}" "$@" || return
  remember "$stamp"
}

maven_offline() {
  local name=$1 log=$CACHE/logs/maven-$1.log
  shift
  in_background "$log" "${MAVEN[@]}" --offline "$@"
  wait_for "$STARTED" "building" "$log" 2>/dev/null
}

# maven_stamp NAME: exists when that build, with this pom.xml, has got all it needs.
maven_stamp() {
  local key
  key=$(cat "$PROJECT/pom.xml" "$PROJECT/.mvn/wrapper/maven-wrapper.properties" | sha256sum | cut -c -16)
  echo "$CACHE/maven/$key-$1"
}

remember() {
  mkdir -p "$(dirname "$1")"
  touch "$1"
}

lacks_artifacts() {
  grep -qE 'in offline mode|has not been downloaded from it before' "$CACHE/logs/$1.log"
}
