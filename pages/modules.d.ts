/* What the build makes of files that are no modules. */

declare module "*.css" {
  const text: string;
  export default text;
}

/** Whether the element is built for pages that may not read our answers; the build writes it into the code. */
declare var IS_BARRED: boolean;
