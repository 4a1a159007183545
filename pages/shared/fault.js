/* A fault in words, without what programs say of it: that is for the details. */

/** As the services write it, up to where our own words go on. */
const SAID = / ?(?:FFmpeg says|The camera says(?: to \w+)?): .*?(?= With FFmpeg instead:| `framecast |$)/gs;

/** What is wrong and what to do. @param {string} words */
export const faultOf = (words) => words.replace(SAID, "");

/** What programs say of it; empty where they say nothing. @param {string | null | undefined} words */
export const saidOf = (words) => (words?.match(SAID) ?? []).join("").trim();
