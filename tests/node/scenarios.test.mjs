// The scenarios that every language runs, on both engines.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { directory, ENGINES, place, TOP } from "./place.mjs";
import { load, Scenario } from "./scenario.mjs";

const FILES = readdirSync(join(TOP, "tests/scenarios"))
  .filter((file) => file.endsWith(".json") && file !== "broken.json")
  .map((file) => file.slice(0, -5));

const LIMITS = { timeout: 30_000 };

for (const engine of ENGINES) {
  suite(engine, { concurrency: 2 }, () => {
    for (const file of FILES) {
      for (const { scenario, steps } of load(file)) {
        test(`${file}: ${scenario}`, LIMITS, async (t) => {
          await new Scenario(engine, await place(t, engine), await directory(t)).run(steps);
        });
      }
    }
  });
}

suite("broken scenarios fail at their last step, and pass without it", () => {
  for (const { scenario, steps } of load("broken")) {
    test(scenario, LIMITS, async (t) => {
      const play = async (steps) =>
        new Scenario("local", await place(t, "local"), await directory(t)).run(steps);
      await play(steps.slice(0, -1));
      await assert.rejects(play(steps), (error) => error.message.startsWith(`step ${steps.length - 1},`));
    });
  }
});
