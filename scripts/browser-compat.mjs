#!/usr/bin/env node
// Writes reports/assets/browser-compat.json: since when each browser has EventSource and WebSocket, taken from the
// npm package @mdn/browser-compat-data (CC0-1.0). Usage: scripts/browser-compat.mjs [VERSION]   (needs npm and tar)

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGE = "@mdn/browser-compat-data";
const TARGET = fileURLToPath(new URL("../reports/assets/browser-compat.json", import.meta.url));

/** The package's data.json and licence, from a directory that is gone afterwards. */
function fetchPackage(version) {
  const dir = mkdtempSync(join(tmpdir(), "browser-compat-"));
  try {
    const tarball = execFileSync("npm", ["pack", "--silent", `${PACKAGE}@${version}`], { cwd: dir, encoding: "utf8" });
    execFileSync("tar", ["xzf", tarball.trim()], { cwd: dir });
    const read = (name) => JSON.parse(readFileSync(join(dir, "package", name), "utf8"));
    return { data: read("data.json"), licence: read("package.json").license };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** Support counts only when nothing is asked of the reader: no prefix, no flag, nothing partial, nothing removed. */
const isPlain = (s) =>
  typeof s.version_added === "string" && s.version_added !== "preview" &&
  !s.prefix && !s.alternative_name && !s.flags && !s.partial_implementation && !s.version_removed;

/** One browser's line: the first version with plain support and the day of its release ("≤15" has no day). */
function since(id, browser, statements = []) {
  const retired = !Object.values(browser.releases).some((release) => release.status === "current");
  const version = [statements].flat().filter(isPlain).map((s) => s.version_added).at(-1) ?? null;
  const date = browser.releases[version]?.release_date ?? null;
  return { id, name: browser.name, kind: browser.type, retired, version, date };
}

function feature(browsers, name, { __compat: entry }) {
  const lines = Object.entries(browsers).map(([id, browser]) => since(id, browser, entry.support[id]));
  return { name, spec_url: [entry.spec_url].flat()[0], standard_track: entry.status.standard_track, browsers: lines };
}

const { data, licence } = fetchPackage(process.argv[2] ?? "latest");
const { EventSource, WebSocket } = data.api;
const support = {
  source: "https://github.com/mdn/browser-compat-data",
  data_version: data.__meta.version,
  data_date: data.__meta.timestamp.slice(0, 10),
  licence,
  features: [
    feature(data.browsers, "EventSource", EventSource),
    feature(data.browsers, "EventSource in workers", EventSource.worker_support),
    feature(data.browsers, "WebSocket", WebSocket),
    feature(data.browsers, "WebSocket of RFC 6455", WebSocket.protocol_rfc_6455),
    feature(data.browsers, "WebSocket in workers", WebSocket.worker_support),
  ],
};

// One line for each browser, so that a new version of the data is a readable diff.
const text = JSON.stringify(support, null, 1).replace(/\{\s+"id"[^}]*\}/g, (line) => line.replace(/\s*\n\s*/g, " "));
writeFileSync(TARGET, text + "\n");
console.log(`${TARGET}: ${PACKAGE} ${support.data_version} of ${support.data_date}`);
