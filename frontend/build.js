// Builds everything the browser loads into src/adminboard/web/static/dist: board-<hash>.css, board-<hash>.js,
// icons-<hash>.svg, each also as .gz and .br, and manifest.json, which names them ("board.css": "board-1a2b3c4d.css").
// Class names of Tabler are kept when a template or script uses them; icons when something names them (see icons.js).

import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import { buildSprite } from "./icons.js";
import { buildStyles } from "./styles.js";

const frontend = dirname(fileURLToPath(import.meta.url));
const packageFolder = join(frontend, "../src/adminboard");
const output = join(packageFolder, "web/static/dist");

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

async function buildScript() {
  const result = await esbuild.build({
    entryPoints: [join(frontend, "src/js/board.js")],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: "es2022",
    legalComments: "none",
  });
  return result.outputFiles[0].text;
}

/** Writes one asset under a name that changes with its content, and its two compressed forms. */
async function writeAsset(name, content) {
  const bytes = Buffer.from(content);
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 10);
  const hashedName = name.replace(/\.(\w+)$/, `-${hash}.$1`);
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  await writeFile(join(output, hashedName), bytes);
  await writeFile(join(output, `${hashedName}.gz`), gzipSync(bytes, { level: 9 }));
  await writeFile(join(output, `${hashedName}.br`), brotli);
  console.log(`${hashedName.padEnd(28)} ${bytes.length} bytes, ${brotli.length} in brotli`);
  return hashedName;
}

const templates = await readFiles(await listFiles(packageFolder, [".html"]));
const python = await readFiles(await listFiles(packageFolder, [".py"]));
const scripts = await readFiles(await listFiles(join(frontend, "src/js"), [".js"]));

await rm(output, { recursive: true, force: true });
await mkdir(output, { recursive: true });
const manifest = {
  "board.css": await writeAsset("board.css", await buildStyles(frontend, [...templates, ...scripts])),
  "board.js": await writeAsset("board.js", await buildScript()),
  "favicon.svg": await writeAsset("favicon.svg", await readFile(join(frontend, "src/favicon.svg"))),
  "icons.svg": await writeAsset("icons.svg", await buildSprite(frontend, [...templates, ...python])),
};
await writeFile(join(output, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
