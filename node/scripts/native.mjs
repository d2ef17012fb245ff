// Builds the native part, and puts it beside the package under the name of this platform; `--release` for a package,
// `--built` where it is built already.

import { execFileSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const top = fileURLToPath(new URL("../..", import.meta.url));
const isRelease = process.argv.includes("--release");

const LIBRARY =
  { win32: "jetblob_node.dll", darwin: "libjetblob_node.dylib" }[process.platform] ?? "libjetblob_node.so";

/** What kind of C library or compiler its programs are for, as the packages for a platform say it. */
function kind() {
  if (process.platform === "win32") return "-msvc";
  if (process.platform !== "linux") return "";
  return process.report.getReport().header.glibcVersionRuntime ? "-gnu" : "-musl";
}

if (!process.argv.includes("--built")) {
  const build = ["build", "--package", "jetblob-node", ...(isRelease ? ["--release"] : [])];
  execFileSync("cargo", build, { cwd: top, stdio: "inherit" });
}
const target = join(process.env.CARGO_TARGET_DIR ?? join(top, "target"), isRelease ? "release" : "debug");
const name = `jetblob.${process.platform}-${process.arch}${kind()}.node`;
copyFileSync(join(target, LIBRARY), join(top, "node", name));
