/* The calendar: how much there is of each day of a month, and of each month of a year. */

import { countWords, dayKey, dayStart, dayWords, make, monthWords, setText, sizeWords } from "./server.js";

const part = (id) => document.getElementById(id);
const two = (number) => `${number}`.padStart(2, "0");
const row = (count, each) => Array.from({ length: count }, (_, n) => each(n));

export class Calendar {
  #days = new Map();
  #most = 1;
  #month = dayKey(Date.now()).slice(0, 7);
  #shown = "";

  /** `chosen` is called with a day, such as 2026-11-22. */
  constructor(chosen) {
    this.chosen = chosen;
    part("month-before").addEventListener("click", () => this.#turn(-1));
    part("month-after").addEventListener("click", () => this.#turn(1));
    part("year").addEventListener("click", () => this.#draw(!this.#isYear));
  }

  show(days, shown) {
    if (days === this.#days && shown === this.#shown) return;
    if (!this.#shown.startsWith(shown.slice(0, 7))) this.#month = shown.slice(0, 7);
    [this.#days, this.#shown] = [days, shown];
    this.#most = Math.max(1, ...[...days.values()].map(({ frames }) => frames));
    this.#draw();
  }

  get #isYear() {
    return part("year").ariaPressed === "true";
  }

  #turn(by) {
    const [year, month] = this.#month.split("-").map(Number);
    this.#month = dayKey(new Date(year, month - 1 + by * (this.#isYear ? 12 : 1), 1)).slice(0, 7);
    this.#draw();
  }

  #draw(isYear = this.#isYear) {
    part("year").ariaPressed = isYear;
    const period = this.#month.slice(0, isYear ? 4 : 7);
    setText(part("month"), isYear ? period : monthWords(`${period}-01`));
    setText(part("month-note"), this.#words(period));
    part("calendar").className = isYear ? "year" : "days";
    part("calendar").replaceChildren(...(isYear ? row(12, (n) => this.#monthButton(`${period}-${two(n + 1)}`)) : [...weekdays(), ...this.#cells(period, (key) => this.#dayButton(key))]));
  }

  #words(period) {
    const sum = { frames: 0, bytes: 0, missed: 0 };
    for (const [key, day] of this.#days) if (key.startsWith(period)) for (const name in sum) sum[name] += day[name];
    return [countWords(sum.frames, "picture"), sizeWords(sum.bytes), sum.missed && `${sum.missed.toLocaleString()} missed`].filter(Boolean).join(", ");
  }

  #cells(month, make) {
    const first = dayStart(`${month}-01`);
    const blank = (first.getDay() + 6) % 7; // weeks begin on Monday
    return [...row(blank, () => document.createElement("b")), ...row(new Date(first.getFullYear(), first.getMonth() + 1, 0).getDate(), (n) => this.#fill(`${month}-${two(n + 1)}`, make))];
  }

  #fill(key, make) {
    const { frames = 0, missed = 0 } = this.#days.get(key) ?? {};
    const cell = make(key);
    cell.style.setProperty("--fill", frames && 0.25 + (0.75 * frames) / this.#most);
    cell.toggleAttribute("data-missed", missed > 0);
    return cell;
  }

  #dayButton(key) {
    const day = this.#days.get(key);
    const words = `${dayWords(key)}: ${this.#words(key)}`;
    const button = make("button", { title: words, ariaLabel: words, disabled: !day, ariaCurrent: key === this.#shown ? "date" : null, dataset: { day: key } });
    button.append(`${Number(key.slice(8))}`, make("small", { textContent: day ? day.frames || "–" : "" }));
    button.addEventListener("click", () => this.chosen(key));
    return button;
  }

  #monthButton(month) {
    const first = `${month}-01`;
    const words = `${monthWords(first)}: ${this.#words(month)}`;
    const name = dayStart(first).toLocaleDateString([], { month: "short" });
    const button = make("button", { title: words, ariaLabel: words }, name, make("span", {}, ...this.#cells(month, () => make("i"))));
    button.addEventListener("click", () => {
      this.#month = month;
      this.#draw(false);
    });
    return button;
  }
}

const weekdays = () => row(7, (n) => make("span", { textContent: dayStart("2024-01-01", n).toLocaleDateString([], { weekday: "short" }) }));
