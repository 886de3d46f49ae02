#!/bin/sh
# Installs the real servers that the tests run against, as far as this machine allows; never fails the build.
# Run from the project's root ("make parts"). What is missing afterwards is named here, and skipped visibly in the tests.

SYNAPSE=.cache/synapse
ELEMENT=.cache/element

missing() {
    echo "parts: $1 is missing, its tests will be skipped. $2" >&2
}

# The packages of these names, where this machine has them.
debian() {
    absent=""
    for package in "$@"; do
        status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null)
        [ "$status" = "install ok installed" ] || absent="$absent $package"
    done
    [ -n "$absent" ] || return 0
    if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
        # shellcheck disable=SC2086  # one word for each package
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $absent; } >/dev/null ||
            missing "one of$absent" "Try: apt-get install$absent"
    elif command -v apt-get >/dev/null 2>&1; then
        missing "one of$absent" "Try: sudo apt-get install$absent"
    else
        missing "one of$absent" "On Debian and Ubuntu they are packages of these names."
    fi
}

# --- Synapse: a Matrix homeserver, in a virtual environment of its own; meanwhile the others are fetched
synapse() {
    "$SYNAPSE/bin/python" -c 'import synapse' >/dev/null 2>&1 && return
    mkdir -p .cache
    "${PYTHON:-python3}" -m venv "$SYNAPSE" &&
        "$SYNAPSE/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/servers/synapse.lock ||
        missing "Synapse" "It needs Python with venv, and a package index: try \"make parts\" again."
}
synapse &

# --- Apertium, a translation engine, and Chromium, for the demo page
# Debian's npm brings hundreds of packages along: where there is one already, it will do.
command -v npm >/dev/null 2>&1 && NODE="" || NODE="nodejs npm"
# shellcheck disable=SC2086  # one word for each package
debian apertium apertium-apy apertium-fr-es apertium-eng-spa apertium-es-pt chromium $NODE

# --- matrix-js-sdk: Element's own encryption, run by Node.js (18 or later)
if ! cmp -s tests/servers/element/package-lock.json "$ELEMENT/installed"; then
    mkdir -p "$ELEMENT"
    rm -f "$ELEMENT/installed"
    cp tests/servers/element/package.json tests/servers/element/package-lock.json "$ELEMENT" &&
        (cd "$ELEMENT" && timeout 120 npm ci --ignore-scripts --loglevel error --no-audit --no-fund --fetch-retries 1 --fetch-timeout 20000) >/dev/null &&
        cp tests/servers/element/package-lock.json "$ELEMENT/installed" ||
        missing "matrix-js-sdk" "It needs Node.js with npm, and npm's registry: try \"make parts\" again."
fi
wait
exit 0
