/* The status page: asks stream and the archiver while it is looked at, and writes what changed. */

import { countWords, make, request, setText, sizeWords, when } from "./server.js";

const LOOK_MS = 4000;
/** Behind a gateway each answer may be another replica's; one silent for so long may be gone. */
const REPLICA_MS = 60_000;
const DAY = 86_400;

const $ = (id) => document.getElementById(id);
const replicas = new Map();
const stream = { path: "api/status", looks: 1 };
const archive = { path: "api/camera/frames/status", looks: 5 };
const retention = { path: "api/camera/retention", looks: 75 };

async function look() {
  if (document.hidden) return;
  await Promise.all([stream, archive, retention].map(ask));
  const { cameras, replica, bus, access } = stream.answer ?? { cameras: [] };
  if (replica) {
    replicas.set(replica.name, { ...replica, bus, at: stream.at });
    $("out").hidden = !access.authenticates;
    $("in").hidden = access.role === "operator";
    setText($("who"), `You are logged in as ${access.role}.`);
  }
  for (const [name, { at }] of replicas) if (Date.now() - at > REPLICA_MS) replicas.delete(name);
  cards("cameras", cameras.map(cameraCard));
  cards("services", [...[...replicas.values()].map(replicaCard), archiveCard(archive), retentionCard(retention)]);
  cards("settings", [["Stream", stream], ["Archiver", archive]].map(([title, { answer }]) => answer && {
    title, facts: Object.entries(answer.settings).map(([name, value]) => [make("code", {}, name), value || "–"]),
  }));
  if ([stream, archive].every((part) => part.answer || part.error)) showProblems(cameras);
}

/** What fails is asked again at the next look; what it said before is kept, with its age. What hangs is not asked twice. */
async function ask(part) {
  if (Date.now() < part.due) return;
  part.due = Infinity;
  try {
    Object.assign(part, { answer: await request(part.path), at: Date.now(), due: Date.now() + (part.looks - 0.5) * LOOK_MS, error: "" });
  } catch (error) {
    Object.assign(part, { error: error.message, due: 0 });
  }
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
      ["Picture", it.width && `${it.width} × ${it.height}`],
      ["Frame rate", it.fps && `${number(it.fps)} fps`],
      ["Codec", it.codec?.toUpperCase()],
      ["Bitrate", it.bits_per_second && `${number(it.bits_per_second / 1e6)} Mbit/s`],
      ["Viewers", it.viewer_count],
      ["Reconnects", it.reconnects],
      ["Archived every", lengthWords(it.capture_interval_seconds)],
      ["Clock of its host", ahead !== null && (Math.abs(ahead) < 0.1 ? "as ours" : `${number(Math.abs(ahead))} s ${ahead > 0 ? "ahead" : "behind"}`)],
      ["Version of ingest", it.ingest_version],
    ],
  };
}

function replicaCard({ name, bus, at, ...it }) {
  return {
    key: name, title: "Stream", badges: [`replica ${name}`], state: bus.is_connected ? "live" : "offline",
    words: [bus.is_connected ? "Connected to the bus" : "Hears nothing on the bus"],
    advice: [!bus.is_connected && "Check that ingest runs, that BUS_CONNECT is its address, and that it knows our key if the bus has keys."],
    facts: [
      ["Viewers", `${it.viewer_count} of ${number(it.max_viewers)}`],
      ["Bus last heard", bus.heard_at && when(bus.heard_at, true)],
      ["Malformed messages", bus.dropped_messages],
      ["Keys on the bus", bus.has_keys ? "on" : "off"],
      ["Runs since", when(it.started_at)],
      ["Answered", when(at, true)],
      ["Version", it.version],
    ],
  };
}

function archiveCard({ answer: it, error, at }) {
  if (!it && !error) return null;
  const state = error ? "offline" : it.problems.length ? "stalled" : "live";
  return {
    title: "Archive", state, error, words: [{ offline: "No answer", stalled: "Needs attention", live: "Working" }[state]],
    advice: error ? [] : it.problems,
    facts: it ? [
      ["Frames", it.frames],
      ["Size", it.bytes !== null && sizeWords(it.bytes)],
      ["At most", it.max_bytes && sizeWords(it.max_bytes)],
      ["Oldest", it.oldest_at && when(it.oldest_at)],
      ["Newest", it.newest_at && when(it.newest_at)],
      ["Free on disk", it.free_bytes !== null && sizeWords(it.free_bytes)],
      ["Stops below", it.min_free_bytes && `${sizeWords(it.min_free_bytes)} free`],
      ["Database", it.database === "sqlite" ? "SQLite" : "PostgreSQL"],
      ["Malformed messages", it.dropped_messages],
      ["Keys on the bus", it.bus_has_keys ? "on" : "off"],
      ["Answered", when(at, true)],
      ["Version", it.version],
    ] : [],
  };
}

