/* What the build makes of files that are no modules. */

declare module "*.css" {
  const text: string;
  export default text;
}
