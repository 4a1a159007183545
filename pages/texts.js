/*
 * The words that the pages' scripts show. A translation is a file like this one with the same names. Words that never
 * change stand in the HTML of each page (live/index.html and so on, shared/header.html), so that they are there at the
 * first paint. What the server says, such as why a camera gives no picture, comes from the server. <camera-feed>, which
 * other people's pages load, has its own words in camera-feed/texts.js.
 *
 * The build gives each page only what it uses.
 */

/** @param {number} count @param {string} one @param {string} many */
const counted = (count, one, many = `${one}s`) => `${count.toLocaleString()} ${count === 1 ? one : many}`;

// The page of a share link

export const linkIsLive = "Live.";
/** @param {string} time */
export const linkPicture = (time) => `Picture of ${time}.`;
export const linkIsGone = "It is no longer in the archive.";

// The app, while the server can't be reached: a whole page, which looks again every five seconds

export const appIsOffline =
  '<!doctype html><html lang=en><meta name=viewport content="width=device-width"><meta http-equiv=refresh content=5>' +
  "<title>Framecast</title><h1>Framecast can’t be reached</h1>" +
  "<p>Check the network and the server. It is tried again every five seconds.";

// All pages

export const copyByHand = "Copy this:";
export const notReached = "Framecast can't be reached. Try again in a moment.";
/** @param {number} status of an HTTP answer that says no more */
export const answered = (status) => `Framecast answered ${status}.`;
export const bytes = "bytes";
/** Of the button that changes them. */
export const colours = { "": "Colours: as the system", light: "Colours: light", dark: "Colours: dark" };
/** @param {string} zone @param {string} other the browser's own */
export const timesAreOf = (zone, other) =>
  zone === other
    ? `Times are those of ${zone}: this browser does not know the time zone of the archive.`
    : `Times are those of ${zone}, where the archive is. This browser's clock is that of ${other}.`;
/** @param {number} count */
export const pictures = (count) => counted(count, "picture");
/** @param {number} count */
export const viewers = (count) => counted(count, "viewer");

// The live page

/** What a camera's state is called; the states are the server's. */
export const cameraStates = {
  live: "Live",
  idle: "Ready",
  connecting: "Connecting…",
  frozen: "Frozen",
  stalled: "Stalled",
  offline: "Offline",
  unauthorized: "No access",
  disabled: "Switched off",
  unknown: "No news",
};
/** What to do about a state, where the camera's last error isn't what there is to say. */
export const cameraAdvice = {
  disabled: "Switch it on in its settings: CAMERA_ENABLED=true, or enabled = true in the cameras file.",
  unknown: "The service that reads the cameras can't be reached. Check that ingest runs.",
};
export const paused = "Paused";
export const serverNotReached = "Not reached";
export const connecting = "Connecting…";
export const reconnecting = "Reconnecting…";
/** @param {string} time */
export const since = (time) => `since ${time}`;
/** @param {string} time */
export const lastPicture = (time) => `Last picture ${time}.`;
/** @param {string} time */
export const capturedAt = (time) => `Captured ${time}`;
/** @param {string} age */
export const old = (age) => `${age} old`;
/** @param {number} rate */
export const picturesPerSecond = (rate) => `${rate} fps`;
export const camera = "Camera";
/** @param {number} count */
export const allCameras = (count) => `${count} cameras`;
export const allLive = "All live";
/** @param {string[]} names of cameras */
export const notLive = (names) => `${names.length} not live: ${names.join(", ")}`;
/** @param {string} state empty where all is well @param {string} name */
export const windowTitle = (state, name) => `${state && `${state} – `}${name} – Framecast`;
export const serverIsTried =
  "Framecast can't be reached. Check the network and the server; it is tried again every two seconds.";
