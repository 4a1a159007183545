/* What is wrong, of all that the services say. Knows no page. */

import { faultOf } from "../shared/fault.js";
import * as texts from "../texts.js";

/**
 * What a service said last, and why it says nothing now.
 * @typedef {{ answer?: { problems: string[], version?: string }, error?: string }} Part
 */

/**
 * @param {Part} stream
 * @param {Part} archive
 * @param {(string | null | undefined)[]} versions of all services
 * @returns {string[]} each once
 */
export function problemsOf(stream, archive, versions) {
  const own = stream.error ? [stream.error] : (stream.answer?.problems ?? []).map(faultOf);
  const archived = archive.error ? [archive.error] : (archive.answer?.problems ?? []).map(texts.archiveProblem);
  const different = [...new Set(versions.flatMap((version) => version || []))];
  return [...new Set([...own, ...archived, ...(different.length > 1 ? [texts.versionsDiffer(different)] : [])])];
}
