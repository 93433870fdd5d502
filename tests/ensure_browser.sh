#!/bin/sh
# The tests of the documentation pages drive a real headless Chromium: install Debian's where that is possible.
set -eu
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null
else
    echo "tests need a Chromium: install the package 'chromium' (or google-chrome) and run again" >&2
    exit 1
fi
