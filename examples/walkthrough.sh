#!/bin/sh
# The calls API request by request: upload a list, start, poll, read results and history.
# Usage: sh walkthrough.sh numbers.txt        (KARNAY_URL and KARNAY_TOKEN say where and as whom)
set -eu

list=${1:?"usage: sh walkthrough.sh numbers.txt"}
url=${KARNAY_URL:-http://127.0.0.1:3000}

# One request; its answer on stdout. An answer that is an error is shown, and ends the walkthrough.
ask() {
    path=$1
    shift
    if [ -n "${KARNAY_TOKEN:-}" ]; then
        set -- "$@" -H "Authorization: Bearer $KARNAY_TOKEN"
    fi
    curl --silent --show-error --fail-with-body "$@" "$url$path" && return
    echo >&2
    exit 1
}

# The value of one field, where a JSON object has it once: field name < object
field() {
    sed -n 's/.*"'"$1"'":"\{0,1\}\([^",}]*\).*/\1/p'
}

echo "1. Upload $list; it replaces the list that was there."
answer=$(ask /calls/upload -F "file=@$list")
echo "$answer"

echo "2. Start the calls. No body is needed."
answer=$(ask /calls/start -X POST)
echo "$answer"
session=$(echo "$answer" | field sessionId)

echo "3. Look at the session until it is completed."
while :; do
    answer=$(ask "/calls/session/$session")
    status=$(echo "$answer" | field status)
    echo "   $status $(echo "$answer" | field progressPercentage)%:" \
        "$(echo "$answer" | field connectedCalls) connected," \
        "$(echo "$answer" | field failedCalls) failed of $(echo "$answer" | field totalNumbers)"
    case $status in
    COMPLETED) break ;;
    FAILED)
        echo "   $(echo "$answer" | field errorMessage)" >&2
        exit 1
        ;;
    esac
    sleep "${KARNAY_POLL_SECONDS:-3}"
done
echo "$answer"

echo "4. The result of every call, a bare array."
ask "/calls/session/$session/results"
echo

echo "5. The newest calls of all sessions."
ask "/calls/history?limit=5"
echo