export const noCameraYet = "No camera has reported yet. Check that ingest runs.";
/** @param {string} error */
export const lastError = (error) => `Last error: ${error}`;
export const archiveNotReached = "The archive can't be reached.";
/** @param {string} interval such as 10 minutes */
export const every = (interval) => `Every ${interval}.`;
/** @param {string} interval such as 10 minutes */
export const noneYet = (interval) => `None yet. One is kept every ${interval}.`;
/** On a small picture, so that a night is told from a picture that does not come. */
export const night = "☾ Dark";
export const notThere = "✕ Not there";
/** Units of a rough length of time, the longest first. */
export const roughUnits = { days: "days", hours: "h", minutes: "min", seconds: "s", milliseconds: "ms" };
/** The rows of a camera's details. */
export const age = "Age";
export const shown = "Shown";
export const codec = "Codec";
export const bitRate = "Bit rate";
export const viewersLabel = "Viewers";
export const reconnects = "Reconnects";
export const transport = "Transport";
/** What a camera or FFmpeg says of a fault. */
export const said = "Report";

// The timeline

/** @param {number} count */
export const gaps = (count) => counted(count, "gap");
/** @param {string} stretch @param {number} slots @param {string} reason the server's word for it @param {number} count */
export const gap = (stretch, slots, reason, count) => {
  const some = count > 1 ? ` in ${count.toLocaleString()} gaps, mostly ` : ", ";
  return `${stretch}: ${slots.toLocaleString()} missing${some}${reason}`;
};
/** @param {string} gap */
export const noPictureHere = (gap) => `No picture here. ${gap}.`;
export const pictureDoesNotCome =
  "This picture does not come: Framecast can't be reached, or its file is gone or damaged.";
/** @param {string} time */
export const pictureOf = (time) => `Picture of ${time}`;
export const capturedByHand = "captured by hand";
/** Of a picture that retention never deletes. */
export const kept = "marked as kept";
export const dark = "dark";
/** @param {string} pictures */
export const allShown = (pictures) => `${pictures}.`;
/** @param {string} pictures @param {number} hidden */
export const someHidden = (pictures, hidden) =>
  `${pictures}; “Daylight only” or “Same hour daily” hides ${hidden.toLocaleString()}.`;
/** @param {number} count */
export const exportThese = (count) => `Export: ${count === 1 ? "this picture" : `these ${pictures(count)}`}`;
/** @param {string} size */
export const downloadZip = (size) => `Download as zip, ${size}`;
export const nothingToExport = "Export";
export const nothingToShow = "Nothing to show";
export const nothingArchived = "Nothing is archived yet";
export const allHidden = "All pictures are hidden: turn off “Daylight only” or “Same hour daily”.";
/** @param {string} time */
export const firstIsDue = (time) => `The first picture is due by ${time}`;
/** @param {string} state @param {string | null | undefined} error */
export const firstComesWhenItDelivers = (state, error) =>
  `The first picture comes when the camera delivers (it is ${state}${error ? `: ${error}` : ""})`;
/** @param {string} time after the word for it, such as sunrise, where it has one */
export const nextPicture = (time) => `No picture is due now: next picture at ${time}.`;
export const noNextPicture = "No picture is due by CAPTURE_WHEN, now or within a year.";
/** @param {string} size */
export const takesAYear = (size) => `About ${size} a year`;
/** @param {string} size */
export const takesNow = (size) => `${size} by now`;
/** @param {string} taking @param {number} days */
export const nothingWillGo = (taking, days) => `${taking}; nothing will be deleted in the next ${days} days.`;
/** @param {string} taking @param {number} days @param {string} deletions joined to one sentence */
export const someWillGo = (taking, days, deletions) =>
  `${taking}. In the next ${days} days will be deleted: ${deletions}.`;
/**
 * @param {number} count @param {string} camera @param {string} stretch of the pictures
 * @param {string} date of the first deletion @param {boolean} isByAge
 */
export const deletionOf = (count, camera, stretch, date, isByAge) =>
  `${isByAge ? "" : "about "}${pictures(count)} of ${camera}, ${stretch}, from ${date} on${isByAge ? "" : ", to make room"}`;
