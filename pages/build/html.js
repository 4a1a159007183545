/* A page's HTML, put together of its own and what all pages share. */

/** What begins a line of its own, or is not shown: a line break before it is not shown either. */
const BLOCKS = [
  ["html", "head", "body", "meta", "title", "link", "script", "noscript"],
  ["header", "nav", "main", "aside", "section", "article", "dialog", "form", "fieldset", "div", "h1", "h2", "p"],
  ["ul", "li", "dl", "dt", "dd", "figure", "figcaption", "details", "summary", "option"],
  ["svg", "path", "circle"], // which stand in buttons, and those lay out their parts
].flat();
const BEFORE_BLOCKS = new RegExp(`\\n(?=</button>|</?(?:${BLOCKS.join("|")})\\b)`, "g");

/**
 * Puts parts in the place of `<!-- include NAME -->`, tells which page of the header's is this one, and leaves
 * away what is for people: indentation, and comments that are sentences.
 * @param {string} page
 * @param {string} address the page's own, as the header has it
 * @param {(name: string) => Promise<string>} read the text of a part
 */
export async function assemble(page, address, read) {
  const include = /<!-- include (\S+) -->\n?/;
  let html = page;
  for (let found = include.exec(html); found; found = include.exec(html)) {
    const part = await read(found[1]);
    html = html.slice(0, found.index) + part + html.slice(found.index + found[0].length);
  }
  return html
    .replace(`<a href="${address}">`, `<a href="${address}" aria-current="page">`)
    .replaceAll('href="login"', `href="login${address === "./" ? "" : `?next=${address}`}"`)
    .replace(/<!--[^>]*\.\s*-->/g, "")
    .replace(/ ([a-z-]+)="([\w-]+)"(?=[ >])/g, " $1=$2") // such a value needs no quotes
    .replace(/=""(?=[ >])/g, "")
    .replace(/\s*\n\s*/g, "\n")
    .replace(BEFORE_BLOCKS, "");
}