const KEEPS = {
  all: "Every frame", hourly: "The first frame of each hour", daily: "Of each day the frame nearest to ",
  weekly: "Of each week, of its first day, the frame nearest to ", manual: "Frames captured by hand",
};

function retentionCard({ answer: it, error }) {
  if (!it) return error && !archive.error && { title: "Retention", state: "offline", error, facts: [] };
  const days = it.days.filter((day) => day.frames);
  const tiers = it.tiers.some(({ tier }) => tier === "manual") ? it.tiers : [...it.tiers, { tier: "manual", age_days: null }];
  return {
    title: "Retention", badges: [it.time_zone],
    words: [days.length ? "By age will go:" : "Nothing goes by age in the next 30 days."],
    advice: [it.max_bytes && `Beyond ${sizeWords(it.max_bytes)} the oldest frames go, too.`],
    facts: [
      ...days.slice(0, 5).map((day) => [new Date(`${day.date}T12:00`).toLocaleDateString(undefined, { dateStyle: "medium" }), `${countWords(day.frames, "frame")}, ${sizeWords(day.bytes)}`]),
      ["The next at", it.next[0] && when(it.next[0].goes_at)],
      ...tiers.map(({ tier, at, age_days }) => [KEEPS[tier] + (at ?? ""), age_days === null ? "for ever" : `for ${lengthWords(age_days * DAY)}`]),
    ],
  };
}

function showProblems(cameras) {
  const versions = new Set([...replicas.values(), archive.answer].map((it) => it?.version).concat(cameras.map((it) => it.ingest_version)));
  versions.delete(undefined);
  versions.delete(null);
  const problems = new Set([
    ...(stream.error ? [stream.error] : stream.answer.problems),
    ...(archive.error ? [archive.error] : archive.answer.problems.map((text) => `Archive: ${text}`)),
  ]);
  if (versions.size > 1) problems.add(`The services have different versions, ${[...versions].join(" and ")}: update them all.`);
  const { size } = problems;
  $("sum").dataset.state = stream.error ? "offline" : size ? "stalled" : "live";
  setText($("words"), stream.error ? "Framecast does not answer" : size ? `${countWords(size, "thing")} to look at` : "All is well");
  write($("problems"), [...problems].map((text) => make("li", {}, text)));
  write($("asked"), stream.at ? ["As of ", when(stream.at, true)] : []);
}

/** Cards stay, so that the focus and a selection do; what is in them is written where it changed. */
function cards(id, wanted) {
  write($(id), wanted.filter(Boolean).map(({ title, key = title, href, state = "", badges = [], words = [], advice = [], error, facts }) => {
    const card = [...$(id).children].find((it) => it.dataset.key === key) ?? make("article", { className: "card", dataset: { key } },
      make("h3", {}, make("span", { className: "dot" }), make(href ? "a" : "span", href ? { href } : {}), make("span")),
      make("p"), make("p", { className: "error" }), make("div", { className: "soft" }), make("dl"));
    const [head, ...places] = card.children;
    card.dataset.state = state;
    head.firstChild.hidden = !state;
    setText(head.children[1], title);
    write(head.lastChild, badges.filter(Boolean).map((text) => make("span", { className: "badge" }, text)));
    const rows = facts.filter(([, value]) => value || value === 0);
    const contents = [words, error ? [error] : [], advice.filter(Boolean).map((text) => make("p", {}, text)),
      rows.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, typeof value === "number" ? number(value) : value)))];
    contents.forEach((content, place) => {
      write(places[place], content);
      places[place].hidden = !content.length;
    });
    return card;
  }));
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

const number = (value) => value.toLocaleString(undefined, { maximumFractionDigits: 1 });

function lengthWords(seconds) {
  const [size, one] = [[365 * DAY, "year"], [DAY, "day"], [3600, "hour"], [60, "minute"], [1, "second"]].find(([size]) => seconds % size === 0);
  return countWords(seconds / size, one);
}

setInterval(look, LOOK_MS);
addEventListener("visibilitychange", look);
look();
