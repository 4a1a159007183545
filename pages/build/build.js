/* Builds the pages into the folder that is named: node build.js FOLDER. What becomes of which file is below. */

import { copyFile, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { build, transform } from "esbuild";
import { assemble } from "./html.js";
import { minifyAll } from "./minify.js";
import { ELEMENT_NAMES, PAGE_NAMES, shortProperties } from "./short-names.js";

const ROOT = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), "..");
const [folder] = process.argv.slice(2);
if (!folder) throw new Error("Name the folder to build into.");

/** The public names of what is served, and what they are made of. */
const MODULES = {
  live: "page:live/page.js",
  aside: "page:aside/page.js",
  timeline: "page:timeline/page.js",
  status: "page:status/page.js",
  connect: "page:connect/page.js",
  link: "page:link/page.js",
  access: "page:access/page.js",
  cameras: "page:cameras/page.js",
  forms: "page:forms/forms.js",
};
const STYLES = [
  "shared/framecast",
  "live/live",
  "timeline/timeline",
  "status/status",
  "login/login",
  "link/link",
  "forms/forms",
  "cameras/cameras",
];
const PAGES = [
  "live/index",
  "timeline/archive",
  "status/status",
  "connect/connect",
  "access/access",
  "cameras/cameras",
  "login/login",
  "setup/setup",
  "link/shared",
];
/** What the server puts into pages. A browser gets it with each of them, and the files have it once. */
const PARTS = ["head", "header", "theme"];

/** Each folder has the texts that it shows, and no others: a page must not carry the words of the others. */
const texts = {
  name: "texts",
  setup(/** @type {import("esbuild").PluginBuild} */ { onResolve }) {
    onResolve({ filter: /^\.\.\/texts\.js$/ }, ({ importer, resolveDir, path: named }) => ({
      path: path.resolve(resolveDir, named),
      suffix: `?${path.basename(path.dirname(importer))}`,
    }));
  },
};

/** What the pages share is one module, and not one for each two pages: each page is built as if it needed all of it. */
const shared = {
  name: "shared",
  setup(/** @type {import("esbuild").PluginBuild} */ { onResolve, onLoad }) {
    onResolve({ filter: /^page:/ }, ({ path }) => ({ path: path.slice("page:".length), namespace: "page" }));
    onLoad({ filter: /.*/, namespace: "page" }, async ({ path }) => {
      const modules = (await readdir(`${ROOT}/shared`))
        .filter((name) => name.endsWith(".js") && name !== "theme.js" && name !== "old-browser.js")
        .sort();
      const imports = [...modules.map((name) => `shared/${name}`), path].map((name) => `import "./${name}";`);
      return { contents: `${imports.join("\n")}\nexport * from "./${path}";`, resolveDir: ROOT };
    });
  },
};

/** A module that is loaded later is a file of its own, and so is what pages with forms share. */
const apart = {
  name: "apart",
  setup(/** @type {import("esbuild").PluginBuild} */ { onResolve }) {
    onResolve({ filter: /^\.\.\/forms\/forms\.js$/ }, () => ({ path: "./forms.js", external: true }));
    onResolve({ filter: /^\.\.\/\w+\/page\.js$/ }, ({ path: named, kind }) =>
      kind === "dynamic-import" ? { path: `./${named.split("/")[1]}.js`, external: true } : null,
    );
  },
};

/** A style that a module imports is text, and small. */
const styles = {
  name: "styles",
  setup(/** @type {import("esbuild").PluginBuild} */ { onLoad }) {
    onLoad({ filter: /camera-feed\.css$/ }, async (file) => {
      const { code } = await transform(await readFile(file.path, "utf8"), { loader: "css", minify: true });
      return { contents: code.trim(), loader: "text" };
    });
  },
};

/** @type {import("esbuild").BuildOptions} */
const usual = {
  absWorkingDir: ROOT,
  outdir: path.resolve(folder),
  bundle: true,
  minify: true,
  charset: "utf8",
  logLevel: "warning",
  plugins: [texts, shared, apart, styles],
};

const anyOf = (/** @type {string[]} */ names) => new RegExp(`^(?:${names.join("|")})$`);
await build({
  ...usual,
  entryPoints: MODULES,
  format: "esm",
  splitting: true,
  chunkNames: "server",
  minify: false,
  minifyWhitespace: true,
  minifySyntax: true,
  mangleProps: anyOf(PAGE_NAMES),
});
// The element, which other people's pages load, needs no other file. Pages that may not read our answers get another one.
for (const [name, isBarred] of Object.entries({ "camera-feed": false, "camera-feed-barred": true })) {
  await build({
    ...usual,
    entryPoints: { [name]: "camera-feed/element.js" },
    format: "esm",
    mangleProps: anyOf(ELEMENT_NAMES),
    define: { "globalThis.IS_BARRED": `${isBarred}` },
  });
}
await build({ ...usual, entryPoints: { theme: "shared/theme.js" }, format: "iife" });
await build({ ...usual, entryPoints: { setup: "setup/setup.js" }, format: "iife" });
await build({ ...usual, entryPoints: { "old-browser": "shared/old-browser.js" }, format: "iife", target: "es2018" });
await build({ ...usual, entryPoints: { worker: "app/worker.js" }, format: "iife" });
await build({ ...usual, entryPoints: STYLES.map((name) => `${name}.css`), entryNames: "[name]", plugins: [] });

await minifyAll(await filesOf(".js"), path.join(folder, "server.js"));

// Spaces that the minifier leaves, in functions and in properties of our own; and those get short names.
const sheets = STYLES.map((name) => path.join(folder, `${path.basename(name)}.css`));
const written = await Promise.all(sheets.map((file) => readFile(file, "utf8")));
const scripts = await Promise.all((await filesOf(".js")).map((file) => readFile(file, "utf8")));
const shorter = shortProperties(written.join(""), scripts.join(""));
for (const [index, file] of sheets.entries()) {
  const spaceless = written[index].replace(/ ?([,/]) |(--[\w-]+:) /g, "$1$2");
  await writeFile(
    file,
    spaceless.replace(/--[\w-]+/g, (name) => shorter.get(name) ?? name),
  );
}

const readShared = (/** @type {string} */ name) => readFile(path.join(ROOT, "shared", name), "utf8");
for (const name of PAGES) {
  const page = await readFile(path.join(ROOT, `${name}.html`), "utf8");
  await writeFile(path.join(folder, `${path.basename(name)}.html`), await assemble(page, readShared));
}
for (const name of PARTS) {
  const part = await assemble(await readShared(`${name}.html`), readShared);
  await writeFile(path.join(folder, `${name}.part`), part.trim());
}
const manifest = JSON.parse(await readFile(path.join(ROOT, "app/manifest.json"), "utf8"));
await writeFile(path.join(folder, "manifest.json"), JSON.stringify(manifest));
const icons = (await readdir(path.join(ROOT, "app"))).filter((name) => name.endsWith(".png"));
for (const icon of icons) await copyFile(path.join(ROOT, "app", icon), path.join(folder, icon));
const favicon = await readShared("favicon.svg");
await writeFile(path.join(folder, "favicon.svg"), favicon.replace(/\s*\n\s*/g, ""));

/** What was built, by the ending of its name. @param {string} ending */
async function filesOf(ending) {
  const names = await readdir(folder);
  return names.filter((name) => name.endsWith(ending)).map((name) => path.join(folder, name));
}