/** @param {number} count @param {string} size */
export const keptStay = (count, size) => `${counted(count, "kept picture")}, ${size}, will stay.`;
export const stateNotKnown = "not known";
/** @param {string} first @param {string} interval between two pictures, such as 10 minutes */
export const thenEvery = (first, interval) => `${first}, then every ${interval}. “Capture now” takes one at once.`;
export const play = "Play";
export const pause = "Pause";
export const capturing = "Capturing…";
/** @param {string} time */
export const deletePicture = (time) => `Delete the picture of ${time} for good?`;
export const viewIsCopied = "Link to this view copied.";
export const pictureIsCopied = "Link to this picture alone.";
/** @param {string} time */
export const pictureIsCopiedUntil = (time) => `Link to this picture alone, for anybody, until ${time}.`;
export const chooseTheOther = "Now choose the other picture on the track.";
/** @param {string} name of a camera that is not configured any more */
export const onlyArchived = (name) => `${name} (archive only)`;
/** @param {string} pictures @param {string} size @param {string} span empty where there is none */
export const archivedAmount = (pictures, size, span) => `${pictures}, ${size}${span && `, ${span}`}.`;
/** @param {string} first @param {string} last */
export const fromTo = (first, last) => `${first} to ${last}`;
export const isNotConfigured = "No such camera is configured now.";
export const isChanging = "This may take a while…";
export const noCameraHasReported = "No camera has reported yet.";
/** @param {string} percent of the stage */
export const before = (percent) => `${percent} % before`;
/** @param {number} count */
export const missed = (count) => `${count.toLocaleString()} missed`;

// Time-lapses, on the timeline's page

export const noPicturesOnTrack = "There are no pictures in these days: choose others.";
export const formIsNotFilled = "Fill in the form to see how long it gets.";
/**
 * @param {number} used pictures
 * @param {number} found pictures, of which those are used
 * @param {string} length
 * @param {number} fps
 * @param {string} size in pixels
 * @param {string} bytes
 */
export const estimate = (used, found, length, fps, size, bytes) => {
  const some = used === found ? "" : `${used.toLocaleString()} of `;
  return `${some}${pictures(found)} make ${length} at ${fps} a second, ${size}, roughly ${bytes}.`;
};
export const itLasts = "Seconds";
export const inFps = "Pictures a second";
/** @param {string} length */
export const lapseWaits = (length) => `Waits its turn: ${length}.`;
/** @param {number} done @param {number} frames @param {number} skipped */
export const lapseIsMade = (done, frames, skipped) =>
  `${done.toLocaleString()} of ${pictures(frames)}${lapseSkipped(skipped)}.`;
/** @param {string} error */
export const lapseFailed = (error) => `Failed: ${error}.`;
/** @param {string} length @param {string} size in pixels @param {string} bytes @param {number} skipped */
export const lapseIsDone = (length, size, bytes, skipped) => `${length}, ${size}, ${bytes}${lapseSkipped(skipped)}.`;
/** @param {number} count */
const lapseSkipped = (count) => (count ? `, ${counted(count, "damaged picture")} left out` : "");
/** @param {string} entry of the schedule */
export const madeByItself = (entry) => ` Made by itself (${entry}).`;
export const recordWasLost = " Its record was lost; this is what the video says.";
/** @param {string} camera @param {string} date */
export const lapseOfUnknownDays = (camera, date) => `${camera}, made on ${date}`;
export const lapseLink = "Copy link";
/** @param {string} time */
export const lapseIsCopiedUntil = (time) => `Link copied, for anybody, until ${time}`;
export const lapseIsCopied = "Link copied";
/** @param {string} date */
export const keptUntil = (date) => ` Kept until ${date}.`;
/** @param {string} time */
export const dailyAt = (time) => `, daily at ${time}`;
export const progress = "Progress";
export const download = "Download";
export const cancel = "Cancel";
export const remove = "Delete";
/** @param {string} title */
export const deleteLapse = (title) => `Delete the time-lapse “${title}”?`;

// The status page

