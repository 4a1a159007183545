/* What a browser keeps, where it keeps something and where it refuses. */

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";
import { keep, kept, WHILE_OPEN } from "../shared/kept.js";

const ROOT = new URL("../", import.meta.url);
const setStorage = (/** @type {PropertyDescriptor} */ storage, name = "localStorage") =>
  Object.defineProperty(globalThis, name, { configurable: true, ...storage });

test("where a browser blocks its storage, nothing is kept and nothing fails", () => {
  const blocked = () => {
    throw new DOMException("Access is denied for this document.", "SecurityError");
  };
  setStorage({ get: blocked });
  keep("a", "1");
  assert.equal(kept("a"), "");
  setStorage({ value: { getItem: () => null, setItem: blocked } });
  keep("a", "1");
  assert.equal(kept("a"), "");
});

test("what is kept is there at the next visit", () => {
  const store = new Map();
  setStorage({ value: { getItem: store.get.bind(store), setItem: store.set.bind(store) } });
  keep("a", "1");
  assert.equal(kept("a"), "1");
});

test("what is kept while the tab is open is kept apart", () => {
  const [store, short] = [new Map(), new Map()];
  setStorage({ value: { getItem: store.get.bind(store), setItem: store.set.bind(store) } });
  setStorage({ value: { getItem: short.get.bind(short), setItem: short.set.bind(short) } }, WHILE_OPEN);
  keep("a", "1", WHILE_OPEN);
  assert.deepEqual([kept("a"), kept("a", WHILE_OPEN)], ["", "1"]);
});

test("no other module touches the storage, which may fail at each touch", async () => {
  const folders = (await readdir(ROOT)).filter((name) => !/node_modules|tests|\./.test(name));
  const found = [];
  for (const folder of folders) {
    for (const name of await readdir(new URL(`${folder}/`, ROOT))) {
      const text = await readFile(new URL(`${folder}/${name}`, ROOT), "utf8");
      if (/\b(local|session)Storage\b/.test(text)) found.push(`${folder}/${name}`);
    }
  }
  assert.deepEqual(found, ["shared/kept.js"]);
});
