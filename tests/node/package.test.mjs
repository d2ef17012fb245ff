// What `npm install` gives, in a folder that has nothing else.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { promisify } from "node:util";
import { ENGINES, place, TOP } from "./place.mjs";

const NODE = join(TOP, "node");
const README = readFileSync(join(TOP, "README.md"), "utf8");
const EXAMPLES = [...README.matchAll(/```js\n(.*?)```/gs)].map((found) => found[1]);
const WRITTEN_FOR = "nats://127.0.0.1:4222";

/** Runs a program that succeeds, and gives what it prints. */
async function run(program, args, cwd, env = {}) {
  const done = promisify(execFile)(program, args, { cwd, env: { ...process.env, ...env }, timeout: 120_000 });
  const { stdout } = await done.catch((error) => {
    throw new Error(`${program} ${args.join(" ")}: ${error.stdout}${error.stderr}`);
  });
  return stdout;
}

const bin = (name) => join(NODE, "node_modules", ".bin", name);
const install = (...what) => ["install", "--no-audit", "--no-fund", "--no-package-lock", ...what];

suite("the package", { timeout: 600_000 }, () => {
  const made = [];
  let tarball;

  async function folder() {
    const path = await mkdtemp(join(tmpdir(), "jetblob-package-"));
    made.push(path);
    return path;
  }

  /** A folder with nothing in it but a file to read, and the package. */
  async function installed() {
    const path = await folder();
    await writeFile(join(path, "package.json"), '{"private": true}');
    await writeFile(join(path, "holiday.jpg"), Buffer.alloc(1 << 20, "jpg"));
    await run("npm", install(tarball), path);
    return path;
  }

  before(async () => {
    const path = await folder();
    await run("npm", ["pack", "--pack-destination", path], NODE, { JETBLOB_PACK_AS_BUILT: "1" });
    tarball = join(
      path,
      readdirSync(path).find((name) => name.endsWith(".tgz")),
    );
  });

  after(async () => {
    for (const path of made) await rm(path, { recursive: true, force: true });
  });

  /** Runs an example of the README on each engine, as it stands there but for where the store is. */
  async function runs(t, example, program, file, translate = (code) => code) {
    assert.ok(example.includes(WRITTEN_FOR));
    const path = await installed();
    for (const engine of ENGINES) {
      const url = await place(t, engine);
      await writeFile(join(path, file), translate(example.replace(WRITTEN_FOR, url)));
      assert.notEqual(await run(program[0], [...program.slice(1), file], path), "");
    }
    return path;
  }

  test("needs nothing else, and holds the license and the README", async () => {
    const path = await installed();
    assert.deepEqual(
      readdirSync(join(path, "node_modules")).filter((name) => !name.startsWith(".")),
      ["jetblob"],
    );
    const files = readdirSync(join(path, "node_modules", "jetblob"));
    for (const file of ["LICENSE", "README.md", "dist", "package.json"])
      assert.ok(files.includes(file), file);
    assert.equal(files.filter((file) => file.endsWith(".node")).length, 1);
  });

  for (const [number, example] of EXAMPLES.entries()) {
    test(`example ${number} of the README runs with import`, async (t) => {
      const path = await runs(t, example, ["node"], "example.mjs");
      if (number === 0) {
        const copy = await readFile(join(path, "copy.jpg"));
        assert.ok(copy.equals(await readFile(join(path, "holiday.jpg"))));
      }
    });

    test(`example ${number} of the README runs with require`, async (t) => {
      await runs(t, example, ["node"], "example.js", (code) => {
        const required = code.replaceAll(/import (\{.*?\}) from (".*?");/gs, "const $1 = require($2)");
        return `async function main() {\n${required}\n}\nmain()`;
      });
    });

    test(`example ${number} of the README compiles as TypeScript, strictly, and runs`, async (t) => {
      const path = await installed();
      const options = {
        module: "nodenext",
        target: "es2022",
        strict: true,
        skipLibCheck: false,
        types: ["node"],
        typeRoots: [join(NODE, "node_modules", "@types")],
      };
      await writeFile(
        join(path, "tsconfig.json"),
        JSON.stringify({ compilerOptions: options, include: ["*.mts", "*.cts"] }),
      );
      await writeFile(join(path, "example.mts"), example.replace(WRITTEN_FOR, await place(t, "local")));
      // A CommonJS module has no top-level await.
      const [imports, code] = [
        example.match(/^import .*$/gm).join("\n"),
        example.replaceAll(/^import .*$/gm, ""),
      ];
      const main = `${imports}\nasync function main() {\n${code}\n}\nmain()`;
      await writeFile(join(path, "common.cts"), main.replace(WRITTEN_FOR, await place(t, "local")));
      await run(bin("tsc"), ["--project", path], path);
      for (const file of ["example.mjs", "common.cjs"]) assert.notEqual(await run("node", [file], path), "");
    });
  }

  test("the README has examples", () => assert.ok(EXAMPLES.length > 1));

  test("is right for every way of loading it", async () => {
    await run(bin("publint"), [tarball, "--strict"], NODE);
    await run(bin("attw"), [tarball, "--no-emoji", "--profile", "node16"], NODE);
  });

  test("takes its binary from the package of the platform, and says what to do without one", async () => {
    const path = await installed();
    const home = join(path, "node_modules", "jetblob");
    await rm(
      join(
        home,
        readdirSync(home).find((name) => name.endsWith(".node")),
      ),
    );
    const load = ["--eval", `try { require('jetblob').Store } catch (error) { console.log(error.message) }`];
    assert.match(
      await run("node", load, path),
      new RegExp(`no binary for ${process.platform}-${process.arch} here`),
    );
    const platform = await folder();
    await run("node", [join(NODE, "scripts", "platform.mjs"), platform], NODE);
    await run("npm", ["pack", "--pack-destination", path], platform);
    const packed = readdirSync(path).find((name) => name.endsWith(".tgz"));
    // As an optional dependency would be.
    await run("npm", install("--prefix", path, join(path, packed)), path);
    await rm(join(home, `jetblob.${process.platform}.node`), { force: true });
    const binaries = readdirSync(join(path, "node_modules", "jetblob")).filter((name) =>
      name.endsWith(".node"),
    );
    for (const binary of binaries) await rm(join(path, "node_modules", "jetblob", binary));
    assert.equal(await run("node", load, path), "");
  });

  for (const [runtime, program] of Object.entries({
    Bun: [bin("bun")],
    Deno: [bin("deno"), "run", "--allow-all"],
  })) {
    test(`${runtime} runs the examples`, async (t) => {
      for (const example of EXAMPLES) await runs(t, example, program, "example.mjs");
    });
  }
});
