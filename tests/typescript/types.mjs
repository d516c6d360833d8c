// Prints the files that jco makes of a WIT file, each behind a line with its name.
import { _setPreopens } from '@bytecodealliance/preview2-shim/filesystem';
import { generateHostTypes } from '@bytecodealliance/jco-transpile';

_setPreopens({ '/': '/' });
for (const [name, contents] of Object.entries(await generateHostTypes(process.argv[1], {}))) {
  console.log(`// file ${name}\n${new TextDecoder().decode(contents)}`);
}
