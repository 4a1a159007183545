/* The status page: asks stream and the archiver while it is looked at, and writes what changed. */

import { countWords, make, request, setText, sizeWords, when } from "./server.js";

const LOOK_MS = 4000;
/** Behind a gateway each answer may be another replica's; one silent for so long may be gone. */
const REPLICA_MS = 60_000;

const $ = (id) => document.getElementById(id);
const replicas = new Map();
const stream = { path: "api/status", everyMs: LOOK_MS };
const archive = { path: "api/camera/frames/status", everyMs: 5 * LOOK_MS };
const retention = { path: "api/camera/retention", everyMs: 75 * LOOK_MS };

async function look() {
  if (document.hidden) return;
  await Promise.all([stream, archive, retention].map(ask));
  if (stream.answer) showStream(stream.answer);
  for (const [name, { at }] of replicas) if (Date.now() - at > REPLICA_MS) replicas.delete(name);
  cards("services", [...[...replicas.values()].map(replicaCard), archiveCard(archive), retentionCard(retention)]);
  cards("settings", [["Stream", stream], ["Archiver", archive]].map(([title, { answer }]) => answer && {
    title, facts: Object.entries(answer.settings).map(([name, value]) => [make("code", {}, name), value || "–"]),
  }));
  showProblems();
}

/** What fails is asked again at once; what it said before is kept, with its age. */
async function ask(part) {
  if (Date.now() < part.due) return;
  part.error = await request(part.path).then((answer) => {
    Object.assign(part, { answer, at: Date.now(), due: Date.now() + part.everyMs - LOOK_MS / 2 });
  }, (error) => error);
}

function showStream({ cameras, replica, bus, access }) {
  cards("cameras", cameras.map(cameraCard));
  replicas.set(replica.name, { ...replica, bus, at: stream.at });
  $("out").hidden = !access.authenticates;
  $("in").hidden = access.role === "operator";
  setText($("who"), `You are logged in as ${access.role}.`);
}

function cameraCard(it) {
  const ahead = it.clock_offset_seconds;
  return {
    key: it.key, title: it.name, href: `./?camera=${it.key}`, state: it.state,
    badges: [it.source === "demo" && "Demo", it.is_default && "Default"],
    words: [it.headline, it.state === "unknown" ? ", last heard of " : " since ", when(it.since)],
    advice: [it.advice, ...it.notices], error: it.last_error,
    facts: [
      ["Key", make("code", {}, it.key)],
      ["Picture", it.width && `${it.width} × ${it.height}${it.fps === null ? "" : `, ${number(it.fps)} fps`}`],
      ["Camera sends", [it.codec?.toUpperCase(), it.bits_per_second !== null && `${number(it.bits_per_second / 1e6)} Mbit/s`].filter(Boolean).join(", ")],
      ["Viewers", it.viewer_count], ["Reconnects", it.reconnects],
      ["Archived every", lengthWords(it.capture_interval_seconds)],
      ["Clock of its host", ahead !== null && (Math.abs(ahead) < 0.1 ? "as ours" : `${number(Math.abs(ahead))} s ${ahead > 0 ? "ahead" : "behind"}`)],
      ["Ingest", version(it.ingest_version)],
    ],
  };
}

function replicaCard({ name, bus, at, ...it }) {
  return {
    key: name, title: "Stream", badges: [`replica ${name}`], state: bus.is_connected ? "live" : "offline",
    words: [bus.is_connected ? "Hears the bus" : "Hears nothing on the bus"],
    advice: [!bus.is_connected && "Check that ingest runs, that BUS_CONNECT is its address and that it knows our key, if it asks for keys."],
    facts: [
      ["Viewers", `${it.viewer_count} of ${number(it.max_viewers)}`],
      ["Bus last heard", bus.heard_at && when(bus.heard_at, true)],
      ["Malformed messages", bus.dropped_messages], ["Bus keys", keys(bus.has_keys)],
      ["Runs since", when(it.started_at)], ["Answered", when(at, true)], ["Version", version(it.version)],
    ],
  };
}

function archiveCard({ answer: it, error, at }) {
  return {
    title: "Archive", state: error ? "offline" : it.problems.length ? "stalled" : "live", error: error?.message,
    words: [error ? "No answer" : it.problems.length ? "Needs attention" : "Archives"], advice: error ? [] : it.problems,
    facts: it ? [
      ["Frames", it.frames !== null && number(it.frames)],
      ["Size", it.bytes !== null && sizeWords(it.bytes) + (it.max_bytes ? ` of ${sizeWords(it.max_bytes)}` : "")],
      ["Oldest", it.oldest_at && when(it.oldest_at)], ["Newest", it.newest_at && when(it.newest_at)],
      ["Free on disk", it.free_bytes !== null && sizeWords(it.free_bytes)],
      ["Stops below", it.min_free_bytes && `${sizeWords(it.min_free_bytes)} free`],
      ["Database", it.database === "sqlite" ? "SQLite" : "PostgreSQL"],
      ["Files", it.store === "s3" ? "S3" : "directory"],
      ["Malformed messages", it.dropped_messages], ["Bus keys", keys(it.bus_has_keys)],
      ["Answered", when(at, true)], ["Version", version(it.version)],
    ] : [],
  };
}

