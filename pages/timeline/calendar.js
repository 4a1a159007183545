/* The calendar: how much there is of each day of a month, and of each month of a year. */

import { make, setText } from "../shared/dom.js";
import { on } from "../shared/events.js";
import { formatSize } from "../shared/quantities.js";
import { dayKey } from "../shared/time.js";
import * as texts from "../texts.js";
import { formatDay, formatMonth, monthName, weekdayName } from "./dates.js";
import { page } from "./elements.js";
import { daysOfMonth, fillOf, monthLater, monthsOf, sumOf } from "./months.js";

/** @import { Day } from "./frames.js" */

/** From a Monday on. */
const WEEK = Array.from({ length: 7 }, (_, day) => `2024-01-0${day + 1}`);

/** Shows a month or a year, and lets a day be chosen. */
export class Calendar {
  /** @type {Map<string, Day>} */
  #days = new Map();
  /** The most frames that a day has. */
  #most = 1;
  #month = dayKey(Date.now()).slice(0, 7);
  #shown = "";
  #isYear = false;

  /**
   * @param {(day: string) => void} chosen called with a day, such as 2026-11-22
   * @param {(period: string) => void} turned called with the month or the year that is shown
   */
  constructor(chosen, turned) {
    this.chosen = chosen;
    this.turned = turned;
    on(page["month-before"], "click", () => this.#turn(-1));
    on(page["month-after"], "click", () => this.#turn(1));
    on(page.year, "click", () => this.#draw(!this.#isYear));
  }

  /** @param {Map<string, Day>} days @param {string} shown the day whose picture is shown */
  show(days, shown) {
    if (days === this.#days && shown === this.#shown) return;
    if (!this.#shown.startsWith(shown.slice(0, 7))) this.#month = shown.slice(0, 7);
    this.#days = days;
    this.#shown = shown;
    this.#most = Math.max(1, ...[...days.values()].map(({ frames }) => frames));
    this.#draw();
  }

  /** @param {1 | -1} by months, or years where those are shown */
  #turn(by) {
    this.#month = monthLater(this.#month, by * (this.#isYear ? 12 : 1));
    this.#draw();
  }

  #draw(isYear = this.#isYear) {
    this.#isYear = isYear;
    const month = this.#month;
    const year = month.slice(0, 4);
    page.year.ariaPressed = `${isYear}`;
    setText(page.month, isYear ? year : formatMonth(`${month}-01`));
    setText(page["month-note"], this.#words(isYear ? year : month));
    page.calendar.className = isYear ? "year" : "days";
    const cells = isYear
      ? monthsOf(year).map((each) => this.#monthButton(each))
      : [...weekdays(), ...this.#cells(month, (key) => this.#dayButton(key))];
    page.calendar.replaceChildren(...cells);
    this.turned(isYear ? year : month);
  }

  /** @param {string} period */
  #words(period) {
    const { frames, bytes, missed } = sumOf(this.#days, period);
    return [texts.pictures(frames), formatSize(bytes), missed && texts.missed(missed)].filter(Boolean).join(", ");
  }

  /** @param {string} month @param {(key: string) => HTMLElement} makeCell */
  #cells(month, makeCell) {
    const { blanks, days } = daysOfMonth(month);
    return [...Array.from({ length: blanks }, () => make("b")), ...days.map((key) => this.#fill(key, makeCell(key)))];
  }

  /** @param {string} key @param {HTMLElement} cell */
  #fill(key, cell) {
    const { frames = 0, missed = 0 } = this.#days.get(key) ?? {};
    cell.style.setProperty("--fill", `${fillOf(frames, this.#most)}`);
    cell.toggleAttribute("data-missed", missed > 0);
    return cell;
  }

  /** @param {string} key */
  #dayButton(key) {
    const day = this.#days.get(key);
    const words = `${formatDay(key)}: ${this.#words(key)}`;
    const ariaCurrent = key === this.#shown ? "date" : null;
    const count = make("small", {}, day ? `${day.frames || "–"}` : "");
    const properties = { title: words, ariaLabel: words, disabled: !day, ariaCurrent, dataset: { day: key } };
    const button = make("button", properties, `${Number(key.slice(8))}`, count);
    on(button, "click", () => this.chosen(key));
    return button;
  }

  /** @param {string} month */
  #monthButton(month) {
    const first = `${month}-01`;
    const words = `${formatMonth(first)}: ${this.#words(month)}`;
    const days = make("span", {}, ...this.#cells(month, () => make("i")));
    const button = make("button", { title: words, ariaLabel: words }, monthName(first), days);
    on(button, "click", () => {
      this.#month = month;
      this.#draw(false);
    });
    return button;
  }
}

const weekdays = () => WEEK.map((day) => make("span", {}, weekdayName(day)));
