import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { PurgeCSS } from "purgecss";

const CLASS_ATTRIBUTES = [/\bclass="([^"]*)"/g, /\bclass_?=["']([^"']*)["']/g, /classList\.\w+\(["']([^"']*)["']/g];
const ELEMENTS = ["html", "body", "a", "abbr", "article", "aside", "b", "button", "code", "dd", "details", "dialog", "div",
  "dl", "dt", "em", "fieldset", "figure", "footer", "form", "h1", "h2", "h3", "h4", "header", "hr", "img", "input", "kbd",
  "label", "legend", "li", "main", "meter", "nav", "ol", "optgroup", "option", "p", "pre", "progress", "section", "select",
  "small", "span", "strong", "summary", "svg", "table", "tbody", "td", "textarea", "tfoot", "th", "thead", "time", "tr", "ul"];
const ATTRIBUTES = ["type", "checkbox", "radio", "button", "submit", "search", "date", "datetime-local", "disabled", "readonly",
  "multiple", "size", "hidden", "href", "title", "role", "aria-disabled"];

// The steps and limits of toolbar_fit.py and list_fit.py: what needs N px is hidden, or collapsed, while its container is narrower.
const STEP_PX = 40;
const COLUMN_STEP_PX = 20;
const WIDEST_PX = 1800;

/** Words inside class attributes only: a word in a sentence must not keep a rule. */
function findClasses(source) {
  const found = CLASS_ATTRIBUTES.flatMap((pattern) => [...source.matchAll(pattern)].map((match) => match[1]));
  return found.flatMap((value) => value.match(/[\w-]+/g) ?? []);
}

/** For every step: `fit-N` hides a column. */
function buildFitRules() {
  const rules = [];
  for (let width = COLUMN_STEP_PX; width <= WIDEST_PX; width += COLUMN_STEP_PX) {
    rules.push(`@container list (width < ${width}px){.fit-${width}{display:none}}`);
  }
  return rules.join("\n");
}

/** For every step: `words-N` hides the words on buttons, `collapse-N` folds filters into one button, which needs the script. */
function buildFoldRules(collapsed) {
  const rules = [];
  for (let width = STEP_PX; width <= WIDEST_PX; width += STEP_PX) {
    const folded = collapsed.replaceAll(".collapse", `.collapse-${width}`);
    const wordless = folded.replaceAll(".words", `.words-${width}`);
    rules.push(`@container toolbar (width < ${width}px){${wordless}}`);
  }
  return rules.join("\n");
}

async function buildOwnStyles(frontend) {
  const result = await esbuild.build({
    entryPoints: [join(frontend, "src/css/board.css")],
    bundle: true,
    write: false,
  });
  const collapsed = await readFile(join(frontend, "src/css/collapsed.css"), "utf8");
  return `${result.outputFiles[0].text}\n${buildFitRules()}\n@media (scripting: enabled){${buildFoldRules(collapsed)}}`;
}

async function reduceTabler(frontend, sources, ownStyles) {
  const tabler = await readFile(join(frontend, "node_modules/@tabler/core/dist/css/tabler.css"), "utf8");
  const ownVariables = ownStyles.match(/--tblr-[\w-]+/g) ?? [];
  const [result] = await new PurgeCSS().purge({
    css: [{ raw: tabler }],
    content: [{ raw: sources.join("\n"), extension: "html" }],
    extractors: [{ extensions: ["html"], extractor: findClasses }],
    safelist: { standard: [...ELEMENTS, ...ATTRIBUTES, /^data-bs-theme/, /^htmx-/], variables: [...new Set(ownVariables)] },
    variables: true,
    keyframes: true,
    fontFace: true,
  });
  return result.css;
}

/** Tabler without what no template uses, then the board's own rules. */
export async function buildStyles(frontend, sources) {
  const ownStyles = await buildOwnStyles(frontend);
  const tabler = await reduceTabler(frontend, sources, ownStyles);
  const { code } = await esbuild.transform(`${tabler}\n${ownStyles}`, {
    loader: "css",
    minify: true,
    legalComments: "none",
    target: ["chrome123", "firefox121", "safari17.5"],
  });
  return code.replace(/^@charset[^;]*;/, "");
}
