#!/bin/bash
# Node.js with the headers of npm's node-api-headers 1.5.0: a class made by `napi_define_class` is never collected while its context
# lives, though nothing refers to it any more. A plain object and a function made by `napi_create_function` are.
#
# Each kind is made 200 times with a finalizer on it (`napi_add_finalizer`), nothing keeps it, and the garbage is collected ten times, with
# turns of the event loop between. Output that was seen (finalizers that ran, of 200):
#
#     object: 200
#     function: 200
#     class: 0
#
# An addon that defines a class for each thing that it loads therefore grows for ever; what to do: define each class once, and keep what
# differs in the instances.
#
# Seen with Node.js 20.20.2. This script fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes > /dev/null
npm install --silent --no-fund --no-audit node-api-headers@1.5.0
cat > addon.c <<'C'
#include <node_api.h>
#include <stddef.h>
#include <stdint.h>

static int collected;

static void finalize(napi_env env, void *data, void *hint) { collected++; }

static napi_value nothing(napi_env env, napi_callback_info info) { return NULL; }

static napi_value make(napi_env env, napi_callback_info info) {
    napi_value kind, value = NULL;
    size_t count = 1;
    uint32_t number;
    napi_get_cb_info(env, info, &count, &kind, NULL, NULL);
    napi_get_value_uint32(env, kind, &number);
    if (number == 0) napi_create_object(env, &value);
    if (number == 1) napi_create_function(env, "f", NAPI_AUTO_LENGTH, nothing, NULL, &value);
    if (number == 2) napi_define_class(env, "C", NAPI_AUTO_LENGTH, nothing, NULL, 0, NULL, &value);
    napi_add_finalizer(env, value, NULL, finalize, NULL, NULL);
    return NULL;
}

static napi_value count(napi_env env, napi_callback_info info) {
    napi_value value;
    napi_create_int32(env, collected, &value);
    collected = 0;
    return value;
}

napi_value napi_register_module_v1(napi_env env, napi_value exports) {
    napi_value value;
    napi_create_function(env, "make", NAPI_AUTO_LENGTH, make, NULL, &value);
    napi_set_named_property(env, exports, "make", value);
    napi_create_function(env, "count", NAPI_AUTO_LENGTH, count, NULL, &value);
    napi_set_named_property(env, exports, "count", value);
    return exports;
}
C
cc -shared -fPIC -I node_modules/node-api-headers/include addon.c -o addon.node
cat > run.cjs <<'JS'
const { make, count } = require('./addon.node');
const turn = () => new Promise(setImmediate);
(async () => {
  for (const [number, kind] of ['object', 'function', 'class'].entries()) {
    for (let i = 0; i < 200; i++) make(number);
    for (let i = 0; i < 10; i++) { gc(); await turn(); }
    console.log(`${kind}: ${count()}`);
  }
})();
JS
seen=$(node --expose-gc run.cjs)
echo "$seen"
[ "$seen" = "object: 200
function: 200
class: 0" ]
