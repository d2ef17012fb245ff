// Makes the package of this platform, `jetblob-<platform>-<arch>-<abi>`, in the folder that is given: the binary that
// `scripts/native.mjs` built, and nothing else. Published, it is an optional dependency of `jetblob`, which then needs no
// binary of its own.

import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const node = fileURLToPath(new URL("..", import.meta.url));
const [into] = process.argv.slice(2);
const [file] = readdirSync(node).filter((name) =>
  name.startsWith(`jetblob.${process.platform}-${process.arch}`),
);
const platform = file.slice("jetblob.".length, -".node".length);
const libc = { gnu: "glibc", musl: "musl" }[platform.split("-")[2]];
const { version, description, license, engines } = JSON.parse(
  readFileSync(join(node, "package.json"), "utf8"),
);

const manifest = {
  name: `jetblob-${platform}`,
  version,
  description: `${description} The binary for ${platform}.`,
  license,
  engines,
  os: [process.platform],
  cpu: [process.arch],
  ...(libc && { libc: [libc] }),
  main: file,
  files: [file],
};
mkdirSync(into, { recursive: true });
copyFileSync(join(node, file), join(into, file));
writeFileSync(join(into, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
