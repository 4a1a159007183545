/* How the pages are put together, and what the build may rely on. */

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";
import { assemble } from "../build/html.js";
import { ELEMENT_NAMES, PAGE_NAMES } from "../build/short-names.js";
import * as elementTexts from "../camera-feed/texts.js";
import * as pageTexts from "../texts.js";

const read = (/** @type {string} */ path) => readFile(new URL(path, import.meta.url), "utf8");

test("texts are put in, also those of texts, and the server's parts keep their places", async () => {
  /** @type {Record<string, string>} */
  const parts = {
    "form.html": '<form>\n  <a href="./">Live</a>\n  <!-- include button.html -->\n</form>\n',
    "button.html": "<b>x</b>\n",
  };
  const page = "<body>\n  <!-- part header -->\n  <!-- include form.html -->\n  <p>text</p>";
  const html = await assemble(page, async (name) => parts[name]);
  assert.equal(html, "<!-- part header --><form><a href=./>Live</a><b>x</b></form><p>text</p>");
});

test("comments that are sentences are left out, places that the server fills in stay", async () => {
  const html = await assemble("<p>\n  <!-- notice -->\n  <!-- Said to readers. -->\n  text", async () => "");
  assert.equal(html, "<p><!-- notice -->\ntext");
});

test("a line break that is a space between words stays one", async () => {
  const html = await assemble("<p>one\n   <a>two</a> <b>three</b>\n  four", async () => "");
  assert.equal(html, "<p>one\n<a>two</a> <b>three</b>\nfour");
});

test("end tags and quotes are left out where a browser does without, and only there", async () => {
  const small = async (/** @type {string} */ html) => assemble(html, async () => "");
  assert.equal(await small("<ul>\n  <li>1</li>\n  <li>2</li>\n</ul>"), "<ul><li>1<li>2</ul>");
  assert.equal(await small("<p>1</p>\n<p>2</p><a>3</a>"), "<p>1<p>2</p><a>3</a>");
  assert.equal(await small("<select><option>1</option>\n</select>"), "<select><option>1</select>");
  assert.equal(
    await small('<body class="a b"><a href="c/d" title="e f" rel="g=h">'),
    '<body class="a b"><a href=c/d title="e f" rel="g=h">',
  );
  assert.equal(await small('<path d="M1 2"/><circle r="8"/>'), '<path d="M1 2"/><circle r="8"/>');
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
  for (const page of ["live/index", "timeline/archive", "status/status", "connect/connect", "access/access"]) {
    ids.push(...[...(await read(`../${page}.html`)).matchAll(/ (?:id|name)="([\w-]+)"/g)].map(([, id]) => id));
  }
  assert.ok(ids.includes("lapses") && "pictures" in pageTexts && "noPicture" in elementTexts);
  const taken = [
    ...PAGE_NAMES.filter((name) => ids.includes(name) || name in pageTexts),
    ...ELEMENT_NAMES.filter((name) => name in elementTexts),
  ];
  assert.deepEqual(taken, []);
});
