#!/bin/bash
# @bytecodealliance/jco 1.35.0 (npm), `jco transpile --instantiation`: the declarations and the code that it generates name an imported
# interface differently. For an import of `acme:shop/prices@1.2.0`, the type ImportObject in the .d.ts file wants the key
# 'acme:shop/prices@1.2.0', and the JavaScript file reads imports['acme:shop/prices'], without the version.
#
# An object that TypeScript accepts therefore fails when it is used: instantiation ends with a TypeError, since the key that is read is
# undefined. An object with both keys works.
#
# Seen with Node.js 20. This script fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes > /dev/null
npm install --silent --no-fund --no-audit @bytecodealliance/jco@1.35.0
cat > shop.wat <<'WAT'
(component
  (import "acme:shop/prices@1.2.0" (instance $prices (export "double" (func (param "price" u32) (result u32)))))
  (core func $double (canon lower (func $prices "double")))
  (core module $code
    (import "prices" "double" (func $double (param i32) (result i32)))
    (func (export "run") (result i32) (call $double (i32.const 21))))
  (core instance $code (instantiate $code (with "prices" (instance (export "double" (func $double))))))
  (func (export "run") (result u32) (canon lift (core func $code "run"))))
WAT
npx jco parse shop.wat -o shop.wasm
npx jco transpile shop.wasm -o out --instantiation sync > /dev/null
cat > run.mjs <<'JS'
import { readFileSync } from 'node:fs';
import { instantiate } from './out/shop.js';
const module = (path) => new WebAssembly.Module(readFileSync(`out/${path}`));
const prices = { double: (price) => 2 * price };
for (const keys of [['acme:shop/prices@1.2.0'], ['acme:shop/prices']]) {
  try {
    console.log(`${keys}: ${instantiate(module, Object.fromEntries(keys.map((key) => [key, prices]))).run()}`);
  } catch (error) {
    console.log(`${keys}: ${error.name}`);
  }
}
JS
echo '{"type": "module"}' > package.json
seen="$(sed -n "s/^ *\('acme[^']*'\): .*/declared: \1/p" out/shop.d.ts)
$(node run.mjs)"
echo "$seen"
[ "$seen" = "declared: 'acme:shop/prices@1.2.0'
acme:shop/prices@1.2.0: TypeError
acme:shop/prices: 42" ]