export const stream = "Stream";
export const archiver = "Archiver";
export const archive = "Archive";
export const retention = "Retention";
export const demo = "Demo";
export const isDefault = "Default";
export const sinceInstant = " since ";
export const lastHeardOf = ", last heard of ";
/** The names of the facts on a card; some are those of the live page. */
export const technical = "Details";
export const factKey = "Key";
export const factPicture = "Picture";
export const factRate = "Pictures a second";
export const factBitrate = "Bitrate";
export const factInterval = "Archived every";
export const factClock = "Clock of its host";
export const factIngestVersion = "Version of ingest";
export const factHeardAt = "Bus last heard";
export const factMalformed = "Malformed messages";
export const factBusKeys = "Keys on the bus";
export const factStartedAt = "Runs since";
export const factAnsweredAt = "Answered";
export const factVersion = "Version";
export const factPictures = "Pictures";
export const factSize = "Size";
export const factAtMost = "At most";
export const factOldest = "Oldest";
export const factNewest = "Newest";
export const factFree = "Free on disk";
export const factStopsBelow = "Stops below";
export const factDatabase = "Database";
export const factNextAt = "The next at";
/** @param {string} rate */
export const megabits = (rate) => `${rate} Mbit/s`;
export const clockAsOurs = "as ours";
/** @param {string} seconds @param {boolean} isAhead */
export const clockDiffers = (seconds, isAhead) => `${seconds} s ${isAhead ? "ahead" : "behind"}`;
/** @param {string} name */
export const replica = (name) => `replica ${name}`;
export const busConnected = "Connected to the bus";
export const busSilent = "Hears nothing on the bus";
export const busAdvice =
  "Check that ingest runs, that BUS_CONNECT is its address, and that it knows our key if the bus has keys.";
/** @param {number} count @param {string} most */
export const viewersOf = (count, most) => `${count} of ${most}`;
export const on = "on";
export const off = "off";
export const archiveStates = { offline: "No answer", stalled: "Needs attention", live: "Working" };
/** @param {string} size */
export const freeBytes = (size) => `${size} free`;
/** What a tier of the retention keeps; `at` is a time of day. The tiers are the server's. */
export const tiers = {
  all: () => "Every picture",
  hourly: () => "The first picture of each hour",
  daily: (/** @type {string} */ at) => `Of each day the picture nearest to ${at}`,
  weekly: (/** @type {string} */ at) => `Of each week, of its first day, the picture nearest to ${at}`,
  manual: () => "Pictures captured by hand",
};
export const forEver = "for ever";
/** @param {string} length */
export const forSoLong = (length) => `for ${length}`;
/** @param {string} now @param {string} why */
export const clockInDoubt = (now, why) =>
  `The archiver's clock says ${now}, which is in doubt: ${why}. Until it is settled nothing is deleted by age.`;
/** @param {number} count of pictures @param {string} size @param {number} gaps @param {number} cameras */
export const clockLeft = (count, size, gaps, cameras) =>
  `A wrong clock left ${pictures(count)} (${size}) whose time is in doubt, ${counted(gaps, "gap")} that no ` +
  `outage made, and ${counted(cameras, "camera")} with marks in the future.`;
export const sureToTakeOut = "Delete these pictures for good, and mend the gaps?";
/** @param {number} count @param {number} percent */
export const heldBack = (count, percent) =>
  `${pictures(count)} are due by age. At most ${percent} % of the archive goes in a day, so they stay for now.`;
/** @param {number} count */
export const sureToDelete = (count) => `Delete ${pictures(count)} for good now?`;
export const willGo = "By age will go:";
export const nothingGoes = "Nothing goes by age in the next 30 days.";
/** @param {string} size */
export const beyondGoesToo = (size) => `Beyond ${size} the oldest pictures go, too.`;
/** Names of facts of a camera's own retention. @param {string} camera */
export const ofCamera = (camera) => `Camera ${camera}`;
/** @param {string} keep as in the cameras file @param {string} most a size, or empty */
export const ownRule = (keep, most) => (most ? `${keep}, at most ${most}` : keep);
export const keptPictures = "Marked as kept";
/** @param {number} count @param {string} size */
export const picturesOfDay = (count, size) => `${pictures(count)}, ${size}`;
/** @param {string} problem */
export const archiveProblem = (problem) => `Archive: ${problem}`;
/** @param {string[]} versions */
export const versionsDiffer = (versions) =>
  `The services have different versions, ${versions.join(" and ")}: update them all.`;
