import { readFile } from "node:fs/promises";
import { join } from "node:path";

// icon("users") in templates, icon="users" in Python; names chosen elsewhere stand in src/icons.txt.
const NAMED = [/\bicon\(\s*["']([a-z0-9-]+)["']/g, /\bicon\s*[=:]\s*["']([a-z0-9-]+)["']/g];

async function readNames(frontend, sources) {
  const listed = (await readFile(join(frontend, "src/icons.txt"), "utf8")).split("\n");
  const names = new Set(listed.map((line) => line.trim()).filter((line) => line && !line.startsWith("#")));
  for (const source of sources) {
    for (const pattern of NAMED) {
      for (const match of source.matchAll(pattern)) names.add(match[1]);
    }
  }
  return [...names].sort();
}

async function readSymbol(frontend, name) {
  const path = join(frontend, "node_modules/@tabler/icons/icons/outline", `${name}.svg`);
  const svg = await readFile(path, "utf8").catch(() => {
    throw new Error(`No icon is called "${name}". See https://tabler.io/icons (outline) for the names.`);
  });
  const shapes = svg.replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "");
  const visible = shapes.replace(/<path stroke="none"[^>]*\/>/, "").replace(/\s*\n\s*/g, "");
  return `<symbol id="${name}" viewBox="0 0 24 24">${visible}</symbol>`;
}

/** One SVG with a symbol for every icon the board names. Throws when a name is not Tabler's. */
export async function buildSprite(frontend, sources) {
  const names = await readNames(frontend, sources);
  const symbols = await Promise.all(names.map((name) => readSymbol(frontend, name)));
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`;
}
