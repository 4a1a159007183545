/* How the lines to paste are filled in. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { fill, takesToken } from "../connect/filling.js";
import * as texts from "../texts.js";

const BASE = "https://cam.test/under/";
const NOTHING = { base: BASE, link: "", password: "" };

test("a plain line is the address, also of a socket", () => {
  assert.deepEqual(fill("vlc '{base}api'", NOTHING), {
    shown: `vlc '${BASE}api'`,
    copied: `vlc '${BASE}api'`,
    lacks: "",
  });
  assert.equal(fill("{socket}ws", NOTHING).copied, "wss://cam.test/under/ws");
});

test("a line that lacks something says what, until it is there", () => {
  const signed = "{base}stream?link={link}";
  assert.deepEqual(
    [fill(signed, NOTHING).lacks, fill(signed, NOTHING).shown],
    [texts.makeALink, `${BASE}stream?link=LINK`],
  );
  assert.deepEqual(
    [fill("{login}stream", NOTHING).lacks, fill("{login}stream", NOTHING).shown],
    [texts.typeThePassword, "https://viewer:PASSWORD@cam.test/under/stream"],
  );
  const all = { base: BASE, link: "SIGNED", password: "x" };
  assert.deepEqual([fill(signed, all).lacks, fill("{login}", all).lacks], ["", ""]);
  assert.equal(fill(signed, all).copied, `${BASE}stream?link=SIGNED`);
});

test("a password is copied as an address and a shell take it, and never shown", () => {
  const { shown, copied } = fill("'{login}stream'", { ...NOTHING, password: "a'b@c/d$&é" });
  assert.equal(copied, "'https://viewer:a%27b%40c%2Fd%24%26%C3%A9@cam.test/under/stream'");
  assert.equal(shown, "'https://viewer:PASSWORD@cam.test/under/stream'");
});

test("a token is in its line whole: as the password, or in the place of a link", () => {
  const made = { ...NOTHING, token: "framecast_x-y_z" };
  const login = "https://viewer:framecast_x-y_z@cam.test/under/stream";
  assert.deepEqual(fill("{login}stream", made), { shown: login, copied: login, lacks: "" });
  assert.equal(fill("{base}stream?link={link}", made).shown, `${BASE}stream?token=framecast_x-y_z`);
  assert.equal(fill('<camera-feed link="{link}">', made).lacks, texts.makeALink, "the element takes a link alone");
  const lines = ["{login}s", "{base}s?link={link}", '<camera-feed link="{link}">', "{base}s"];
  assert.deepEqual(lines.map(takesToken), [true, true, false, false]);
});