export const stripNames = { hours: "Last 24 hours", days: "Last 30 days" };
/** @param {string} name @param {string} camera */
export const stripOf = (name, camera) => `${name} of ${camera}`;
/** What a strip says of a stretch; the states are the server's. */
export const historyStates = {
  whole: () => "all pictures kept",
  partly: (/** @type {string} */ length, /** @type {string} */ reason) => `${length} missing: ${reason}`,
  missing: (/** @type {string} */ _, /** @type {string} */ reason) => `gap: ${reason}`,
  open: () => "no picture due yet",
  off: () => "no pictures kept, for it is switched off",
  before: () => "no pictures kept yet",
};
/** @param {string} length @param {string} reason */
export const mostlyMissing = (length, reason) => `${length} missing, mostly: ${reason}`;
/** @param {string} time @param {string} headline */
export const troubleSince = (time, headline) => `Since ${time}: ${headline}`;
export const noHistory = "The archive does not tell now what it kept. ";
export const noAnswer = "Framecast does not answer";
export const allWell = "All is well";
/** @param {number} count */
export const thingsToLookAt = (count) => `${counted(count, "thing")} to look at`;
export const asOf = "As of ";
/** @param {number} checked @param {number | null} total */
export const isChecked = (checked, total) =>
  `Checking: ${checked.toLocaleString()}${total === null ? "" : ` of ${pictures(total)}`}.`;
export const dropMissing =
  "Take the rows of all missing files out of the archive? Files that are put back later are taken in again.";
/** A length in its largest whole unit; `units` are years, days, hours, minutes and seconds. */
export const years = (/** @type {number} */ count) => counted(count, "year");
export const days = (/** @type {number} */ count) => counted(count, "day");
export const hours = (/** @type {number} */ count) => counted(count, "hour");
export const minutes = (/** @type {number} */ count) => counted(count, "minute");
export const seconds = (/** @type {number} */ count) => counted(count, "second");

// The page of access

/** @param {string} browser @param {string} system */
export const browserOn = (browser, system) => `${browser} on ${system}`;
export const someBrowser = "A browser";
export const everyCamera = "All cameras";
/** @param {string} cameras */
export const withArchive = (cameras) => `${cameras}, and the archive`;
/** @param {string} cameras */
export const liveAlone = (cameras) => `${cameras}, the live picture alone`;
/** @param {string} id */
export const linkToPicture = (id) => `Archived picture ${id}`;
/** @param {string} camera */
export const linkToLapse = (camera) => `Time-lapse of ${camera}`;
export const roles = { viewer: "Viewer", operator: "Operator" };
/** Where a password was set. */
export const setAtPage = "Set on this page.";
/** @param {string} role in capitals */
export const setByEnvironment = (role) =>
  `${role}_PASSWORD or ${role}_TOKEN is set where Framecast is started, and goes before this page: change it there.`;