const KEEPS = {
  all: "Every frame", hourly: "The first frame of each hour", daily: "Of each day the frame nearest to ",
  weekly: "Of each week, of its first day, the frame nearest to ", manual: "Frames captured by hand",
};

function retentionCard({ answer: it }) {
  if (!it) return null;
  const days = it.days.filter((day) => day.frames);
  const tiers = it.tiers.some(({ tier }) => tier === "manual") ? it.tiers : [...it.tiers, { tier: "manual", age_days: null }];
  const going = (day) => `${countWords(day.frames, "frame")}, ${sizeWords(day.bytes)}`;
  return {
    title: "Retention", badges: [it.time_zone],
    words: [days.length ? "What goes by age in the next 30 days is told below." : "Nothing goes by age in the next 30 days."],
    advice: [it.max_bytes && `Beyond ${sizeWords(it.max_bytes)} the oldest frames go, too.`],
    facts: [
      ...tiers.map(({ tier, at, age_days }) => [KEEPS[tier] + (at ?? ""), age_days === null ? "for ever" : `for ${lengthWords(age_days * DAY)}`]),
      ["The next goes", it.next.length && when(it.next[0].goes_at)],
      ...days.slice(0, 7).map((day) => [new Date(`${day.date}T12:00`).toLocaleDateString(undefined, { dateStyle: "medium" }), going(day)]),
    ],
  };
}

function showProblems() {
  const versions = [...replicas.values(), archive.answer, ...(stream.answer?.cameras ?? []).map((it) => ({ version: it.ingest_version }))];
  const told = [...new Set(versions.map((it) => it?.version).filter(Boolean))];
  const problems = [...new Set([
    ...(stream.error ? [stream.error.message] : stream.answer.problems),
    ...(archive.error ? [archive.error.message] : archive.answer.problems.map((text) => `Archive: ${text}`)),
    ...(told.length > 1 ? [`The services have different versions, ${told.join(" and ")}: update all to one.`] : []),
  ])];
  $("sum").dataset.state = stream.error ? "offline" : problems.length ? "stalled" : "live";
  setText($("words"), stream.error ? "Framecast does not answer" : problems.length ? `${countWords(problems.length, "thing")} to look at` : "All is well");
  write($("problems"), problems.map((text) => make("li", {}, text)));
  write($("asked"), [
    ...(stream.at ? ["As of ", when(stream.at, true)] : []),
    ...(stream.error?.status === 401 ? [" ", make("a", { href: "login?next=status" }, "Log in")] : []),
  ]);
}

/** Cards stay, so that the focus and a selection do; what is in them is written where it changed. */
function cards(id, wanted) {
  const keep = wanted.filter(Boolean).map(({ key, title, href, state, badges = [], words = [], advice = [], error, facts }) => {
    let card = [...$(id).children].find((it) => it.dataset.key === (key ?? title));
    card ??= make("article", { className: "card", dataset: { key: key ?? title } },
      make("h3", {}, make("span", { className: "dot" }), make(href ? "a" : "span", href ? { href } : {}), make("span")),
      make("p"), make("div", { className: "error" }), make("div", { className: "soft" }), make("dl"));
    const [head, ...places] = card.children;
    card.dataset.state = state ?? "";
    head.firstChild.hidden = !state;
    setText(head.children[1], title);
    write(head.lastChild, badges.filter(Boolean).map((text) => make("span", { className: "badge" }, text)));
    const rows = facts.filter(([, value]) => value || (value === 0 && value !== false));
    [words, error ? [error] : [], advice.filter(Boolean).map((text) => make("p", {}, text)),
      rows.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value)))].forEach((content, place) => {
      write(places[place], content);
      places[place].hidden = !content.length;
    });
    return card;
  });
  write($(id), keep);
}

/** Child by child, and only those that differ. */
function write(element, wanted) {
  wanted.forEach((one, place) => {
    const node = one instanceof Node ? one : new Text(one);
    const old = element.childNodes[place];
    if (!old) element.append(node);
    else if (old !== node && !old.isEqualNode(node)) old.replaceWith(node);
  });
  while (element.childNodes.length > wanted.length) element.lastChild.remove();
}

const DAY = 86_400;
const number = (value) => value.toLocaleString(undefined, { maximumFractionDigits: 1 });
const version = (text) => text ?? "not told";
const keys = (has) => (has ? "on" : "off");

function lengthWords(seconds) {
  const [size, one] = [[365 * DAY, "year"], [DAY, "day"], [3600, "hour"], [60, "minute"], [1, "second"]].find(([size]) => seconds % size === 0);
  return countWords(seconds / size, one);
}

setInterval(look, LOOK_MS);
addEventListener("visibilitychange", look);
look();
