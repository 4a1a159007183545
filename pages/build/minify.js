/*
 * A second minifier takes another 4 %: mostly it puts words and functions that are used once where they are used. What
 * pages share has the same short names in its own file and in theirs, so that imports need no `name as other`.
 */

import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { minify } from "terser";

// Arrows are unsafe for what is called with `new`, and only classes are.
const COMPRESS = { passes: 3, unsafe_arrows: true, unsafe: true };
/** A list of imports or exports: no words of a text look like it. */
const LIST = /\b(import|export)\{([\w$, ]+)\}/g;
const RENAMED = /([\w$]+) as ([\w$]+)/g;

/**
 * Makes files smaller.
 * @param {string[]} files
 * @param {string} shared the one of them that others import
 */
export async function minifyAll(files, shared) {
  const code = await minified(shared, new Map());
  const renamed = [...code.matchAll(LIST)].flatMap(([list]) => [...list.matchAll(RENAMED)]);
  const names = new Map(renamed.map(([, short, long]) => [long, short]));
  await writeFile(shared, withShortLists(code, names));
  for (const file of files.filter((file) => file !== shared)) {
    const imported = importsOf(await readFile(file, "utf8"), path.basename(shared));
    const own = new Map([...names].filter(([long]) => imported.includes(long)));
    await writeFile(file, withShortLists(await minified(file, own), own));
  }
}

/** @param {string} file @param {Map<string, string>} names the short names that are decided, by the long ones */
async function minified(file, names) {
  const nameCache = { vars: { props: new Map(names) } };
  const { code = "" } = await minify(await readFile(file, "utf8"), {
    module: true,
    ecma: 2020,
    compress: COMPRESS,
    nameCache,
  });
  return code;
}

/** The names that a module imports from another. @param {string} code @param {string} other */
function importsOf(code, other) {
  const list = code.match(new RegExp(`\\bimport\\{([^}]+)\\}from"\\./${other}"`))?.[1];
  return list?.split(",") ?? [];
}

/** Imports and exports by the short names alone. @param {string} code @param {Map<string, string>} names */
const withShortLists = (code, names) =>
  code.replace(LIST, (list) =>
    list.replace(RENAMED, (whole, one, other) => names.get(one) ?? (names.has(other) ? one : whole)),
  );