export const notSet = "Not set.";
export const noTokens = "There are no tokens.";
export const noLogins = "Nobody is logged in here.";
export const noLinks = "There are no share links.";
export const thisBrowser = "This browser";
/** @param {string} role @param {string} address */
export const loginOf = (role, address) => `${role}${address && `, from ${address}`}`;
/** What stands before a time. */
export const loggedIn = "Since ";
export const madeAt = "Made ";
export const usedAt = ", last used ";
export const usedNever = ", not used yet";
export const endsAt = ", ends ";
export const endsNever = ", without an end";
export const end = "End";
export const logOut = "Log out";
/** @param {string} act @param {string} title for screen readers */
export const actOn = (act, title) => `${act}: ${title}`;
/** @param {string} name */
export const sureToEnd = (name) => `End the token “${name}”? What uses it sees nothing from then on.`;
/** @param {string} browser @param {string} address */
export const sureToLogOut = (browser, address) => `Log out ${browser}${address && ` (${address})`}?`;
export const sureToLogOutOthers = "Log out all browsers but this one?";
/** @param {string} subject */
export const sureToEndLink = (subject) => `End this link to “${subject}”? Whoever has it sees nothing from then on.`;
/** @param {string} title */
export const hasEnded = (title) => `“${title}” has ended.`;
export const othersAreOut = "All other browsers are logged out.";
export const notKept = "This holds, but is not on the disk yet: ingest tries again by itself. See to its disk.";
export const codeNeeded = "Enter the setup code that the command shows.";
export const passwordIsSet = {
  viewer: "The password is set. Browsers of viewers log in again with it.",
  operator: "The password is set. Other browsers of operators log in again with it.",
};
export const chooseCameras = "Choose a camera, or all.";
export const tokenIsMade = "The token is made. Copy it now: it is shown this once.";
/** @param {string} name */
export const copyToken = (name) => `Copy the token of ${name}`;
export const never = "Never";
/** @param {number} count */
export const inDays = (count) => `In ${counted(count, "day")}`;

// The connect page

/** How long a link is good, by seconds. */
export const linkLengths = {
  3600: "1 hour",
  21600: "6 hours",
  86400: "1 day",
  604800: "7 days",
  2592000: "30 days",
};
export const whatALinkIs =
  "A link opens this one camera, without a password, for whoever holds it. Make one for the lines that need it.";
export const forOthers = "The lines have the address at which others in your network can look. ";
export const noPassword =
  "There is no password, so a share link would be the plain address: every line works as it is.";
/** Why a line can't be copied yet. */
export const makeALink = "Make a share link first.";
export const typeThePassword = "Type the viewer’s password above first.";
/** What stands in the lines until then. */
export const placeOfLink = "LINK";
export const placeOfPassword = "PASSWORD";
export const onPhone = "On a phone";
export const onPhoneAbout = "Scan the code with its camera, or type the address.";
export const linkOnPhone = "The share link on a phone";
export const linkOnPhoneAbout = "Whoever scans the code looks at this one camera, until the link ends.";
export const lineAddress = "Address";
export const linkEnds = "The link is in the lines below. It ends on ";
export const makeToken = "Make a token for this";
/** @param {string} title of a program */
export const tokenFor = (title) => `Make a token for ${title}`;
export const tokenLine = "Password";
export const tokenIsInLines =
  "The token is in these lines, and shown this once. It opens this camera’s live picture alone, until you end it at";
export const access = "Access";
export const copy = "Copy";
export const copied = "Copied";
export const isCopied = "Copied.";
/** @param {string} title @param {string} name */
export const copyLine = (title, name) => `Copy ${title}: ${name}`;

// The page of cameras

export const addCamera = "Add a camera";
export const addYourCamera = "Add your camera";
export const looking = "Looking… It may take half a minute.";
/** @param {number} count */
export const foundCameras = (count) => (count ? `${counted(count, "device")} found.` : "");
/** @param {string} which its size, or its maker */
export const useStream = (which) => `Use it${which && `: ${which}`}`;
export const askWithLogin = "Ask it with this login";
export const loginFirst = "Write the user name and the password below, and press it again.";
export const trying = "Trying… It may take half a minute.";
export const itWorks = "It works.";
export const saveCamera = "Save";
export const saveAnyway = "Save it all the same";
export const saving = "Saving…";
export const waitsForPicture = "Saved. Waiting for its first picture…";
export const triedPicture = "The camera’s picture";
/** @param {string} rate */
export const triedRate = (rate) => `${rate} pictures per second`;
/** @param {string} address without its login */
export const triedAt = (address) => `At ${address}`;
export const triedReaders = { direct: "our own reader", ffmpeg: "read by FFmpeg", http: "over HTTP" };
export const cameraSettings = "Settings";
export const moveUp = "Move up";
export const moveDown = "Move down";
/** On buttons in place of their words. */
export const signs = { up: "↑", down: "↓" };
export const switchOn = "Switch on";
export const switchOff = "Switch off";
export const removeCamera = "Remove";
/** @param {string} name @param {number} place */
export const hasMoved = (name, place) => `“${name}” is now in place ${place}.`;
/** @param {string} name */
export const isSwitchedOn = (name) => `“${name}” is switched on.`;
/** @param {string} name */
export const isSwitchedOff = (name) => `“${name}” is switched off. Its settings and its pictures stay.`;
/** @param {string} name @param {string} amount of its pictures, in a sentence */
export const sureToRemove = (name, amount) =>
  `Remove “${name}”? It is no longer shown, and no more pictures are kept. ${amount}`;
