/* A page's HTML, smaller. The server puts the parts that all pages share in (services/stream/api/page_files.py). */

/** What begins a line of its own, or is not shown: a line break before it is not shown either. */
const BLOCKS = [
  ["html", "head", "body", "meta", "title", "link", "script", "noscript"],
  ["header", "nav", "main", "aside", "section", "article", "dialog", "form", "fieldset", "div", "h1", "h2", "p"],
  ["ul", "li", "dl", "dt", "dd", "figure", "figcaption", "details", "summary", "option"],
  ["svg", "path", "circle"], // which stand in buttons, and those lay out their parts
].flat();
/** End tags that HTML lets a page leave out: what follows in our pages ends the element all the same. */
const NEEDLESS_ENDS = [
  /<\/(?:li|dt|dd|option)>\n?/g,
  /<\/p>(?=<(?:p|div|ul|dl|form|section|details|figure|fieldset|h\d)\b|<\/(?:main|div|section|form|aside|dialog|details)>)/g,
  /<\/?head>|<body>|<\/body>|<\/html>\n?/g,
];
const BEFORE_BLOCKS = new RegExp(`\\n(?=</button>|</?(?:${BLOCKS.join("|")})\\b)`, "g");

/**
 * Puts texts in the place of `<!-- include NAME -->`, and leaves away what is for people: indentation, comments that are
 * sentences, quotes and end tags that a browser does without.
 * @param {string} page
 * @param {(name: string) => Promise<string>} read the text of that name
 */
export async function assemble(page, read) {
  const include = /<!-- include (\S+) -->\n?/;
  let html = page;
  for (let found = include.exec(html); found; found = include.exec(html)) {
    const part = await read(found[1]);
    html = html.slice(0, found.index) + part + html.slice(found.index + found[0].length);
  }
  const small = html
    .replace(/<[a-z][^>]*>/g, (tag) => tag.replace(/\s+/g, " "))
    .replace(/<!--[^>]*\.\s*-->/g, "")
    .replace(/ ([a-z-]+)="([^\s"'=<>`]+)"(?=[ >])/g, " $1=$2") // such a value needs no quotes
    .replace(/=""(?=[ >])/g, "")
    .replace(/\s*\n\s*/g, "\n")
    .replace(BEFORE_BLOCKS, "")
    .replace(/>\n</g, "><"); // our rows lay out their parts, and those of a sentence stand in one line with it
  return NEEDLESS_ENDS.reduce((page, end) => page.replace(end, ""), small);
}
