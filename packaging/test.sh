#!/usr/bin/env bash
# Installs what the tests need and runs the whole test suite:  packaging/test.sh [cargo test's arguments]
set -euo pipefail
cd "$(dirname "$0")/.."
packaging/install-dependencies.sh --tests
export PATH="$HOME/.cargo/bin:$PATH"
# Pictures are drawn by Mesa's software Vulkan, so that they are the same with any GPU or none.
exec cargo test --locked "$@"