/** @param {string} pictures @param {string} size */
export const picturesOf = (pictures, size) => `The archive has ${pictures} of it, ${size}.`;
export const archiveIsAway = "The archive has no picture of it, or does not answer.";
/** @param {string} name */
export const isRemoved = (name) => `“${name}” is removed. Pictures of it in the archive stay.`;
/** @param {string} name */
export const isDeleting = (name) => `“${name}” is removed. Its pictures are being deleted…`;
/** @param {string} name */
export const picturesAreDeleted = (name) => `“${name}” is removed, and its pictures are deleted.`;
/** @param {string} name */
export const isGone = (name) => `“${name}” has been removed meanwhile.`;
export const isSaved = "Saved.";
export const nothingChanged = "Nothing was changed.";
export const takePasswordOut = "Take the password out";
export const passwordIsKept = "One is set, and never shown. Empty: it stays.";
export const passwordIsNotSet = "None is set.";
export const setByHand = "Set by hand, where the cameras are written.";
/** @param {string} form */
export const mustBe = (form) => `${form[0].toUpperCase()}${form.slice(1)}.`;
/** @param {string} value @param {string} unit */
export const usually = (value, unit) => `Default: ${value}${unit && ` ${unit}`}.`;
/** @param {boolean} isOn */
export const onOrOff = (isOn) => (isOn ? "on" : "off");
export const cropNamed = "Crop";
/** @param {number} number */
export const maskNamed = (number) => `Mask ${number}`;
/** In percent. @param {number} left @param {number} top @param {number} width @param {number} height */
export const areaAt = (left, top, width, height) => `${width} × ${height} %, at ${left} % and ${top} %`;
/** @param {string} name of a file */
export const recordIsSaved = (name) => `Saved: ${name}`;
export const groupNames = {
  camera: "Camera",
  picture: "Picture",
  archive: "Archive",
  connection: "Connection",
  advanced: "Advanced",
};
/** By their names in a cameras file. One that is not here is called by that. */
export const settingNames = {
  name: "Name",
  enabled: "Switched on",
  rtsp_url: "Address",
  rtsp_url_small: "Address of the small stream",
  rtsp_username: "User name",
  rtsp_password: "Password",
  rtsp_password_file: "File with the password",
  rtsp_transport: "Transport",
  rtsp_ca_file: "File with the certificate",
  rtsp_tls_verify: "Check the certificate",
  decoder: "Reader",
  idle: "While nobody watches",
  open_seconds: "Patience for a connection",
  stall_seconds: "Patience for a picture",
  frozen_seconds: "Frozen after",
  skip_identical: "Skip pictures that are the same",
  fps: "Pictures per second, at most",
  jpeg_quality: "Quality",
  widths: "Smaller widths",
  rotate: "Turn clockwise",
  flip: "Mirror",
  crop: "Crop",
  privacy_masks: "Masks",
  privacy_mask_style: "Masks are",
  overlay: "Text on the picture",
  overlay_place: "Place of the text",
  overlay_size: "Size of the text",
  time_zone: "Time zone of the text",
  aspect: "Shape of a picture",
  capture_interval: "A picture every",
  capture_quality: "Quality in the archive",
  capture_when: "When pictures are taken",
  archive_keep: "How long pictures are kept",
  archive_max_bytes: "Most room in the archive",
};
