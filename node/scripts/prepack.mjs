// Makes what a package holds: the optimized binary of this platform, the compiled TypeScript, the license and the README.
// With JETBLOB_PACK_AS_BUILT, as the tests have it, the first two are as `make node` built them.

import { execFileSync } from "node:child_process";
import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const node = fileURLToPath(new URL("..", import.meta.url));

/** What it prints goes where errors go: what npm prints is read by programs. */
function run(script, ...args) {
  execFileSync(process.execPath, [join(node, script), ...args], { cwd: node, stdio: ["ignore", 2, 2] });
}

if (!process.env.JETBLOB_PACK_AS_BUILT) {
  rmSync(join(node, "dist"), { recursive: true, force: true });
  run("node_modules/typescript/bin/tsc");
  run("scripts/native.mjs", "--release");
}
for (const file of ["LICENSE", "README.md"]) copyFileSync(join(node, "..", file), join(node, file));
