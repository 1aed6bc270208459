# Sourced by ./build and ./tidemark: exports JAVA_HOME of a JDK 25 or later, or ends with advice.
# With tidemark_tool=java a runtime without compiler is enough.
# Order: JAVA_HOME, then the usual places of distributions and version managers, then PATH.

: "${tidemark_tool:=javac}"

tidemark_java_major() {
  "$1/bin/java" -XshowSettings:properties -version 2>&1 \
    | sed -n 's/^ *java\.specification\.version = //p'
}

tidemark_is_jdk25() {
  [ -x "$1/bin/java" ] && [ -x "$1/bin/$tidemark_tool" ] || return 1
  # The release file answers without starting a JVM.
  tidemark_major=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release" 2>/dev/null)
  [ -n "$tidemark_major" ] || tidemark_major=$(tidemark_java_major "$1")
  [ "${tidemark_major:-0}" -ge 25 ] 2>/dev/null
}

tidemark_find_jdk() {
  for tidemark_home in "${JAVA_HOME:-/nonexistent}" \
    /usr/lib/jvm/*25* /usr/lib/jvm/* /usr/java/* /opt/java/* /opt/jdk* \
    "${HOME:-/nonexistent}"/.sdkman/candidates/java/* "${HOME:-/nonexistent}"/.jdks/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home; do
    if tidemark_is_jdk25 "$tidemark_home"; then
      JAVA_HOME=$tidemark_home
      return 0
    fi
  done
  tidemark_path=$(command -v "$tidemark_tool" 2>/dev/null) || return 1
  tidemark_home=$(dirname "$(dirname "$(readlink -f "$tidemark_path")")")
  tidemark_is_jdk25 "$tidemark_home" && JAVA_HOME=$tidemark_home
}

tidemark_find_jdk || {
  echo "tidemark: no JDK 25 or later found in JAVA_HOME, /usr/lib/jvm, the usual places or PATH." >&2
  echo "Install one, for example Eclipse Temurin: apt-get install temurin-25-jdk, or set JAVA_HOME." >&2
  exit 69
}
export JAVA_HOME
