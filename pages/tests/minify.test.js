/* What the build's second minifier makes of a module that others import. */

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { minifyAll } from "../build/minify.js";

const folder = await mkdtemp(path.join(tmpdir(), "pages-"));
after(() => rm(folder, { recursive: true }));

test("what is shared has one name in its own file and in those that import it, and texts stay", async () => {
  const written = {
    "shared.js":
      'let asked=0;function greet(name){return"hello "+name+", "+ ++asked}let kept=[asked];export{greet,kept};',
    "page.js": 'import{greet,kept}from"./shared.js";let said="greet as kept";export let all=[greet(said),kept,said];',
    "alone.js": 'export let one="{greet as kept}";',
  };
  await writeFile(path.join(folder, "package.json"), '{"type": "module"}');
  for (const [name, code] of Object.entries(written)) await writeFile(path.join(folder, name), code);
  const files = Object.keys(written).map((name) => path.join(folder, name));
  await minifyAll(files, files[0]);
  const [shared, page] = await Promise.all(files.map((file) => readFile(file, "utf8")));
  const names = /export\{([\w$]+,[\w$]+)\}/.exec(shared)?.[1].split(",").sort();
  assert.deepEqual(/import\{([\w$]+,[\w$]+)\}/.exec(page)?.[1].split(",").sort(), names);
  const { all } = await import(pathToFileURL(files[1]).href);
  assert.deepEqual(all, ["hello greet as kept, 1", [0], "greet as kept"]);
  const { one } = await import(pathToFileURL(files[2]).href);
  assert.equal(one, "{greet as kept}");
});
