/* How the pages are put together, and what the build may rely on. */

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";
import { assemble } from "../build/html.js";
import { ELEMENT_NAMES, PAGE_NAMES } from "../build/short-names.js";
import * as elementTexts from "../camera-feed/texts.js";
import * as pageTexts from "../texts.js";

const read = (/** @type {string} */ path) => readFile(new URL(path, import.meta.url), "utf8");

test("parts are put in, also those of parts, and the page's own link is marked", async () => {
  /** @type {Record<string, string>} */
  const parts = {
    "header.html": '<nav>\n  <a href="./">Live</a>\n  <!-- include button.html -->\n</nav>\n',
    "button.html": "<b>x</b>\n",
  };
  const html = await assemble(
    "<body>\n  <!-- include header.html -->\n  <p>text</p>",
    "./",
    async (name) => parts[name],
  );
  assert.equal(html, '<body><nav>\n<a href="./" aria-current=page>Live</a>\n<b>x</b></nav><p>text</p>');
});

test("comments that are sentences are left out, places that the server fills in stay", async () => {
  const html = await assemble("<p>\n  <!-- notice -->\n  <!-- Said to readers. -->\n  text", "x", async () => "");
  assert.equal(html, "<p>\n<!-- notice -->\ntext");
});

test("a line break that is a space between words stays one", async () => {
  const html = await assemble("<p>one\n   <a>two</a>\n   <b>three</b>", "x", async () => "");
  assert.equal(html, "<p>one\n<a>two</a>\n<b>three</b>");
});

test("no name that is shortened is one of the browser's, or of the element's own", async () => {
  const package_ = new URL("../node_modules/@typescript/", import.meta.url);
  const platform = (await readdir(package_)).find((name) => name.startsWith("typescript-"));
  assert.ok(platform);
  const folder = new URL(`${platform}/lib/`, package_);
  const files = (await readdir(folder)).filter((name) => /^lib\.(es|dom).*\.d\.ts$/.test(name));
  const libraries = await Promise.all(files.map((name) => readFile(new URL(name, folder), "utf8")));
  const element = await read("../camera-feed/camera-feed.d.ts");
  const members = [...libraries, element].join("\n").matchAll(/^\s+(?:readonly |get |set )?"?(\w+)"?\??[(:<]/gm);
  const known = new Set([...members].map(([, name]) => name));
  assert.ok(known.has("addEventListener") && known.has("undecodable"), "the lists are there");
  const taken = [...ELEMENT_NAMES, ...PAGE_NAMES].filter((name) => known.has(name));
  assert.deepEqual(taken, []);
});

test("the lock file tells no address to load from", async () => {
  assert.doesNotMatch(
    await read("../package-lock.json"),
    /"resolved"|https?:\/\/(?!opencollective|github|dotenvx)\S+\.tgz/,
  );
});

test("no name that is shortened is a text's or an id of the pages that it is shortened in", async () => {
  /** @type {string[]} */
  const ids = [];
  for (const page of ["live/index", "timeline/archive", "status/status", "connect/connect"]) {
    ids.push(...[...(await read(`../${page}.html`)).matchAll(/ (?:id|name)="([\w-]+)"/g)].map(([, id]) => id));
  }
  assert.ok(ids.includes("lapses") && "pictures" in pageTexts && "noPicture" in elementTexts);
  const taken = [
    ...PAGE_NAMES.filter((name) => ids.includes(name) || name in pageTexts),
    ...ELEMENT_NAMES.filter((name) => name in elementTexts),
  ];
  assert.deepEqual(taken, []);
});
