// Pictures of a report in Chromium, desktop and phone, light and dark: node screenshots.mjs CHROMIUM PAGE OUT_DIR
// Speaks the DevTools protocol over a pipe; needs no package. Refuses to judge how a page looks, but not whether it fits.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [chromium, page, out] = process.argv.slice(2);
const SCREENS = { desktop: { width: 1366, height: 900, scale: 1, mobile: false }, phone: { width: 390, height: 844, scale: 2, mobile: true } };
const MOST_PIXELS_HIGH = 6000;
const profile = mkdtempSync(join(tmpdir(), "pushbench-screenshots-"));
const flags = ["--headless", "--disable-gpu", "--no-first-run", "--no-proxy-server", "--hide-scrollbars", "--remote-debugging-pipe", `--user-data-dir=${profile}`];
if (process.getuid() === 0) flags.push("--no-sandbox");
const browser = spawn(chromium, flags, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
const [, , , ask, answers] = browser.stdio;

let last = 0, said = "";
const waiting = new Map();
const events = [];
answers.on("data", (bytes) => {
  const parts = (said + bytes).split("\0");
  said = parts.pop();
  for (const message of parts.map((part) => JSON.parse(part))) {
    const { resolve: done, reject } = waiting.get(message.id) ?? {};
    waiting.delete(message.id);
    if (message.error) reject?.(new Error(message.error.message));
    else if (message.id) done?.(message.result);
    else events.push(message.method);
  }
});
function send(method, params = {}, sessionId = undefined) {
  const id = ++last;
  ask.write(JSON.stringify({ id, method, params, sessionId }) + "\0");
  return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
}
const until = async (event) => {
  while (!events.includes(event)) await new Promise((done) => setTimeout(done, 20));
};
const limit = setTimeout(() => fail(new Error("no answer within two minutes")), 120_000);
function fail(error) {
  console.error(`screenshots: ${error.message}`);
  browser.kill("SIGKILL");
  rmSync(profile, { recursive: true, force: true });
  process.exit(1);
}
for (const source of [browser, ask, answers]) source.on("error", (error) => fail(new Error(`${chromium} cannot be driven: ${error.message}`)));
browser.on("exit", (status) => waiting.size > 0 && fail(new Error(`${chromium} ended with ${status}`)));

async function picture(session, name, { width, height, scale, mobile }, theme) {
  const tell = (method, params) => send(method, params, session);
  await tell("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: scale, mobile });
  await tell("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: theme }] });
  const expression = "JSON.stringify([document.documentElement.scrollWidth, document.documentElement.scrollHeight, matchMedia('(prefers-color-scheme: dark)').matches])";
  const { result } = await tell("Runtime.evaluate", { expression });
  const [wide, high, dark] = JSON.parse(result.value);
  const clip = { x: 0, y: 0, width, height: Math.min(high, MOST_PIXELS_HIGH), scale: 1 };
  const { data } = await tell("Page.captureScreenshot", { format: "png", clip, captureBeyondViewport: true });
  const path = join(out, `${name}-${theme}.png`);
  writeFileSync(path, Buffer.from(data, "base64"));
  console.log(`${path}: ${width} of ${wide} × ${clip.height} of ${high} pixels`);
  if (dark !== (theme === "dark")) throw new Error(`${theme} was asked for, ${dark ? "dark" : "light"} was shown`);
  if (wide > width) throw new Error(`the page is ${wide} pixels wide on a screen of ${width}`);
}

try {
  const { targetId } = await send("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await send("Target.attachToTarget", { targetId, flatten: true });
  await send("Page.enable", {}, sessionId);
  await send("Page.navigate", { url: pathToFileURL(resolve(page)).href }, sessionId);
  await until("Page.loadEventFired");
  for (const [name, screen] of Object.entries(SCREENS)) {
    for (const theme of ["light", "dark"]) await picture(sessionId, name, screen, theme);
  }
  clearTimeout(limit);
  await send("Browser.close");
  await new Promise((done) => (browser.exitCode === null ? browser.once("exit", done) : done()));
  rmSync(profile, { recursive: true, force: true });
} catch (error) {
  fail(error);
}
