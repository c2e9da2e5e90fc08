// Builds everything the browser loads into src/adminboard/web/static/dist: board-<hash>.css, board-<hash>.js, charts-<hash>.js,
// icons-<hash>.svg, each also as .gz and .br, and manifest.json, which names them ("board.css": "board-1a2b3c4d.css").
// The manifest is the switch from one build to the next: it is replaced in one step, when all that it names is there. What an
// earlier build made stays for an hour, for a board that is still running with it.
// Class names of Tabler are kept when a template or script uses them; icons when something names them (see icons.js).

import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import { buildSprite } from "./icons.js";
import { buildStyles } from "./styles.js";

const frontend = dirname(fileURLToPath(import.meta.url));
const packageFolder = join(frontend, "../src/adminboard");
const output = join(packageFolder, "web/static/dist");
const KEPT_MS = 3_600_000;

/** All files below a folder whose name ends in one of the endings. */
async function listFiles(folder, endings) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.startsWith(output))
    .sort();
}

async function readFiles(paths) {
  return Promise.all(paths.map((path) => readFile(path, "utf8")));
}

async function buildScript(name) {
  const result = await esbuild.build({
    entryPoints: [join(frontend, "src/js", name)],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: "es2022",
    legalComments: "none",
  });
  return result.outputFiles[0].text;
}

/** A file that is either not there or whole. */
async function writeWhole(name, content) {
  const unfinished = join(output, `.${process.pid}-${name}`);
  await writeFile(unfinished, content);
  await rename(unfinished, join(output, name));
}

async function removeOutdated(manifest) {
  const current = new Set(["manifest.json", ...Object.values(manifest).flatMap((name) => [name, `${name}.gz`, `${name}.br`])]);
  for (const name of await readdir(output)) {
    const path = join(output, name);
    const age = current.has(name) ? 0 : Date.now() - ((await stat(path).catch(() => null))?.mtimeMs ?? Date.now());
    if (age > KEPT_MS) await rm(path, { force: true });
  }
}

/** Writes one asset under a name that changes with its content, and its two compressed forms. */
async function writeAsset(name, content) {
  const bytes = Buffer.from(content);
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 10);
  const hashedName = name.replace(/\.(\w+)$/, `-${hash}.$1`);
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  await writeWhole(hashedName, bytes);
  await writeWhole(`${hashedName}.gz`, gzipSync(bytes, { level: 9 }));
  await writeWhole(`${hashedName}.br`, brotli);
  console.log(`${hashedName.padEnd(28)} ${bytes.length} bytes, ${brotli.length} in brotli`);
  return hashedName;
}

const templates = await readFiles(await listFiles(packageFolder, [".html"]));
const python = await readFiles(await listFiles(packageFolder, [".py"]));
const scripts = await readFiles(await listFiles(join(frontend, "src/js"), [".js"]));

await mkdir(output, { recursive: true });
const manifest = {
  "board.css": await writeAsset("board.css", await buildStyles(frontend, [...templates, ...scripts])),
  "board.js": await writeAsset("board.js", await buildScript("board.js")),
  "charts.js": await writeAsset("charts.js", await buildScript("charts.js")),
  "favicon.svg": await writeAsset("favicon.svg", await readFile(join(frontend, "src/favicon.svg"))),
  "icons.svg": await writeAsset("icons.svg", await buildSprite(frontend, [...templates, ...python])),
};
await writeWhole("manifest.json", `${JSON.stringify(manifest, null, 2)}\n`);
await removeOutdated(manifest);
